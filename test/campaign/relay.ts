/**
 * An HTTP server between commands and the campaign's servers. A command is a process of its own: the relay writes down
 * what it asks for as for any other client, and knows at which moment of its reading it is.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HEADERS } from '../../src/core/protocol/requests.js';
import { cutOff } from './cutting-proxy.js';
import type { RunMoment } from './history.js';
import { type Exchange, PATIENCE_MS, type Wire } from './wire.js';

/** Somebody whose requests are passed on. */
export interface Passenger {
  readonly wire: Wire;
  /** Is told each moment, before the request goes on; and by which claim. */
  at(moment: RunMoment, claim: string): void;
}

/** What a client says of itself or of its connection, and not of what it asks for. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['connection', 'host', 'transfer-encoding', 'keep-alive']);

/** The way of commands to servers. */
export class Relay {
  readonly #server: Server;
  readonly #passengers = new Map<string, Passenger>();
  #origin = '';

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      // Who was killed, or met a fault, gets no answer.
      this.#pass(incoming, outgoing).catch(() => cutOff(incoming.socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets somebody in by a name of theirs. @returns the server's URL for them. */
  admit(name: string, passenger: Passenger): string {
    this.#passengers.set(name, passenger);
    return `${this.#origin}/${name}`;
  }

  dismiss(name: string): void {
    this.#passengers.delete(name);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '' } = incoming;
    const [, name = '', ...path] = url.split('/');
    const passenger = this.#passengers.get(name);
    if (passenger === undefined) throw new Error('nobody of that name');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = headersOf(incoming);
    const claim = headers[HEADERS.claim.toLowerCase()] ?? '';
    const [before, after]: readonly (RunMoment | null)[] =
      method === 'GET'
        ? ['asked', 'taken']
        : method === 'DELETE'
          ? ['acknowledging', 'acknowledged']
          : [null, null];
    if (before) passenger.at(before, claim);
    const answer = await passenger.wire.pass(`/${path.join('/')}`, {
      method,
      headers: renamed(headers),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(chunks.length > 0 && { body: Buffer.concat(chunks).toString() }),
    });
    if (after) passenger.at(after, claim);
    answerWith(outgoing, answer);
    if (method === 'GET') outgoing.once('close', () => passenger.at('answered', claim));
  }
}

function answerWith(outgoing: ServerResponse, { status, headers, bytes }: Exchange): void {
  const passed = Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name));
  // The clock of the campaign's servers, and not of this process.
  outgoing.sendDate = false;
  outgoing.writeHead(status, Object.fromEntries(passed)).end(bytes);
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const passed = Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name));
  return Object.fromEntries(passed.map(([name, value]) => [name, String(value)]));
}

/** The headers of the protocol by the names that a {@link Wire} knows them by. */
function renamed(headers: Record<string, string>): Record<string, string> {
  const names = new Map(Object.values(HEADERS).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [names.get(name) ?? name, value]));
}
