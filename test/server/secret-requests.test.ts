/** Requests for secrets over HTTP (core/protocol/PROTOCOL.md section 8). */

import { describe, expect, test } from 'vitest';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import {
  ANSWER,
  ASKED,
  BLOB,
  CLAIM,
  type Harness,
  harness,
  PROOF,
  PROOF_HASH,
  refusal,
  VERSION_2,
  WRONG_PROOF,
} from './harness.js';

const PROVED = { 'zephr-proof': PROOF };
const COLLECTING = { 'zephr-receipt': PROOF };
const JSON_TYPE = { 'content-type': 'application/json' };
const MB = 2 ** 20;

let answers = 0;

/** A server, and the calls of section 8 on it. */
function server(own: Harness = harness()) {
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    own.call('POST', path, {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const ask = (fields: object = {}, headers = {}) => post('/api/requests', { ...ASKED, ...fields }, headers);
  const asked = async (fields: object = {}, headers = {}) => {
    const response = await ask(fields, headers);
    expect(response.status).toBe(201);
    return ((await response.json()) as { id: string }).id;
  };
  const give = (id: string, fields: object = {}, headers: Record<string, string> = {}) => {
    answers += 1;
    const key = { 'idempotency-key': `answer-${answers}` };
    return post(`/api/requests/${id}/answers`, { ...ANSWER, ...fields }, { ...key, ...PROVED, ...headers });
  };
  const find = (id: string, headers: Record<string, string> = PROVED) =>
    own.call('GET', `/api/requests/${id}`, { headers });
  const collect = (id: string, headers: Record<string, string> = COLLECTING) =>
    own.call('GET', `/api/requests/${id}/answers`, { headers });
  const cancel = (id: string, headers: Record<string, string> = COLLECTING) =>
    own.call('DELETE', `/api/requests/${id}`, { headers });
  return { ...own, ask, asked, give, find, collect, cancel };
}

describe('a request', () => {
  test('is found by who answers, and its answer by who asked, who reads it as any secret', async () => {
    const { asked, find, give, collect, read, clock } = server();
    const id = await asked();
    const expires_at = new Date(clock.now + 60 * 60_000).toISOString();
    expect(await (await find(id)).json()).toEqual({
      ...{ public_key: PROOF, suite: 'x25519', sealed_message: BLOB, state: 'open', expires_at },
      ...{
        secret_expiry: 120,
        answers: 1,
        answers_left: 1,
        answer_views: 1,
        limits: { blob: 1_048_576, upload: 1024 * MB },
      },
    });
    const answered = await give(id);
    expect(answered.status).toBe(201);
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
    const made = (await answered.json()) as { id: string; expires_at: string };
    const until = new Date(clock.now + 120 * 60_000).toISOString();
    expect(made).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), expires_at: until });
    const answer = { id: made.id, created_at: new Date(clock.now).toISOString(), expires_at: until };
    expect(await (await collect(id)).json()).toEqual({
      ...{ state: 'answered', expires_at, answers_left: 0 },
      answers: [{ ...answer, wrapped_key: ANSWER.wrapped_key, state: 'waiting' }],
    });
    expect(await (await read(made.id, PROVED)).json()).toMatchObject({ encrypted_blob: BLOB });
    expect(await (await collect(id)).json()).toMatchObject({ answers: [{ ...answer, state: 'read' }] });
    expect(await (await collect(id)).text()).not.toContain('wrapped_key');
    expect(await refusal(give(id))).toBe('410 REQUEST_ANSWERED');
  });

  test('is waited for, by who asked alone', async () => {
    const { asked, give, cancel, call } = server();
    const wait = async (id: string, headers: Record<string, string> = COLLECTING) =>
      call('GET', `/api/requests/${id}/answers?wait=20`, { headers });
    const [answered, cancelled] = [await asked(), await asked({ answers: 2 })];
    expect(await refusal(wait(answered, PROVED))).toBe('403 PROOF_REQUIRED');
    const first = [wait(answered), wait(answered), wait(cancelled)];
    await new Promise((resolve) => void setTimeout(resolve, 50));
    await give(answered);
    expect(await (await first[0])?.json()).toMatchObject({
      state: 'answered',
      answers: [{ state: 'waiting' }],
    });
    expect(await (await first[1])?.json()).toMatchObject({ state: 'answered' });
    await cancel(cancelled);
    expect(await (await first[2])?.json()).toMatchObject({ state: 'cancelled', answers: [] });
    expect(
      await refusal(call('GET', `/api/requests/${cancelled}/answers?wait=26`, { headers: COLLECTING })),
    ).toBe('400 INVALID_REQUEST');
  });

  test('of 40 answers at once takes the 5 that it asks for', async () => {
    const { asked, give, collect } = server();
    const id = await asked({ answers: 5 });
    const given = await Promise.all(Array.from({ length: 40 }, () => give(id)));
    expect(given.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(given.filter(({ status }) => status === 410)).toHaveLength(35);
    const { answers: received } = (await (await collect(id)).json()) as { answers: object[] };
    expect(received).toHaveLength(5);
  });

  test('tells the same answer the same again', async () => {
    const { asked, give } = server();
    const id = await asked();
    const key = { 'idempotency-key': 'mine' };
    const first = await (await give(id, {}, key)).json();
    expect(await (await give(id, {}, key)).json()).toEqual(first);
    expect(await refusal(give(id, { hint: 'other' }, key))).toBe('409 IDEMPOTENCY_KEY_REUSED');
  });

  test('says nothing to who has neither link nor receipt, whatever has become of it', async () => {
    const { asked, find, give, collect, cancel, clock } = server();
    const [open, cancelled, answered] = [await asked(), await asked(), await asked()];
    await cancel(cancelled);
    await give(answered);
    for (const later of [0, 60 * 60_000]) {
      clock.now += later;
      for (const id of [open, cancelled, answered]) {
        const wrong = { 'zephr-proof': WRONG_PROOF, 'zephr-receipt': WRONG_PROOF };
        for (const call of [find, collect, cancel]) {
          expect(await refusal(call(id, wrong))).toBe('403 WRONG_KEY');
          expect(await refusal(call(id, {}))).toBe('403 PROOF_REQUIRED');
        }
        // Not even a body that is wrong tells anything.
        expect(await refusal(give(id, { wrapped_key: 1 }, wrong))).toBe('403 WRONG_KEY');
      }
    }
    expect(await refusal(find('x'.repeat(22)))).toBe('404 REQUEST_NOT_FOUND');
    expect(await refusal(find('short'))).toBe('404 REQUEST_NOT_FOUND');
  });

  test('refuses fields that break their rule', async () => {
    const { ask, asked, give } = server();
    const wrong: readonly [object, string][] = [
      [{ public_key: 'short' }, 'INVALID_REQUEST_BODY'],
      [{ suite: 'p256' }, 'UNSUPPORTED_VERSION'],
      [{ sealed_message: 'A'.repeat(12_292) }, 'INVALID_REQUEST_BODY'],
      [{ sealed_message: '' }, 'INVALID_REQUEST_BODY'],
      [{ proof_hash: 'x' }, 'INVALID_PROOF'],
      [{ receipt_hash: null }, 'INVALID_RECEIPT'],
      [{ expiry: 43_201 }, 'INVALID_EXPIRY'],
      [{ secret_expiry: 43_201 }, 'INVALID_EXPIRY'],
      [{ secret_expiry: 0 }, 'INVALID_EXPIRY'],
      [{ answers: 101 }, 'INVALID_REQUEST_BODY'],
      [{ answers: 0 }, 'INVALID_REQUEST_BODY'],
      [{ answer_views: 1_001 }, 'INVALID_VIEWS'],
      [{ gates: [] }, 'INVALID_GATES'],
      [{ gates: { countries: ['FR'] } }, 'GATE_NOT_OFFERED'],
      [{ callback_url: 'https://127.0.0.1/', callback_secret: 'k' }, 'INVALID_CALLBACK_URL_HOST'],
    ];
    for (const [fields, code] of wrong) expect(await refusal(ask(fields))).toBe(`400 ${code}`);
    const id = await asked();
    for (const field of ['expiry', 'views', 'link_proof_hash', 'callback_url', 'gates', 'upload']) {
      expect(await refusal(give(id, { [field]: 1 }))).toBe('400 INVALID_REQUEST_BODY');
    }
    expect(await refusal(give(id, { wrapped_key: 'A'.repeat(106) }))).toBe('400 INVALID_REQUEST_BODY');
    expect(await refusal(give(id, { version: 1, proof_hash: undefined }))).toBe('400 UNSUPPORTED_VERSION');
    expect((await give(id)).status).toBe(201);
  });
});

