/** How to be refused with each code of the protocol. */

import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ApiErrorCode } from '../../src/core/error-codes.js';
import { listen } from '../../src/server/http/listen.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import type { Gates } from '../../src/server/store/contracts/gates.js';
import { StoreError, StoreFullError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { gatesWith, NOW, newSecret } from '../support/new-secret.js';
import {
  ANSWER,
  ASKED,
  BINARY,
  CLAIM,
  type Harness,
  harness,
  LINK_PROOF,
  PROOF,
  PROOF_HASH,
  VERSION_2,
  WITH_PASSPHRASE,
  WRONG_PROOF,
} from './harness.js';

/** A request that is answered with a code. */
export type Refusal = () => Promise<Response>;

const WITH_PROOF = { 'zephr-proof': PROOF };
const WRONG_PASSPHRASE = { 'zephr-proof': WRONG_PROOF, 'zephr-link-proof': LINK_PROOF };

const JSON_TYPE = { 'content-type': 'application/json' };

const NO_ID = 'x'.repeat(22);

const { call, create, made, read, clock, begun, put, withChunks } = harness();

/** By code. One that a client knows and that is missing here does not compile. */
export const REFUSALS: Readonly<Record<ApiErrorCode, Refusal>> = {
  INVALID_REQUEST: () => overHttp(['Host', 'one', 'Host', 'two']),
  INVALID_REQUEST_BODY: () => create({ split_url_mode: 'yes' }),
  INVALID_BLOB: () => create({ encrypted_blob: '' }),
  INVALID_EXPIRY: () => create({ expiry: 43_201 }),
  INVALID_HINT: () => create({ hint: 'a\n' }),
  INVALID_CALLBACK_URL_TYPE: () => create({ callback_url: 1, callback_secret: 'k' }),
  INVALID_CALLBACK_URL_FORMAT: () => withCallback('example.com'),
  INVALID_CALLBACK_URL_PROTOCOL: () => withCallback('http://example.com'),
  INVALID_CALLBACK_URL_LENGTH: () => withCallback(`https://example.com/${'x'.repeat(2_048)}`),
  INVALID_CALLBACK_URL_HOST: () => withCallback('https://127.0.0.1'),
  MISSING_CALLBACK_SECRET: () => create({ callback_url: 'https://example.com' }),
  UNEXPECTED_CALLBACK_SECRET: () => create({ callback_secret: 'k' }),
  INVALID_CALLBACK_SECRET_TYPE: () => create({ callback_url: 'https://example.com', callback_secret: 1 }),
  INVALID_CALLBACK_SECRET_LENGTH: () => withCallback('https://example.com', 'a\0'),
  INVALID_CHUNK: async () => put(await begun(), 0, 16),
  CLAIM_REQUIRED: async () => read((await withChunks()).id, WITH_PROOF),
  CHUNKS_NOT_ACCEPTED: async () => read((await withChunks()).id, { ...WITH_PROOF, 'zephr-claim': CLAIM }),
  UNSUPPORTED_VERSION: () => create({ version: 3 }),
  INVALID_PROOF: async () => call('DELETE', `/api/secrets/${await made()}`),
  INVALID_RECEIPT: () => create({ receipt_hash: 'short' }),
  INVALID_VIEWS: () => create({ ...VERSION_2, views: 1_001 }),
  INVALID_IDEMPOTENCY_KEY: () => create({}, { 'idempotency-key': '_' }),
  INVALID_CLAIM: async () => read(await made(), { 'zephr-claim': 'short' }),
  INVALID_API_KEY: () => create({}, { authorization: 'Bearer zeph_unknown' }),
  API_KEY_REQUIRED: () => harness(undefined, { access: 'closed' }).create(),
  UPGRADE_REQUIRED: () => harness(undefined, { access: 'tiered' }).create({ expiry: 61 }),
  PROOF_REQUIRED: async () => read(await made(VERSION_2)),
  WRONG_KEY: async () => read(await made(), WITH_PROOF),
  WRONG_PASSPHRASE: async () => read(await made(WITH_PASSPHRASE), WRONG_PASSPHRASE),
  SECRET_NOT_FOUND: () => read(NO_ID),
  REQUEST_NOT_FOUND: () => call('GET', `/api/requests/${NO_ID}`, { headers: WITH_PROOF }),
  REQUEST_ANSWERED: async () => {
    const id = await asked();
    await answer(id);
    return answer(id);
  },
  REQUEST_EXPIRED: async () => {
    const id = await asked();
    clock.now += 60 * 60_000;
    return answer(id);
  },
  REQUEST_CANCELLED: async () => {
    const id = await asked();
    await call('DELETE', `/api/requests/${id}`, { headers: { 'zephr-receipt': PROOF } });
    return answer(id);
  },
  ADDRESS_NOT_ALLOWED: () => atGates({ addresses: ['203.0.113.0/24'] }),
  COUNTRY_NOT_ALLOWED: () => atGates({ countries: ['FR'] }),
  TOO_EARLY: () => atGates({ notBefore: NOW + 1 }),
  CAPTCHA_REQUIRED: () => atGates({ captcha: true }),
  CODE_REQUIRED: () => atGates({ code: { by: 'email', to: 'reader@example.org' } }),
  WRONG_CODE: () => {
    const store = new MemoryStore('salt');
    store.secrets.consume = async () => ({ outcome: 'wrong code' });
    return harness(store).read(NO_ID);
  },
  INVALID_GATES: () => ask({ gates: 1 }),
  GATE_NOT_OFFERED: () => ask({ gates: { countries: ['FR'] } }),
  NOT_FOUND: () => call('GET', '/nothing'),
  UPLOAD_NOT_FOUND: () => call('GET', `/api/uploads/${NO_ID}`),
  CHUNK_NOT_FOUND: async () => {
    const { id } = await withChunks();
    const headers = { ...WITH_PROOF, 'zephr-claim': CLAIM, 'zephr-chunks': '1' };
    await read(id, headers);
    return call('GET', `/api/secrets/${id}/chunks/1`, { headers });
  },
  METHOD_NOT_ALLOWED: async () => call('PUT', `/api/secrets/${await made()}`),
  IDEMPOTENCY_KEY_REUSED: async () => {
    await create({}, { 'idempotency-key': 'k' });
    return create({ expiry: 61 }, { 'idempotency-key': 'k' });
  },
  CHUNK_CONFLICT: async () => {
    const upload = await begun();
    await put(upload, 0, 17);
    return put(upload, 0, 18);
  },
  UPLOAD_INCOMPLETE: async () => create({ ...VERSION_2, upload: await begun(), chunks: 1 }),
  SECRET_ALREADY_CONSUMED: () => readAfter((id) => read(id, WITH_PROOF)),
  SECRET_REVOKED: () => readAfter((id) => call('DELETE', `/api/secrets/${id}`, { headers: WITH_PROOF })),
  SECRET_EXPIRED: () =>
    readAfter(async () => {
      clock.now += 60 * 60_000;
    }),
  LENGTH_REQUIRED: async () => {
    const body = new Blob(['chunk']).stream();
    return call('PUT', `/api/uploads/${await begun()}/0`, { headers: BINARY, body });
  },
  PAYLOAD_TOO_LARGE: () => create({ encrypted_blob: 'A'.repeat(1_048_580) }),
  UNSUPPORTED_MEDIA_TYPE: () => create({}, { 'content-type': 'text/plain' }),
  ANON_RATE_LIMIT_EXCEEDED: () => lastOf(4, harness(undefined, { access: 'tiered' }).create),
  MONTHLY_LIMIT_EXCEEDED: async () => {
    const store = new MemoryStore('salt');
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'free' }, 0);
    const own = harness(store);
    return lastOf(51, () => own.create({}, { authorization: `Bearer ${key}` }));
  },
  RATE_LIMIT_EXCEEDED: () => lastOf(2, harness(undefined, { rateLimit: 1 }).create),
  TOO_MANY_ATTEMPTS: async () => {
    const id = await made(WITH_PASSPHRASE);
    return lastOf(11, () => read(id, WRONG_PASSPHRASE));
  },
  INTERNAL_ERROR: () => failing(new Error('a bug')).read(NO_ID),
  STORE_UNAVAILABLE: () => failing(new StoreError(new Error('disk on fire'))).read(NO_ID),
  STORE_FULL: () => {
    const store = new MemoryStore('salt');
    store.secrets.create = () => Promise.reject(new StoreFullError());
    return harness(store).create();
  },
  SERVER_BUSY: () => overHttp(['Host', 'zephr'], { maxConnections: 0 }),
};

