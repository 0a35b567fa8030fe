/** Sends a secret's requests over sockets, each to one of the servers, and writes down what came of it. */

import { request } from 'node:http';
import type { Fetch, FetchInit, FetchReply } from '../../src/client/transport/fetch.js';
import { HEADERS } from '../../src/core/protocol/requests.js';
import type { Call, Proof } from './history.js';
import type { Random } from './random.js';
import { answerOf, fieldsOf, type Recorder } from './recorder.js';
import type { ServerUnderTest } from './server-under-test.js';

/** Where links lead. Nobody listens there: each request goes to a server that is drawn for it. */
export const ANY_SERVER = 'http://127.0.0.1:9';

/** How long a request without a client of its own may take, in milliseconds. */
export const PATIENCE_MS = 5_000;

/** A whole answer. */
interface Exchange {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
}

/** Requests about one secret. */
export class Wire {
  /** Sends the first create this often again at the same time, as a network may that repeats what it carries. */
  twins = 0;
  /** The right proof, once there is a key. */
  proof: string | null = null;
  readonly #recorder: Recorder;
  readonly #servers: readonly ServerUnderTest[];
  readonly #random: Random;
  readonly #number: () => number;
  /** What was created. */
  #body = '';
  #blob: unknown;
  #twins: Promise<unknown>[] = [];

  /** @param number the next request's. */
  constructor(recorder: Recorder, servers: readonly ServerUnderTest[], random: Random, number: () => number) {
    this.#recorder = recorder;
    this.#servers = servers;
    this.#random = random;
    this.#number = number;
  }

  /** For the client of the SDK. */
  readonly fetch: Fetch = async (url, init) => {
    if (init.method === 'POST' && this.#body === '') {
      this.#body = String(init.body ?? '');
      this.#blob = fieldsOf(this.#body).encrypted_blob;
      const twins = Array.from({ length: this.twins }, () => this.#send(url, init).catch(() => undefined));
      this.#twins.push(...twins);
    }
    const { status, headers, bytes } = await this.#send(url, init);
    return reply(status, headers, bytes);
  };

  /**
   * Sends a request without the SDK.
   * @returns the status, or `null` if no answer came.
   */
  async ask(method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const init = {
      method,
      headers,
      signal,
      redirect: 'manual' as const,
      ...(body !== undefined && { body }),
    };
    try {
      return (await this.#send(`${ANY_SERVER}${path}`, init)).status;
    } catch {
      // Written down as lost.
      return null;
    }
  }

  /** The create that was sent, with another body under the same key. */
  async createOther(idempotencyKey: string): Promise<void> {
    const body = JSON.stringify({ ...fieldsOf(this.#body), split_url_mode: true });
    const headers = { 'Content-Type': 'application/json', [HEADERS.idempotencyKey]: idempotencyKey };
    await this.ask('POST', '/api/secrets', headers, body);
  }

  /** Resolves when the twins have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#twins);
  }

  async #send(url: string, init: FetchInit): Promise<Exchange> {
    init.signal.throwIfAborted();
    const [first, ...others] = this.#servers;
    if (first === undefined) throw new Error('there is no server');
    const server = this.#random.pick([first, ...others]);
    const number = this.#number();
    const { pathname } = new URL(url);
    this.#recorder.sent(number, server.name, this.#callOf(init, pathname));
    const since = performance.now();
    const sending = exchange(server.proxy.port, pathname, init);
    let answer: Exchange;
    try {
      answer = await sending.done;
    } catch (error) {
      const { passed } = server.proxy.fateOf(sending.clientPort(), since);
      this.#recorder.lost(number, !passed, error instanceof Error ? error.message : String(error));
      throw error;
    }
    const { spoilt } = server.proxy.fateOf(sending.clientPort(), since);
    const { status, bytes } = answer;
    if (spoilt && status === 400 && bytes.length === 0) {
      // What Node's parser says to half a request, before zephr hears of it.
      this.#recorder.lost(number, true, 'a part of it arrived');
      throw new Error('a part of the request arrived');
    }
    this.#recorder.answered(
      number,
      answerOf(status, bytes.toString(), (blob) => blob === this.#blob),
    );
    return answer;
  }

  #callOf({ method, headers, body }: FetchInit, path: string): Call {
    const claim = headers[HEADERS.claim] ?? null;
    if (method === 'POST') return { do: 'create', body: body === this.#body ? 'own' : 'other' };
    const proof = this.#proofOf(headers[HEADERS.proof]);
    if (method === 'DELETE') return claim === null ? { do: 'revoke', proof } : { do: 'acknowledge', claim };
    return path.endsWith('/status') ? { do: 'status', proof } : { do: 'read', claim, proof };
  }

  #proofOf(header: string | undefined): Proof {
    if (header === undefined) return 'none';
    // Before anybody guesses, the client of the SDK is the only one who sends any.
    return header === this.proof ? 'right' : 'wrong';
  }
}

function reply(status: number, headers: Record<string, string>, bytes: Buffer): FetchReply {
  const empty = status === 204 || bytes.length === 0;
  return new Response(empty ? null : new Uint8Array(bytes), { status, headers });
}

/** One request over a connection of its own. Rejects unless the whole answer comes. */
function exchange(port: number, path: string, { method, headers, body, signal }: FetchInit) {
  let clientPort = 0;
  const done = new Promise<Exchange>((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, signal, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const { statusCode = 0, headers: told } = incoming;
          const entries = Object.entries(told).map(([name, value]) => [name, String(value)]);
          resolve({
            status: statusCode,
            headers: Object.fromEntries(entries) as Record<string, string>,
            bytes: Buffer.concat(chunks),
          });
        });
      },
    );
    outgoing.on('socket', (socket) => {
      socket.on('connect', () => {
        clientPort = socket.localPort ?? 0;
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return { done, clientPort: () => clientPort };
}
