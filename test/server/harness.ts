/** An app on a memory store with a clock that tests turn, and requests as a client would write them. */

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { brotliCompressSync } from 'node:zlib';
import { type AppOptions, createApp } from '../../src/server/app.js';
import { fetchFrom } from '../../src/server/fetch.js';
import { MemoryBudget, MemoryShare } from '../../src/server/http/memory-budget.js';
import type { App, CompleteResponse, HttpRequest } from '../../src/server/http/messages.js';
import type { PackedFile } from '../../src/server/routes/page-files.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { NOW } from '../support/new-secret.js';

export const PROOF = Buffer.alloc(32, 7).toString('base64url');
export const WRONG_PROOF = Buffer.alloc(32, 8).toString('base64url');
export const PROOF_HASH = createHash('sha256').update(Buffer.alloc(32, 7)).digest('base64url');
/** What who has the link shows of a secret with a passphrase. */
export const LINK_PROOF = Buffer.alloc(32, 9).toString('base64url');
const LINK_PROOF_HASH = createHash('sha256').update(Buffer.alloc(32, 9)).digest('base64url');
export const CLAIM = 'claim-of-22-characters';
export const OTHER_CLAIM = 'other-of-22-characters';
export const BLOB = 'Y2lwaGVydGV4dA';

/** A web page whose files hold their own names. */
export const PAGE: readonly PackedFile[] = [
  'index.html',
  'secret.html',
  'ask.html',
  'request.html',
  'verify.html',
  'missing.html',
  'assets/zephr-0123.js',
  'assets/argon2id-worker-0123.js',
  'assets/puzzle-worker-0123.js',
  'assets/hashes.txt',
].map((path) => ({ path, type: 'text/html', brotli: brotliCompressSync(path).toString('base64') }));

export interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit;
  readonly address?: string;
}

export interface Harness {
  readonly app: App;
  readonly clock: { now: number };
  /** The log's lines so far. */
  readonly log: string[];
  call(method: string, path: string, call?: Call): Promise<Response>;
  /** POSTs `fields` over those of a valid create. `undefined` leaves a field out. */
  create(fields?: Record<string, unknown>, headers?: Record<string, string>): Promise<Response>;
  /** Creates a version 1 or 2 secret and gives its id. */
  made(fields?: Record<string, unknown>): Promise<string>;
  read(id: string, headers?: Record<string, string>): Promise<Response>;
  /** Begins an upload and gives its id. */
  begun(body?: object, headers?: Record<string, string>): Promise<string>;
  /** Uploads a chunk: these bytes, or so many. */
  put(upload: string, index: number, chunk: Uint8Array<ArrayBuffer> | number): Promise<Response>;
  /** Creates a version 2 secret of one chunk. */
  withChunks(fields?: Record<string, unknown>): Promise<{ readonly id: string; readonly chunk: Uint8Array }>;
}

/** What the upload of a chunk says of its body. */
export const BINARY = { 'content-type': 'application/octet-stream' };

/** What a version 2 create has more. */
export const VERSION_2 = { version: 2, proof_hash: PROOF_HASH };

/** The body of a request for a secret, and of an answer to it. */
export const ASKED = {
  ...{
    public_key: PROOF,
    suite: 'x25519',
    sealed_message: BLOB,
    proof_hash: PROOF_HASH,
    receipt_hash: PROOF_HASH,
  },
  ...{ expiry: 60, secret_expiry: 120 },
};
export const ANSWER = {
  ...{ encrypted_blob: BLOB, split_url_mode: false, version: 2, proof_hash: PROOF_HASH },
  wrapped_key: 'A'.repeat(107),
};

/** What it has with a passphrase. */
export const WITH_PASSPHRASE = { ...VERSION_2, link_proof_hash: LINK_PROOF_HASH };

export function harness(store: Store = new MemoryStore('salt'), changes: Partial<AppOptions> = {}): Harness {
  const clock = { now: NOW };
  const log: string[] = [];
  const now = () => clock.now;
  const app = createApp({
    store,
    access: 'open',
    rateLimit: 0,
    version: '9.8.7',
    page: PAGE,
    log: createLog((line) => log.push(line), now),
    now,
    ...changes,
  });
  const call: Harness['call'] = (method, path, { headers, body, address = '192.0.2.77' } = {}) =>
    fetchFrom(
      app,
      path,
      { method, ...(headers && { headers }), ...(body !== undefined && { body, duplex: 'half' }) },
      address,
    );
  const create: Harness['create'] = (fields = {}, headers = {}) =>
    call('POST', '/api/secrets', {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false, ...fields }),
    });
  const begun: Harness['begun'] = async (body = {}, headers = {}) => {
    const json = { 'content-type': 'application/json' };
    const sent = { headers: { ...json, ...headers }, body: JSON.stringify(body) };
    return ((await (await call('POST', '/api/uploads', sent)).json()) as { upload: string }).upload;
  };
  const put: Harness['put'] = (upload, index, chunk) => {
    const body = typeof chunk === 'number' ? new Uint8Array(chunk) : chunk;
    return call('PUT', `/api/uploads/${upload}/${index}`, { headers: BINARY, body });
  };
  return {
    app,
    clock,
    log,
    call,
    create,
    begun,
    put,
    async withChunks(fields = {}) {
      const upload = await begun();
      const chunk = Uint8Array.from({ length: 272 }, (_, index) => index);
      await put(upload, 0, chunk.slice());
      const created = await create({ ...VERSION_2, upload, chunks: 1, ...fields });
      return { id: ((await created.json()) as { id: string }).id, chunk };
    },
    made: async (fields) => ((await (await create(fields)).json()) as { id: string }).id,
    read: (id, headers = {}) => call('GET', `/api/secrets/${id}`, { headers }),
  };
}

/** Status and error code of a refusal, such as `404 SECRET_NOT_FOUND`. */
export async function refusal(answer: Response | Promise<Response>): Promise<string> {
  const response = await answer;
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return `${response.status} ${error.code}`;
}

/** A POST whose body comes in these chunks; an error breaks it off. */
export function posted(
  target: string,
  chunks: Iterable<Uint8Array | Error>,
  headers: Record<string, string> = {},
  budget = new MemoryBudget(Number.POSITIVE_INFINITY),
): HttpRequest {
  const iterator = chunks[Symbol.iterator]();
  const body = new Readable({
    read() {
      const { done, value } = iterator.next();
      if (value instanceof Error) this.destroy(value);
      else this.push(done ? null : value);
    },
  });
  const memory = new MemoryShare(budget);
  return { method: 'POST', target, headers, body, address: '192.0.2.77', memory };
}

/** As {@link refusal}, of what an app answered. */
export async function refusalBy(answer: Promise<CompleteResponse>): Promise<string> {
  const { status, body } = await answer;
  return refusal(new Response(String(body), { status }));
}
