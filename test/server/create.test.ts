/** `POST /api/secrets`. */

import { describe, expect, test } from 'vitest';
import { ENVELOPE_BYTES, MAX_BLOB_LENGTH } from '../../src/core/protocol/limits.js';
import { BLOB, harness, PROOF, PROOF_HASH, posted, refusal, refusalBy, VERSION_2 } from './harness.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a create', () => {
  test('of version 1 answers with id and expiry, and nothing else', async () => {
    const response = await harness().create({ expiry: 5 });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      expires_at: '2030-01-01T00:05:00.000Z',
    });
  });

  test('of version 2 says so, and how many views there are', async () => {
    const { create } = harness();
    expect(await (await create(VERSION_2)).json()).toMatchObject({ version: 2, views: 1 });
    expect(await (await create({ ...VERSION_2, views: 1000 })).json()).toMatchObject({ views: 1000 });
  });

  test('takes every field there is, and null for those that are missing', async () => {
    const { create } = harness();
    const all = { ...VERSION_2, views: 2, hint: 'db password', split_url_mode: true };
    expect((await create(all)).status).toBe(201);
    const none = { version: null, proof_hash: null, views: null, hint: null, callback_url: null };
    expect((await create(none)).status).toBe(201);
  });

  test('takes the largest blob and the shortest and longest expiry', async () => {
    const { create } = harness();
    expect((await create({ encrypted_blob: 'A'.repeat(MAX_BLOB_LENGTH) })).status).toBe(201);
    expect((await create({ expiry: 1 })).status).toBe(201);
    expect((await create({ expiry: 43_200 })).status).toBe(201);
  });

  test('makes ids nobody had before', async () => {
    const { made } = harness();
    const ids = await Promise.all(Array.from({ length: 100 }, () => made()));
    expect(new Set(ids).size).toBe(100);
  });

  test.each([
    ['400 INVALID_BLOB', { encrypted_blob: undefined }],
    ['400 INVALID_BLOB', { encrypted_blob: '' }],
    ['400 INVALID_BLOB', { encrypted_blob: 'AAAA=' }],
    ['400 INVALID_BLOB', { encrypted_blob: 7 }],
    ['413 PAYLOAD_TOO_LARGE', { encrypted_blob: 'A'.repeat(MAX_BLOB_LENGTH + 4) }],
    ['400 INVALID_EXPIRY', { expiry: undefined }],
    ['400 INVALID_EXPIRY', { expiry: 0 }],
    ['400 INVALID_EXPIRY', { expiry: 43_201 }],
    ['400 INVALID_EXPIRY', { expiry: 1.5 }],
    ['400 INVALID_EXPIRY', { expiry: '60' }],
    ['400 INVALID_REQUEST_BODY', { split_url_mode: 'yes' }],
    ['400 INVALID_HINT', { hint: '' }],
    ['400 INVALID_HINT', { hint: 'x'.repeat(129) }],
    ['400 INVALID_HINT', { hint: 'line\nbreak' }],
    ['400 UNSUPPORTED_VERSION', { version: 3 }],
    ['400 INVALID_PROOF', { version: 2 }],
    ['400 INVALID_PROOF', { version: 2, proof_hash: PROOF_HASH.slice(1) }],
    ['400 INVALID_PROOF', { proof_hash: PROOF_HASH }],
    ['400 INVALID_VIEWS', { views: 2 }],
    ['400 INVALID_VIEWS', { ...VERSION_2, views: 0 }],
    ['400 INVALID_VIEWS', { ...VERSION_2, views: 1001 }],
    ['400 INVALID_CALLBACK_URL_FORMAT', { callback_url: 'nonsense', callback_secret: 's' }],
    ['400 INVALID_CALLBACK_URL_PROTOCOL', { callback_url: 'http://example.com', callback_secret: 's' }],
    ['400 INVALID_CALLBACK_URL_LENGTH', { callback_url: `https://example.com/${'x'.repeat(2048)}` }],
    ['400 MISSING_CALLBACK_SECRET', { callback_url: 'https://example.com' }],
    ['400 UNEXPECTED_CALLBACK_SECRET', { callback_secret: 's' }],
    ['400 INVALID_CALLBACK_SECRET_LENGTH', { callback_url: 'https://example.com', callback_secret: '' }],
    ['400 INVALID_CALLBACK_URL_HOST', { callback_url: 'https://127.0.0.1/', callback_secret: 's' }],
  ])('is refused with %s for %o', async (expected, fields) => {
    expect(await refusal(harness().create(fields))).toBe(expected);
  });

  test('with any API key is refused, for none was issued', async () => {
    const { create } = harness();
    for (const authorization of [`Bearer zeph_${'a'.repeat(40)}`, 'Bearer x', 'Basic x']) {
      expect(await refusal(create({}, { authorization }))).toBe('401 INVALID_API_KEY');
    }
  });
});

