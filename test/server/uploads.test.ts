/** `/api/uploads*`, creates with uploads, and the chunks of secrets. */

import { describe, expect, test } from 'vitest';
import { randomBytes } from '../../src/core/bytes.js';
import { CHUNK_BYTES, CHUNKS_LEASE_MS, SEALED_CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { MemoryBudget } from '../../src/server/http/memory-budget.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { Chunks } from '../../src/server/secrets/chunks.js';
import { StoredBytes } from '../../src/server/secrets/stored-bytes.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { chunkOf } from '../support/chunks.js';
import { NOW } from '../support/new-secret.js';
import {
  BINARY,
  CLAIM,
  harness,
  OTHER_CLAIM,
  PROOF,
  posted,
  refusal,
  refusalBy,
  VERSION_2,
  WITH_PASSPHRASE,
  WRONG_PROOF,
} from './harness.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const HOUR = 60 * 60_000;
const MB = 2 ** 20;

/** What a reader of chunks sends. */
const READER = { 'zephr-proof': PROOF, 'zephr-claim': CLAIM, 'zephr-chunks': '1' };

/** A budget so small that two chunks at once do not fit into it. */
const small = () => new MemoryBudget(1.5 * MB);

describe('an upload', () => {
  test('tells how large chunks are, how much it takes and when it is forgotten', async () => {
    const { call } = harness();
    const response = await call('POST', '/api/uploads', { headers: JSON_TYPE, body: '{}' });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      upload: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      chunk_bytes: CHUNK_BYTES,
      max_bytes: 1024 * MB,
      expires_at: '2030-01-01T01:00:00.000Z',
    });
  });

  test('of a known length takes so much', async () => {
    const { call, begun, put } = harness();
    const body = JSON.stringify({ bytes: 300 });
    const response = await call('POST', '/api/uploads', { headers: JSON_TYPE, body });
    expect(await response.json()).toMatchObject({ max_bytes: 300 });
    const upload = await begun({ bytes: 300 });
    expect(await refusal(put(upload, 1, 17))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await refusal(put(upload, 0, 317))).toBe('413 PAYLOAD_TOO_LARGE');
    expect((await put(upload, 0, 316)).status).toBe(204);
  });

  test.each<[string]>([['[]'], ['null'], ['{"bytes":0}'], ['{"bytes":1.5}'], ['{"bytes":"1"}'], ['{']])(
    'with the body %s is refused',
    async (body) => {
      const { call } = harness();
      expect(await refusal(call('POST', '/api/uploads', { headers: JSON_TYPE, body }))).toBe(
        '400 INVALID_REQUEST_BODY',
      );
    },
  );

  test('is within the limits of its caller', async () => {
    const store = new MemoryStore('salt');
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'dev' }, 0);
    const tiered = harness(store, { access: 'tiered' });
    const ask = (bytes: number, headers: Record<string, string> = {}) =>
      tiered.call('POST', '/api/uploads', {
        headers: { ...JSON_TYPE, ...headers },
        body: JSON.stringify({ bytes }),
      });
    expect(await refusal(ask(10 * MB + 1))).toBe('413 PAYLOAD_TOO_LARGE');
    expect((await ask(10 * MB)).status).toBe(201);
    expect((await ask(100 * MB, { authorization: `Bearer ${key}` })).status).toBe(201);
    expect(await refusal(ask(100 * MB + 1, { authorization: `Bearer ${key}` }))).toBe(
      '413 PAYLOAD_TOO_LARGE',
    );
    const closed = harness(store, { access: 'closed' });
    const none = closed.call('POST', '/api/uploads', { headers: JSON_TYPE, body: '{}' });
    expect(await refusal(none)).toBe('403 API_KEY_REQUIRED');
  });

  test('is as long as the operator allows', async () => {
    const { call } = harness(undefined, { maxUpload: 5 * MB });
    const body = JSON.stringify({ bytes: 5 * MB + 1 });
    expect(await refusal(call('POST', '/api/uploads', { headers: JSON_TYPE, body }))).toBe(
      '413 PAYLOAD_TOO_LARGE',
    );
    const health = (await (await call('GET', '/api/health')).json()) as { limits: { upload: number } };
    expect(health.limits.upload).toBe(5 * MB);
  });

  test('takes the quota, and the create with it takes none', async () => {
    const { create, begun, put, call } = harness(undefined, { access: 'tiered' });
    const upload = await begun();
    await put(upload, 0, 272);
    expect((await create({ ...VERSION_2, upload, chunks: 1 })).status).toBe(201);
    expect((await create()).status).toBe(201);
    await begun();
    const fourth = call('POST', '/api/uploads', { headers: JSON_TYPE, body: '{}' });
    expect(await refusal(fourth)).toBe('429 ANON_RATE_LIMIT_EXCEEDED');
    expect(await refusal(create())).toBe('429 ANON_RATE_LIMIT_EXCEEDED');
  });

  test('is the same for the same request, and a conflict for another', async () => {
    const { begun, call } = harness();
    const key = { 'idempotency-key': 'key-1' };
    expect(await begun({}, key)).toBe(await begun({}, key));
    const other = call('POST', '/api/uploads', { headers: { ...JSON_TYPE, ...key }, body: '{"bytes":1}' });
    expect(await refusal(other)).toBe('409 IDEMPOTENCY_KEY_REUSED');
  });

  test('is one of at most 20 that a caller has open', async () => {
    const { begun, call } = harness();
    const uploads = [];
    for (let count = 0; count < 20; count += 1) uploads.push(await begun());
    const ask = () => call('POST', '/api/uploads', { headers: JSON_TYPE, body: '{}' });
    const refused = await ask();
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refusal(refused)).toBe('429 RATE_LIMIT_EXCEEDED');
    expect((await call('DELETE', `/api/uploads/${uploads[3]}`)).status).toBe(204);
    expect((await ask()).status).toBe(201);
  });

  test('says which chunks are there', async () => {
    const { call, begun, put, clock } = harness();
    const upload = await begun();
    clock.now += 60_000;
    for (const index of [0, 1, 3]) expect((await put(upload, index, SEALED_CHUNK_BYTES)).status).toBe(204);
    expect(await (await call('GET', `/api/uploads/${upload}`)).json()).toEqual({
      chunks: [
        [0, 1],
        [3, 3],
      ],
      bytes: 3 * CHUNK_BYTES,
      expires_at: '2030-01-01T01:01:00.000Z',
    });
    expect((await call('DELETE', `/api/uploads/${upload}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE']) {
      expect(await refusal(call(method, `/api/uploads/${upload}`))).toBe('404 UPLOAD_NOT_FOUND');
    }
    expect(await refusal(put(upload, 2, 17))).toBe('404 UPLOAD_NOT_FOUND');
  });

  test('is in no log', async () => {
    const { begun, put, log } = harness();
    const upload = await begun();
    await put(upload, 0, 17);
    await put(upload, 0, 18);
    expect(log.join('\n')).toContain('/api/uploads/:upload/:index');
    expect(log.join('\n')).not.toContain(upload);
  });
});

describe('a chunk', () => {
  const bytes = chunkOf(1, SEALED_CHUNK_BYTES);

  test('is taken in any pieces', async () => {
    const { app, begun, call } = harness();
    const upload = await begun();
    const pieces = Array.from({ length: 1_025 }, (_, index) =>
      bytes.subarray(index * 1_024, (index + 1) * 1_024),
    );
    const headers = { ...BINARY, 'content-length': String(bytes.length) };
    const request = { ...posted(`/api/uploads/${upload}/0`, pieces, headers), method: 'PUT' };
    expect((await app(request)).status).toBe(204);
    const state = await call('GET', `/api/uploads/${upload}`);
    expect(await state.json()).toMatchObject({ bytes: CHUNK_BYTES });
  });

  test.each<[what: string, headers: Record<string, string>, pieces: (Uint8Array | Error)[], code: string]>([
    ['without a length', BINARY, [bytes], '411 LENGTH_REQUIRED'],
    [
      'that breaks off',
      { ...BINARY, 'content-length': '300' },
      [new Error('reset')],
      '400 INVALID_REQUEST_BODY',
    ],
    [
      'that ends early',
      { ...BINARY, 'content-length': '300' },
      [bytes.subarray(0, 9)],
      '400 INVALID_REQUEST_BODY',
    ],
    ['that is empty', { ...BINARY, 'content-length': '0' }, [], '400 INVALID_CHUNK'],
    ['of 16 bytes', { ...BINARY, 'content-length': '16' }, [], '400 INVALID_CHUNK'],
    ['that is too long', { ...BINARY, 'content-length': '1048593' }, [], '413 PAYLOAD_TOO_LARGE'],
    ['of text', { 'content-type': 'text/plain', 'content-length': '17' }, [], '415 UNSUPPORTED_MEDIA_TYPE'],
    [
      'compressed',
      { ...BINARY, 'content-encoding': 'gzip', 'content-length': '17' },
      [],
      '415 UNSUPPORTED_MEDIA_TYPE',
    ],
  ])('%s is refused', async (_, headers, pieces, code) => {
    const { app, begun, call } = harness();
    const upload = await begun();
    const request = { ...posted(`/api/uploads/${upload}/0`, pieces, headers), method: 'PUT' };
    expect(await refusalBy(app(request))).toBe(code);
    expect(await (await call('GET', `/api/uploads/${upload}`)).json()).toMatchObject({ chunks: [] });
  });

  test.each<[string]>([['-1'], ['01'], ['x'], ['1.5'], ['99999999999']])(
    'number %s is none',
    async (number) => {
      const { call, begun } = harness();
      const answer = call('PUT', `/api/uploads/${await begun()}/${number}`, { headers: BINARY, body: bytes });
      expect(await refusal(answer)).toBe('404 NOT_FOUND');
    },
  );

  test('waits for memory, and is told to come again if there is none for long', async () => {
    const { app, begun } = harness();
    const upload = await begun();
    const budget = small();
    const headers = { ...BINARY, 'content-length': String(bytes.length) };
    const request = { ...posted(`/api/uploads/${upload}/0`, [bytes], headers, budget), method: 'PUT' };
    const answer = await app(request);
    expect(answer.status).toBe(503);
    request.memory.end();
    expect(budget.take(1.5 * MB)).toBe(true);
  }, 15_000);
});

describe('a create with an upload', () => {
  test('is answered again from another address, and leaves no second secret', async () => {
    const { begun, put, call } = harness();
    const upload = await begun();
    await put(upload, 0, 272);
    const fields = {
      encrypted_blob: 'YQ',
      expiry: 60,
      split_url_mode: false,
      ...VERSION_2,
      upload,
      chunks: 1,
    };
    const ask = (address: string, hint?: string) =>
      call('POST', '/api/secrets', {
        headers: JSON_TYPE,
        body: JSON.stringify({ ...fields, hint }),
        address,
      });
    const [first, again] = [await ask('192.0.2.1'), await ask('198.51.100.2')];
    expect(first.status).toBe(201);
    expect(again.status).toBe(201);
    expect(await again.json()).toEqual(await first.json());
    expect(await refusal(ask('192.0.2.1', 'other'))).toBe('404 UPLOAD_NOT_FOUND');
  });

  test('says when chunks are missing, and succeeds once they are there', async () => {
    const { begun, put, create } = harness();
    const upload = await begun();
    await put(upload, 0, SEALED_CHUNK_BYTES);
    const fields = { ...VERSION_2, upload, chunks: 2 };
    expect(await refusal(create(fields))).toBe('409 UPLOAD_INCOMPLETE');
    await put(upload, 1, 100);
    expect((await create(fields)).status).toBe(201);
  });

  test.each<[what: string, fields: Record<string, unknown>]>([
    ['version 1', { upload: 'x'.repeat(22), chunks: 1 }],
    ['no chunks', { ...VERSION_2, upload: 'x'.repeat(22) }],
    ['no upload', { ...VERSION_2, chunks: 1 }],
    ['an upload that is none', { ...VERSION_2, upload: 'x', chunks: 1 }],
    ['no chunk', { ...VERSION_2, upload: 'x'.repeat(22), chunks: 0 }],
  ])('and %s is refused', async (_, fields) => {
    expect(await refusal(harness().create(fields))).toBe('400 INVALID_REQUEST_BODY');
  });
});

describe('a read of a secret with chunks', () => {
  test('tells how many there are, and for how long', async () => {
    const { withChunks, read } = harness();
    const { id } = await withChunks();
    expect(await (await read(id, READER)).json()).toMatchObject({
      chunks: 1,
      purge_at: new Date(NOW + CHUNKS_LEASE_MS).toISOString(),
    });
  });

  test('uses up nothing where the reader cannot fetch them', async () => {
    const { withChunks, read, call } = harness();
    const { id } = await withChunks();
    expect(await refusal(read(id, { 'zephr-proof': PROOF }))).toBe('400 CLAIM_REQUIRED');
    const old = { 'zephr-proof': PROOF, 'zephr-claim': CLAIM };
    expect(await refusal(read(id, old))).toBe('400 CHUNKS_NOT_ACCEPTED');
    expect(await refusal(read(id, { ...READER, 'zephr-chunks': '0' }))).toBe('400 CHUNKS_NOT_ACCEPTED');
    const status = await call('GET', `/api/secrets/${id}/status`, { headers: { 'zephr-proof': PROOF } });
    expect(await status.json()).toMatchObject({ state: 'waiting', views_left: 1, chunks: 1 });
  });

  test('fetches each chunk, until it is acknowledged', async () => {
    const { withChunks, read, call } = harness();
    const { id, chunk } = await withChunks();
    await read(id, READER);
    const fetch = () => call('GET', `/api/secrets/${id}/chunks/0`, { headers: READER });
    for (let round = 0; round < 2; round += 1) {
      const response = await fetch();
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('content-length')).toBe('272');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('zephr-claim')).toBe(CLAIM);
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(chunk);
    }
    expect((await call('DELETE', `/api/secrets/${id}`, { headers: { 'zephr-claim': CLAIM } })).status).toBe(
      204,
    );
    expect(await refusal(fetch())).toBe('410 SECRET_ALREADY_CONSUMED');
  });

  test('gives chunks to nobody else', async () => {
    const { withChunks, read, call } = harness();
    const { id } = await withChunks({ views: 2 });
    await read(id, READER);
    const fetch = (headers: Record<string, string>) =>
      refusal(call('GET', `/api/secrets/${id}/chunks/0`, { headers }));
    expect(await fetch({ 'zephr-proof': PROOF })).toBe('400 INVALID_CLAIM');
    expect(await fetch({ 'zephr-claim': CLAIM })).toBe('403 PROOF_REQUIRED');
    expect(await fetch({ ...READER, 'zephr-proof': WRONG_PROOF })).toBe('403 WRONG_KEY');
    expect(await fetch({ ...READER, 'zephr-claim': OTHER_CLAIM })).toBe('410 SECRET_ALREADY_CONSUMED');
  });

  test('with a passphrase needs both proofs for each chunk', async () => {
    const { withChunks, call } = harness();
    const { id } = await withChunks(WITH_PASSPHRASE);
    const answer = call('GET', `/api/secrets/${id}/chunks/0`, { headers: READER });
    expect(await refusal(answer)).toBe('403 WRONG_KEY');
  });

  test('goes on for as long as it fetches', async () => {
    const { withChunks, read, call, clock } = harness();
    const { id } = await withChunks();
    await read(id, READER);
    const fetch = () => call('GET', `/api/secrets/${id}/chunks/0`, { headers: READER });
    for (let round = 0; round < 20; round += 1) {
      clock.now += CHUNKS_LEASE_MS - 1;
      expect((await fetch()).status).toBe(200);
    }
    clock.now += CHUNKS_LEASE_MS + 60_000;
    expect(await refusal(fetch())).toBe('410 SECRET_ALREADY_CONSUMED');
  });
});

describe('the room of the store', () => {
  const ask = ({ call }: ReturnType<typeof harness>, bytes: number, address = '192.0.2.77', headers = {}) =>
    call('POST', '/api/uploads', {
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify({ bytes }),
      address,
    });

  test('is not promised twice', async () => {
    const server = harness(undefined, { maxStored: 10 * MB, maxStoredPerCaller: 10 * MB });
    expect((await ask(server, 6 * MB)).status).toBe(201);
    expect(await refusal(ask(server, 6 * MB, '192.0.2.1'))).toBe('507 STORE_FULL');
    expect((await ask(server, 4 * MB, '192.0.2.1')).status).toBe(201);
    expect(await refusal(ask(server, 1, '192.0.2.2'))).toBe('507 STORE_FULL');
  });

  test('is not needed again for an upload that is begun again, nor for a chunk that is sent again', async () => {
    const server = harness(undefined, { maxStored: 10 * MB, maxStoredPerCaller: 10 * MB });
    const key = { 'idempotency-key': 'lost' };
    const first = await ask(server, 6 * MB, '192.0.2.77', key);
    const upload = await server.begun();
    expect((await server.put(upload, 0, SEALED_CHUNK_BYTES)).status).toBe(204);
    expect((await ask(server, 3 * MB)).status).toBe(201);
    const again = await ask(server, 6 * MB, '192.0.2.77', key);
    expect([again.status, await again.json()]).toEqual([201, await first.json()]);
    expect((await server.put(upload, 0, SEALED_CHUNK_BYTES)).status).toBe(204);
    expect(await refusal(server.put(upload, 0, 17))).toBe('409 CHUNK_CONFLICT');
    expect(await refusal(server.put(upload, 1, 17))).toBe('507 STORE_FULL');
  });

  test('ends for chunks that nobody announced, and begins again when some are gone', async () => {
    const store = new MemoryStore('salt');
    const server = harness(store, { maxStored: 3 * MB, maxStoredPerCaller: 3 * MB });
    const upload = await server.begun();
    for (const index of [0, 1, 2])
      expect((await server.put(upload, index, SEALED_CHUNK_BYTES)).status).toBe(204);
    expect(await refusal(server.put(upload, 3, 17))).toBe('507 STORE_FULL');
    expect((await server.create()).status).toBe(507);
    await server.call('DELETE', `/api/uploads/${upload}`);
    await store.purge(server.clock.now);
    server.clock.now += 5_000;
    expect((await server.create()).status).toBe(201);
    expect((await server.put(await server.begun(), 0, SEALED_CHUNK_BYTES)).status).toBe(204);
  });

  test('is for a caller without a key a tenth, blobs included', async () => {
    const store = new MemoryStore('salt');
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'pro' }, 0);
    const server = harness(store, { maxStored: 10 * MB });
    expect((await ask(server, MB)).status).toBe(201);
    expect(await refusal(ask(server, 1))).toBe('507 STORE_FULL');
    expect(await refusal(server.create())).toBe('507 STORE_FULL');
    const withKey = { authorization: `Bearer ${key}` };
    expect((await server.create({}, withKey)).status).toBe(201);
    expect((await ask(server, MB, '192.0.2.77', withKey)).status).toBe(201);
    expect(await refusal(ask(server, 1, '192.0.2.77', withKey))).toBe('507 STORE_FULL');
    // By the store's own count too.
    server.clock.now += 61_000;
    expect(await refusal(ask(server, 1, '192.0.2.77', withKey))).toBe('507 STORE_FULL');
  });

  test('of a caller fills with blobs alone, and what was made is still answered', async () => {
    const server = harness(undefined, { maxStoredPerCaller: 75_000 });
    const blob = { encrypted_blob: 'A'.repeat(50_000) };
    const first = await server.create(blob, { 'idempotency-key': 'key-1' });
    expect(first.status).toBe(201);
    expect((await server.create(blob)).status).toBe(201);
    expect(await refusal(server.create())).toBe('507 STORE_FULL');
    const again = await server.create(blob, { 'idempotency-key': 'key-1' });
    expect(await again.json()).toEqual(await first.json());
    const other = { headers: JSON_TYPE, body: '{"encrypted_blob":"YQ","expiry":60,"split_url_mode":false}' };
    expect((await server.call('POST', '/api/secrets', { ...other, address: '192.0.2.1' })).status).toBe(201);
    server.clock.now += 2 * HOUR;
  });
});

describe('a page of another origin', () => {
  test('may upload and fetch', async () => {
    const { call } = harness();
    const preflight = await call('OPTIONS', `/api/uploads/${'x'.repeat(22)}/0`);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Zephr-Chunks');
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-expose-headers')).toContain('Date');
  });
});

test('a chunk that no upload can have is refused before any of it is read', async () => {
  const store = new MemoryStore('salt');
  const storedBytes = new StoredBytes(store.chunks, { stored: 10 * MB }, () => NOW);
  const chunks = new Chunks(store.chunks, { storedBytes, now: () => NOW, random: randomBytes });
  const app = harness(store);
  const upload = await app.begun({ bytes: 300 });
  let read = 0;
  const body = async () => {
    read += 1;
    return new Uint8Array(17);
  };
  for (const [index, length] of [
    [1, 17],
    [0, 16],
    [0, SEALED_CHUNK_BYTES + 1],
  ] as const)
    await expect(chunks.put(upload, index, length, body)).rejects.toThrow();
  expect(read).toBe(0);
});
