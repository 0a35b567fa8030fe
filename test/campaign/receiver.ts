/** A receiver of webhooks, which has its own troubles. */

import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SecretEvent } from '../../src/server/store/contracts/outbox.js';
import { cutOff } from './cutting-proxy.js';
import type { Random } from './random.js';
import { fieldsOf, type Recorder, sha256 } from './recorder.js';

/** How it is. */
export type Health = 'well' | 'fails' | 'hangs' | 'dead';

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Of deliveries to one that is well: refused, and taken without an answer. */
const REFUSED = 0.02;
const UNANSWERED = 0.02;

/** Takes events and writes them into the histories of their secrets. */
export class Receiver {
  /** Deliveries about secrets that nobody made. */
  readonly strays: string[] = [];
  readonly #random: Random;
  readonly #secrets = new Map<string, { readonly recorder: Recorder; readonly secret: string }>();
  #server: Server;
  #port = 0;
  #health: Health = 'well';

  constructor(random: Random) {
    this.#random = random;
    this.#server = this.#create();
  }

  /** Listens on a free port, from the second time on on the same. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Where the events about a secret go, which it can then tell from others. */
  expect(recorder: Recorder, secret: string): string {
    this.#secrets.set(recorder.name, { recorder, secret });
    return `http://127.0.0.1:${this.#port}/${recorder.name}`;
  }

  /** Makes it ill, or well again. */
  async turn(health: Health): Promise<void> {
    const was = this.#health;
    this.#health = health;
    this.#server.closeAllConnections();
    if (health === 'dead') await this.close();
    if (was === 'dead' && health !== 'dead') {
      this.#server = this.#create();
      await this.listen();
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #create(): Server {
    return createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      // A server that was killed sends half of it, which is nothing.
      incoming.on('error', () => undefined);
      incoming.on('end', () => this.#take(incoming, outgoing, Buffer.concat(chunks)));
    });
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): void {
    const known = this.#secrets.get(incoming.url?.slice(1) ?? '');
    if (known === undefined) {
      this.strays.push(`a delivery to ${incoming.url}`);
      outgoing.writeHead(200).end();
      return;
    }
    const answer = this.#answer();
    this.#write(known.recorder, known.secret, incoming, body, answer !== 'refuse' && answer !== 'hang');
    if (answer === 'hang') return;
    if (answer === 'hang up') cutOff(incoming.socket);
    else outgoing.writeHead(answer === 'take' ? 204 : 500).end();
  }

  #answer(): 'take' | 'refuse' | 'hang' | 'hang up' {
    if (this.#health === 'hangs') return 'hang';
    if (this.#health === 'fails' || this.#random.chance(REFUSED)) return 'refuse';
    return this.#random.chance(UNANSWERED) ? 'hang up' : 'take';
  }

  #write(
    recorder: Recorder,
    secret: string,
    { headers }: IncomingMessage,
    body: Buffer,
    accepted: boolean,
  ): void {
    const fault = faultOf(body, headers['x-zephr-signature'], secret, recorder.name);
    if (fault !== null) {
      recorder.spoilt('delivery', fault);
      return;
    }
    const fields = fieldsOf(body.toString());
    recorder.delivered({
      event: fields.event as SecretEvent,
      eventId: String(fields.event_id),
      secretId: String(fields.secret_id),
      occurredAt: Date.parse(String(fields.occurred_at)),
      body: sha256(body),
      accepted,
    });
  }
}

function faultOf(body: Buffer, signature: unknown, secret: string, name: string): string | null {
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  if (signature !== expected) return 'a delivery has a wrong signature';
  const fields = fieldsOf(body.toString());
  if (!/^secret\.(consumed|expired|revoked)$/.test(String(fields.event))) return 'a delivery tells no event';
  if (!UUID_4.test(String(fields.event_id))) return "a delivery's event_id is no UUID of version 4";
  return fields.hint === name ? null : "a delivery has another secret's hint";
}
