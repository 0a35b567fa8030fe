/** Sends a secret's requests over sockets, each to one of the servers, and writes down what came of it. */

import { request } from 'node:http';
import type { Fetch, FetchInit, FetchReply } from '../../src/client/transport/fetch.js';
import { HEADERS } from '../../src/core/protocol/requests.js';
import { endOf } from './cutting-proxy.js';
import type { Call, Proof, Visit } from './history.js';
import type { Random } from './random.js';
import { answerOf, fieldsOf, type Recorder } from './recorder.js';
import type { ServerUnderTest } from './server-under-test.js';

/** Where links lead. Nobody listens there: each request goes to a server that is drawn for it. */
export const ANY_SERVER = 'http://127.0.0.1:9';

/** How long a request without a client of its own may take, in milliseconds. */
export const PATIENCE_MS = 5_000;

/** Where somebody comes from. Every address of this network is this machine. */
const ADDRESSES = { home: '127.0.0.1', elsewhere: '127.0.0.2' } as const;

/** The address that a gate lets in. */
export const HOME = ADDRESSES.home;

type Place = keyof typeof ADDRESSES;

/** A whole answer. */
export interface Exchange {
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
  /** The codes that have been sent, once there are any. */
  readonly codes: string[] = [];
  readonly #recorder: Recorder;
  readonly #servers: readonly ServerUnderTest[];
  readonly #random: Random;
  readonly #number: () => number;
  /** What was created. */
  #body = '';
  #blob: unknown;
  #headers: Record<string, string> = {};
  #twins: Promise<unknown>[] = [];

  /** @param number the next request's. */
  constructor(recorder: Recorder, servers: readonly ServerUnderTest[], random: Random, number: () => number) {
    this.#recorder = recorder;
    this.#servers = servers;
    this.#random = random;
    this.#number = number;
  }

  /** For the client of the SDK, at home. */
  readonly fetch: Fetch = (url, init) => this.#fetch(url, init, 'home');

  /** The same from another address. */
  readonly fetchElsewhere: Fetch = (url, init) => this.#fetch(url, init, 'elsewhere');

  /**
   * Passes on a request of a program that is no part of the campaign. Rejects where no whole answer came.
   * @param path below the server's origin.
   */
  pass(path: string, init: FetchInit): Promise<Exchange> {
    return this.#send(`${ANY_SERVER}${path}`, init, 'home');
  }