describe('the body of a create', () => {
  const post = (body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
    harness().call('POST', '/api/secrets', { headers, body });
  const valid = JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
    'may be %s',
    async (type) => {
      expect((await post(valid, { 'content-type': type })).status).toBe(201);
    },
  );

  test.each(['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded'])(
    'may not be %s',
    async (type) => {
      expect(await refusal(post(valid, { 'content-type': type }))).toBe('415 UNSUPPORTED_MEDIA_TYPE');
    },
  );

  test('must have a type', async () => {
    expect(await refusal(post(new TextEncoder().encode(valid), {}))).toBe('415 UNSUPPORTED_MEDIA_TYPE');
  });

  test.each(['', '{', 'null', '7', '"text"', '[]', `\ufeff${valid}`, '{"a":}'])(
    'is refused when it is %j',
    async (body) => {
      expect(await refusal(post(body))).toBe('400 INVALID_REQUEST_BODY');
    },
  );

  test('is refused when it is not UTF-8', async () => {
    const bytes = Buffer.from(valid.replace('false', 'false,"hint":"\u00e9"'), 'latin1');
    expect(await refusal(post(bytes))).toBe('400 INVALID_REQUEST_BODY');
  });

  test('is refused when it is nested without end', async () => {
    expect(await refusal(post('['.repeat(500_000)))).toBe('400 INVALID_REQUEST_BODY');
  });

  test('gains nothing from repeated keys or names of prototypes', async () => {
    const twice = valid.replace('"expiry":60', '"expiry":0,"expiry":60');
    expect((await post(twice)).status).toBe(201);
    const polluted = '{"__proto__":{"encrypted_blob":"AAAA","expiry":60,"split_url_mode":false}}';
    expect(await refusal(post(polluted))).toBe('400 INVALID_BLOB');
    expect(await refusal(post('{"constructor":{"prototype":{"expiry":1}}}'))).toBe('400 INVALID_BLOB');
  });

  test('is refused by its announced length without being read', async () => {
    const headers = { ...JSON_TYPE, 'content-length': String(MAX_BLOB_LENGTH + ENVELOPE_BYTES + 1) };
    expect(await refusal(post(valid, headers))).toBe('413 PAYLOAD_TOO_LARGE');
  });

  test('is refused at the first byte too many when no length is announced, and read no further', async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    let sent = 0;
    function* endless() {
      for (; ; sent += chunk.length) yield chunk;
    }
    const { app } = harness();
    const request = posted('/api/secrets', endless(), JSON_TYPE);
    expect(await refusalBy(app(request))).toBe('413 PAYLOAD_TOO_LARGE');
    const readSoFar = sent;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toBe(readSoFar);
    expect(sent).toBeLessThanOrEqual(MAX_BLOB_LENGTH + ENVELOPE_BYTES + 3 * chunk.length);
  });

  test('arrives in pieces without a length', async () => {
    const pieces = Array.from(new TextEncoder().encode(valid), (byte) => Uint8Array.of(byte));
    expect((await harness().app(posted('/api/secrets', pieces, JSON_TYPE))).status).toBe(201);
  });

  test('that breaks off is a bad request, not a failure of the server', async () => {
    const { app, log } = harness();
    const request = posted('/api/secrets', [new Error('connection reset')], JSON_TYPE);
    expect(await refusalBy(app(request))).toBe('400 INVALID_REQUEST_BODY');
    expect(log.join()).not.toContain('error');
  });
});

describe('an idempotency key', () => {
  const KEY = { 'idempotency-key': '2b1f6f3e-0d5c-4f0e-9f6a-1c2d3e4f5a6b' };

  test('gives a repeated create the same answer', async () => {
    const { create, clock } = harness();
    const first = await (await create(VERSION_2, KEY)).text();
    clock.now += 60_000;
    const second = await create(VERSION_2, KEY);
    expect(second.status).toBe(201);
    expect(await second.text()).toBe(first);
  });

  test('cannot be used for another body', async () => {
    const { create } = harness();
    await create({}, KEY);
    expect(await refusal(create({ expiry: 61 }, KEY))).toBe('409 IDEMPOTENCY_KEY_REUSED');
  });

  test('belongs to one address', async () => {
    const { call } = harness();
    const body = JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false });
    const from = async (address: string) =>
      (await call('POST', '/api/secrets', { headers: { ...JSON_TYPE, ...KEY }, body, address })).text();
    expect(await from('192.0.2.1')).toBe(await from('::ffff:192.0.2.1'));
    expect(await from('192.0.2.1')).not.toBe(await from('192.0.2.2'));
    expect(await from('2001:db8::1')).toBe(await from('2001:db8::2'));
    expect(await from('2001:db8::1')).not.toBe(await from('2001:db8:0:1::1'));
  });

  test.each(['', 'x'.repeat(65), 'under_score', 'a b'])('is refused when it is %j', async (key) => {
    expect(await refusal(harness().create({}, { 'idempotency-key': key }))).toBe(
      '400 INVALID_IDEMPOTENCY_KEY',
    );
  });

  test('that is not sent makes every create a new one', async () => {
    const { made } = harness();
    expect(await made()).not.toBe(await made());
  });
});

test('a proof is no proof hash: who only saw the create cannot read', async () => {
  const { made, read } = harness();
  const id = await made(VERSION_2);
  expect(await refusal(read(id, { 'zephr-proof': PROOF_HASH }))).toBe('403 WRONG_KEY');
  expect((await read(id, { 'zephr-proof': PROOF })).status).toBe(200);
});