describe('files', () => {
  const begin = ({ call }: Harness, body: object, headers: Record<string, string> = PROVED) =>
    call('POST', '/api/uploads', { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
  const uploadOf = async (response: Promise<Response>) =>
    ((await (await response).json()) as { upload: string }).upload;

  test('come with an answer, and its reader fetches them', async () => {
    const { asked, give, collect, read, put, call, ...rest } = server();
    const request = await asked();
    const upload = await uploadOf(begin({ ...rest, put, call, read }, { request, bytes: 256 }));
    const chunk = Uint8Array.from({ length: 272 }, (_, index) => index);
    expect((await put(upload, 0, chunk.slice())).status).toBe(204);
    expect(await refusal(give(request, { upload, chunks: 2 }))).toBe('409 UPLOAD_INCOMPLETE');
    const { id } = (await (await give(request, { upload, chunks: 1 })).json()) as { id: string };
    const reader = { ...PROVED, 'zephr-claim': CLAIM, 'zephr-chunks': '1' };
    expect(await (await read(id, reader)).json()).toMatchObject({ chunks: 1, views_left: 0 });
    const fetched = await call('GET', `/api/secrets/${id}/chunks/0`, { headers: reader });
    expect(new Uint8Array(await fetched.arrayBuffer())).toEqual(chunk);
    expect(await (await collect(request)).json()).toMatchObject({ answers: [{ id, state: 'read' }] });
  });

  test('are taken from who has the link of an open request, and who has not learns nothing', async () => {
    const own = server();
    const [open, cancelled] = [await own.asked(), await own.asked()];
    await own.cancel(cancelled);
    for (const request of [open, cancelled]) {
      expect(await refusal(begin(own, { request }, {}))).toBe('403 PROOF_REQUIRED');
      expect(await refusal(begin(own, { request }, { 'zephr-proof': WRONG_PROOF }))).toBe('403 WRONG_KEY');
    }
    expect(await refusal(begin(own, { request: cancelled }))).toBe('410 REQUEST_CANCELLED');
    expect(await refusal(begin(own, { request: 'x'.repeat(22) }))).toBe('404 REQUEST_NOT_FOUND');
    expect(await refusal(begin(own, { request: 7 }))).toBe('400 INVALID_REQUEST_BODY');
    expect((await begin(own, { request: open })).status).toBe(201);
    expect(await refusal(begin(own, { request: open }))).toBe('429 RATE_LIMIT_EXCEEDED');
  });

  test('are within the limits of who asked, whoever answers, and are counted as what they asked for', async () => {
    const store = new MemoryStore('salt');
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'free' }, 0);
    const own = server(harness(store, { access: 'closed' }));
    const bearer = { authorization: `Bearer ${key}` };
    const request = await own.asked({ answers: 50 }, bearer);
    expect(await refusal(begin(own, { request, bytes: 10 * MB + 1 }))).toBe('413 PAYLOAD_TOO_LARGE');
    const upload = await uploadOf(begin(own, { request }));
    await own.put(upload, 0, 272);
    expect((await own.give(request, { upload, chunks: 1 })).status).toBe(201);
    expect(await refusal(own.ask({}, bearer))).toBe('429 MONTHLY_LIMIT_EXCEEDED');
  });

  test('for answers are for no create, and those of creates for no answer', async () => {
    const own = server(harness(undefined, { access: 'tiered' }));
    const request = await own.asked({ secret_expiry: 60 });
    const upload = await uploadOf(begin(own, { request }));
    await own.put(upload, 0, 272);
    expect(await refusal(own.create({ ...VERSION_2, upload, chunks: 1 }))).toBe('404 UPLOAD_NOT_FOUND');
    const other = await own.begun();
    await own.put(other, 0, 272);
    expect(await refusal(own.give(request, { upload: other, chunks: 1 }))).toBe('404 UPLOAD_NOT_FOUND');
  });

  test('and blobs of answers take the room of who asked', async () => {
    const own = server(harness(undefined, { maxStored: 10 * MB, maxStoredPerCaller: 2_000 }));
    const [full, empty] = [await own.asked({ answers: 9 }), await own.asked({ answers: 9 })];
    const answered = await own.asked();
    await own.give(answered);
    const large = { encrypted_blob: 'A'.repeat(2_400) };
    const first = await own.give(full, large, { 'idempotency-key': 'lost' });
    expect(first.status).toBe(201);
    const again = await own.give(full, large, { 'idempotency-key': 'lost' });
    expect([again.status, await again.json()]).toEqual([201, await first.json()]);
    expect(await refusal(own.give(empty, large))).toBe('507 STORE_FULL');
    expect(await refusal(own.give(answered, large))).toBe('410 REQUEST_ANSWERED');
    expect(await refusal(begin(own, { request: empty, bytes: 1_000 }))).toBe('507 STORE_FULL');
    const upload = await uploadOf(begin(own, { request: empty }));
    expect(await refusal(own.put(upload, 0, 1_016))).toBe('507 STORE_FULL');
  });
});