  async #fetch(url: string, init: FetchInit, place: Place): Promise<FetchReply> {
    if (this.#body === '' && isCreate(init.method, new URL(url).pathname)) {
      this.#body = String(init.body ?? '');
      this.#headers = init.headers;
      this.#blob = fieldsOf(this.#body).encrypted_blob;
      const twins = Array.from({ length: this.twins }, () =>
        this.#send(url, init, place).catch(() => undefined),
      );
      this.#twins.push(...twins);
    }
    const { status, headers, bytes } = await this.#send(url, init, place);
    return reply(status, headers, bytes);
  }

  /**
   * Sends a request without the SDK.
   * @returns the status, or `null` if no answer came.
   */
  async ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: string,
    place: Place = 'home',
  ) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const init = {
      method,
      headers,
      signal,
      redirect: 'manual' as const,
      ...(body !== undefined && { body }),
    };
    try {
      return (await this.#send(`${ANY_SERVER}${path}`, init, place)).status;
    } catch {
      // Written down as lost.
      return null;
    }
  }

  /** The create that was sent, with another body under the same key. */
  async createOther(): Promise<void> {
    const body = JSON.stringify({ ...fieldsOf(this.#body), split_url_mode: true });
    await this.ask('POST', '/api/secrets', this.#headers, body);
  }

  /** Resolves when the twins have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#twins);
  }

  async #send(url: string, init: FetchInit, place: Place): Promise<Exchange> {
    const [first, ...others] = this.#servers;
    if (first === undefined) throw new Error('there is no server');
    const server = this.#random.pick([first, ...others]);
    const { pathname, search } = new URL(url);
    const call = this.#callOf(init, pathname, place);
    const number = this.#number();
    // What a server can do says nothing of a secret.
    const recorder = call === null ? null : this.#recorder;
    if (call !== null) this.#recorder.sent(number, server.name, call);
    const since = performance.now();
    const sending = exchange(server.proxy.port, pathname + search, init, ADDRESSES[place]);
    let answer: Exchange;
    try {
      answer = await sending.done;
    } catch (error) {
      const { passed } = server.proxy.fateOf(sending.client(), since);
      recorder?.lost(number, !passed, error instanceof Error ? error.message : String(error));
      throw error;
    }
    const { spoilt } = server.proxy.fateOf(sending.client(), since);
    const { status, headers, bytes } = answer;
    if (spoilt && status === 400 && bytes.length === 0) {
      // What Node's parser says to half a request, before zephr hears of it.
      recorder?.lost(number, true, 'a part of it arrived');
      throw new Error('a part of the request arrived');
    }
    const text = headers['content-type']?.startsWith('application/json') ? bytes.toString() : '';
    recorder?.answered(
      number,
      answerOf(status, text, (blob) => blob === this.#blob),
    );
    return answer;
  }

  /** What is asked for; `null` for what is about no secret. */
  #callOf({ method, headers, body }: FetchInit, path: string, place: Place): Call | null {
    const [, , noun, id, part, index] = path.split('/');
    if (noun === 'health') return null;
    if (isCreate(method, path)) return { do: 'create', body: body === this.#body ? 'own' : 'other' };
    if (noun === 'uploads') {
      if (method === 'POST') return { do: 'begin upload' };
      if (method === 'PUT') return { do: 'put', index: Number(part) };
      return { do: method === 'DELETE' ? 'forget upload' : 'look at upload' };
    }
    if (noun === 'requests') {
      if (method === 'DELETE') return { do: 'cancel' };
      if (part === 'answers') return { do: 'list' };
      return { do: id === undefined ? 'ask' : 'look' };
    }
    const claim = headers[HEADERS.claim] ?? null;
    const proof = this.#proofOf(headers[HEADERS.proof]);
    if (method === 'DELETE') return claim === null ? { do: 'revoke', proof } : { do: 'acknowledge', claim };
    if (part === 'status') return { do: 'status', proof };
    if (part === 'code') return { do: 'send code', proof };
    if (part === 'chunks') return { do: 'fetch', claim, proof, index: Number(index) };
    return { do: 'read', claim, proof, ...this.#visit(headers[HEADERS.code], place) };
  }

  #visit(code: string | undefined, from: Place): Visit {
    const { gate } = this.#recorder.terms;
    if (gate?.is === 'address') return { from };
    if (gate?.is !== 'code') return {};
    if (code === undefined) return { code: 'none' };
    return { code: this.codes.includes(code) ? 'sent' : 'wrong' };
  }

  #proofOf(header: string | undefined): Proof {
    if (header === undefined) return 'none';
    // Before anybody guesses, the client of the SDK is the only one who sends any.
    return header === this.proof ? 'right' : 'wrong';
  }
}

/** Whether a request makes a secret, alone or as the answer to a request. */
function isCreate(method: string, path: string): boolean {
  return method === 'POST' && /^\/api\/(secrets|requests\/[^/]+\/answers)$/.test(path);
}

function reply(status: number, headers: Record<string, string>, bytes: Buffer): FetchReply {
  const empty = status === 204 || bytes.length === 0;
  return new Response(empty ? null : new Uint8Array(bytes), { status, headers });
}

/** One request over a connection of its own. Rejects unless the whole answer comes. */
function exchange(
  port: number,
  path: string,
  { method, headers, body, signal }: FetchInit,
  localAddress: string,
) {
  let client = '';
  // Without a need none is named: the system can then use a port for several connections.
  const own = localAddress === HOME ? {} : { localAddress };
  const done = new Promise<Exchange>((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, signal, agent: false, ...own },
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
        client = endOf(socket.localAddress, socket.localPort);
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  return { done, client: () => client };
}