/** A read at the gates of a secret. */
async function atGates(gates: Partial<Gates>): Promise<Response> {
  const store = new MemoryStore('salt');
  const secret = newSecret({ gates: gatesWith(gates), proofHash: PROOF_HASH });
  await store.secrets.create(secret);
  return harness(store).read(secret.id, WITH_PROOF);
}

/** Asks for a secret. */
function ask(fields: Record<string, unknown> = {}): Promise<Response> {
  return call('POST', '/api/requests', { headers: JSON_TYPE, body: JSON.stringify({ ...ASKED, ...fields }) });
}

async function asked(): Promise<string> {
  return ((await (await ask()).json()) as { id: string }).id;
}

function answer(id: string): Promise<Response> {
  answers += 1;
  const headers = { ...JSON_TYPE, ...WITH_PROOF, 'idempotency-key': `answer-${answers}` };
  return call('POST', `/api/requests/${id}/answers`, { headers, body: JSON.stringify(ANSWER) });
}

let answers = 0;

function withCallback(url: string, secret = 'k'): Promise<Response> {
  return create({ callback_url: url, callback_secret: secret });
}

/** A read with the right proof, after something happened to the secret. */
async function readAfter(happened: (id: string) => Promise<unknown>): Promise<Response> {
  const id = await made(VERSION_2);
  await happened(id);
  return read(id, WITH_PROOF);
}

/** The answer to the last of so many requests. */
async function lastOf(count: number, ask: () => Promise<Response>): Promise<Response> {
  for (let asked = 1; asked < count; asked++) await ask();
  return ask();
}

/** A server whose store fails when a secret is read. */
function failing(error: Error): Harness {
  const store = new MemoryStore('salt');
  store.secrets.consume = () => Promise.reject(error);
  return harness(store);
}

/** The answer of a server that listens, to a request with these headers: names and values in turn. */
async function overHttp(headers: string[], options: { maxConnections?: number } = {}): Promise<Response> {
  const listener = await listen(harness().app, { host: '127.0.0.1', port: 0, ...options });
  try {
    return await new Promise((resolve, reject) => {
      const asking = request(listener.url, { headers, agent: false });
      asking.on('error', reject);
      asking.on('response', (incoming) => {
        const status = incoming.statusCode ?? 0;
        text(incoming).then((body) => resolve(new Response(body, { status })), reject);
      });
      asking.end();
    });
  } finally {
    await listener.close();
  }
}