test('a receipt of an answer tells its sender what became of it, and revokes it', async () => {
  const { asked, give, read, call } = server();
  const made = await (await give(await asked(), { receipt_hash: PROOF_HASH })).json();
  expect(made).toMatchObject({ kept: ['receipt_hash'] });
  const { id } = made as { id: string };
  const status = call('GET', `/api/secrets/${id}/status`, { headers: COLLECTING });
  expect(await (await status).json()).toMatchObject({ state: 'waiting' });
  expect((await call('DELETE', `/api/secrets/${id}`, { headers: COLLECTING })).status).toBe(204);
  expect(await refusal(read(id, PROVED))).toBe('410 SECRET_REVOKED');
});

describe('limits', () => {
  test('are those of who asked, in every access mode', async () => {
    const store = new MemoryStore('salt');
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'free' }, 0);
    const { ask, asked, give } = server(harness(store, { access: 'closed' }));
    expect(await refusal(ask())).toBe('403 API_KEY_REQUIRED');
    const bearer = { authorization: `Bearer ${key}` };
    expect(await refusal(ask({ answers: 51 }, bearer))).toBe('403 UPGRADE_REQUIRED');
    expect(await refusal(ask({ secret_expiry: 59 }, bearer))).toBe('403 UPGRADE_REQUIRED');
    const id = await asked({ answers: 50 }, bearer);
    expect(await refusal(ask({}, bearer))).toBe('429 MONTHLY_LIMIT_EXCEEDED');
    expect(await refusal(give(id, { encrypted_blob: 'A'.repeat(20_484) }))).toBe('413 PAYLOAD_TOO_LARGE');
    expect((await give(id, { encrypted_blob: 'A'.repeat(20_480) })).status).toBe(201);
  });

  test('of a minute let a request with more answers in', async () => {
    const { ask, asked } = server(harness(undefined, { rateLimit: 10 }));
    await asked({ answers: 100 });
    expect(await refusal(ask())).toBe('429 RATE_LIMIT_EXCEEDED');
  });
});

describe('the API key that asked', () => {
  test('lists its requests in pages and cancels them, and no other does', async () => {
    const store = new MemoryStore('salt');
    const keys = await Promise.all(
      ['one', 'other'].map((name) => issueKey(store.keys, { name, tier: 'pro' }, 0)),
    );
    const [one = {}, other = {}] = keys.map(({ key }) => ({ authorization: `Bearer ${key}` }));
    const { asked, call, cancel, clock } = server(harness(store));
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) {
      ids.unshift(await asked({}, one));
      clock.now += 1;
    }
    const list = async (query: string, headers: Record<string, string>) =>
      (await (await call('GET', `/api/requests${query}`, { headers })).json()) as {
        requests: { id: string; state: string }[];
        next?: string;
      };
    const first = await list('?limit=3', one);
    const rest = await list(`?limit=3&after=${first.next}`, one);
    expect([...first.requests, ...rest.requests].map(({ id }) => id)).toEqual(ids);
    expect(rest).not.toHaveProperty('next');
    expect((await list('', other)).requests).toEqual([]);
    expect(await refusal(cancel(ids[0] ?? '', other))).toBe('404 REQUEST_NOT_FOUND');
    expect((await cancel(ids[0] ?? '', one)).status).toBe(204);
    expect((await list('?state=cancelled', one)).requests.map(({ id }) => id)).toEqual([ids[0]]);
    for (const query of ['?state=waiting', '?limit=0', '?limit=101', '?after=x']) {
      expect(await refusal(call('GET', `/api/requests${query}`, { headers: one }))).toBe(
        '400 INVALID_REQUEST',
      );
    }
    expect(await refusal(call('GET', '/api/requests'))).toBe('403 API_KEY_REQUIRED');
  });
});

test('the log holds nothing of message, proof, receipt or key', async () => {
  const { asked, give, collect, find, log } = server();
  const id = await asked();
  await give(id);
  await collect(id);
  await find(id);
  const lines = log.join('\n');
  for (const canary of [BLOB, PROOF, ANSWER.wrapped_key, id]) expect(lines).not.toContain(canary);
});
