/** What a sender keeps: receipts, in the status and the revocation of one secret, and in `POST /api/receipts`. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import {
  CLAIM,
  type Harness,
  harness,
  LINK_PROOF,
  PROOF,
  refusal,
  VERSION_2,
  WITH_PASSPHRASE,
  WRONG_PROOF,
} from './harness.js';

const RECEIPT = Buffer.alloc(32, 5).toString('base64url');
const OTHER_RECEIPT = Buffer.alloc(32, 6).toString('base64url');
const WITH_RECEIPT = {
  receipt_hash: createHash('sha256').update(Buffer.alloc(32, 5)).digest('base64url'),
};
const RIGHT = { 'zephr-receipt': RECEIPT };
const WRONG = { 'zephr-receipt': OTHER_RECEIPT };

const status = (h: Harness, id: string, headers: Record<string, string>) =>
  h.call('GET', `/api/secrets/${id}/status`, { headers });
const revoke = (h: Harness, id: string, headers: Record<string, string>) =>
  h.call('DELETE', `/api/secrets/${id}`, { headers });
const inquire = (h: Harness, receipts: unknown) =>
  h.call('POST', '/api/receipts', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ receipts }),
  });

describe('a create with a receipt', () => {
  test('says that it is kept, in both versions', async () => {
    const h = harness();
    expect(await (await h.create(WITH_RECEIPT)).json()).toEqual({
      id: expect.any(String),
      expires_at: expect.any(String),
      kept: ['receipt_hash'],
    });
    const locked = await h.create({ ...WITH_PASSPHRASE, ...WITH_RECEIPT });
    expect(await locked.json()).toMatchObject({ kept: ['receipt_hash', 'link_proof_hash'] });
  });

  test('of version 1 without one is answered as ever', async () => {
    const reply = (await (await harness().create()).json()) as object;
    expect(Object.keys(reply)).toEqual(['id', 'expires_at']);
  });

  test.each([1, '', 'short', `${WITH_RECEIPT.receipt_hash}A`])('is refused with %j', async (receipt_hash) => {
    expect(await refusal(harness().create({ receipt_hash }))).toBe('400 INVALID_RECEIPT');
  });
});

describe('the status to a receipt', () => {
  test('tells when it was read, what arrived, and how often a wrong passphrase was tried', async () => {
    const h = harness();
    const id = await h.made({ ...WITH_PASSPHRASE, ...WITH_RECEIPT, views: 2 });
    const link = { 'zephr-link-proof': LINK_PROOF };
    await h.read(id, { ...link, 'zephr-proof': WRONG_PROOF });
    await h.read(id, { ...link, 'zephr-proof': PROOF, 'zephr-claim': CLAIM });
    h.clock.now += 1_000;
    await h.read(id, { ...link, 'zephr-proof': PROOF });
    await revoke(h, id, { 'zephr-claim': CLAIM });
    expect(await (await status(h, id, RIGHT)).json()).toEqual({
      state: 'read',
      created_at: '2030-01-01T00:00:00.000Z',
      expires_at: '2030-01-01T01:00:00.000Z',
      views: 2,
      views_left: 0,
      first_read_at: '2030-01-01T00:00:00.000Z',
      last_read_at: '2030-01-01T00:00:01.000Z',
      reads: [
        { at: '2030-01-01T00:00:00.000Z', acknowledged: true },
        { at: '2030-01-01T00:00:01.000Z', acknowledged: false },
      ],
      wrong_passphrases: 1,
    });
  });

  test('tells more than the one to a proof', async () => {
    const h = harness();
    const id = await h.made({ ...VERSION_2, ...WITH_RECEIPT });
    await h.read(id, { 'zephr-proof': PROOF });
    const reply = (await (await status(h, id, { 'zephr-proof': PROOF })).json()) as object;
    expect(Object.keys(reply)).not.toContain('reads');
    expect(Object.keys(reply)).not.toContain('wrong_passphrases');
    expect(reply).toHaveProperty('last_read_at');
  });

  test('is there for a version 1 secret, which can be revoked with it', async () => {
    const h = harness();
    const id = await h.made(WITH_RECEIPT);
    expect(await (await status(h, id, RIGHT)).json()).toMatchObject({ state: 'waiting', reads: [] });
    expect((await revoke(h, id, RIGHT)).status).toBe(204);
    expect(await refusal(h.read(id))).toBe('410 SECRET_REVOKED');
  });

  test('waits, too', async () => {
    const h = harness();
    const id = await h.made(WITH_RECEIPT);
    const told = h.call('GET', `/api/secrets/${id}/status?wait=25&seen=waiting.1`, { headers: RIGHT });
    await new Promise((resolve) => void setTimeout(resolve, 20));
    await h.read(id);
    expect(await (await told).json()).toMatchObject({
      state: 'read',
      reads: [{ at: '2030-01-01T00:00:00.000Z', acknowledged: false }],
    });
  });

  test('is refused to a wrong one, to a malformed one, and where there is none', async () => {
    const h = harness();
    const id = await h.made({ ...VERSION_2, ...WITH_RECEIPT });
    const without = await h.made(VERSION_2);
    for (const ask of [status, revoke]) {
      expect(await refusal(ask(h, id, WRONG))).toBe('403 WRONG_KEY');
      expect(await refusal(ask(h, without, RIGHT))).toBe('403 WRONG_KEY');
      expect(await refusal(ask(h, id, { 'zephr-receipt': 'short' }))).toBe('400 INVALID_RECEIPT');
      expect(await refusal(ask(h, 'x'.repeat(22), RIGHT))).toBe('404 SECRET_NOT_FOUND');
    }
  });
});

test('a receipt reads nothing, in whatever place it stands', async () => {
  const h = harness();
  const kinds = [{}, VERSION_2, WITH_PASSPHRASE].map((kind) => ({ ...kind, ...WITH_RECEIPT }));
  for (const kind of kinds) {
    const id = await h.made(kind);
    const headers = ['zephr-receipt', 'zephr-proof', 'zephr-link-proof', 'zephr-claim', 'authorization'];
    // All of the headers at once, each alone, and each beside the receipt in its own.
    const sets = [
      Object.fromEntries(headers.map((name) => [name, RECEIPT])),
      ...headers.slice(1).map((name) => ({ [name]: RECEIPT, ...RIGHT })),
      ...headers.slice(1, 3).map((name) => ({ [name]: RECEIPT })),
      { authorization: `Bearer ${RECEIPT}`, ...RIGHT },
    ];
    for (const set of sets) {
      for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'PATCH', 'OPTIONS']) {
        for (const path of ['', '/status', '/chunks/0', '/code', '/captcha']) {
          // A version 1 secret is open to whoever has its URL, with or without a receipt.
          if (!('version' in kind) && path === '' && method === 'GET' && !('zephr-proof' in set)) continue;
          const text = await (await h.call(method, `/api/secrets/${id}${path}`, { headers: set })).text();
          expect(text).not.toContain('Y2lwaGVydGV4dA');
        }
      }
    }
    const found = await (await inquire(h, [{ id, receipt: RECEIPT }])).text();
    expect(found).not.toContain('Y2lwaGVydGV4dA');
    expect(await (await status(h, id, RIGHT)).json()).toMatchObject({ state: 'waiting', views_left: 1 });
  }
});

test('a receipt reads no files, also while their reader has them, and is shown no other way in', async () => {
  const h = harness();
  const { id } = await h.withChunks(WITH_RECEIPT);
  const reader = { 'zephr-proof': PROOF, 'zephr-claim': CLAIM, 'zephr-chunks': '1' };
  const chunks = (headers: Record<string, string>) =>
    h.call('GET', `/api/secrets/${id}/chunks/0`, { headers });
  expect((await h.read(id, reader)).status).toBe(200);
  const bytes = await (await chunks(reader)).arrayBuffer();
  const ways = [
    RIGHT,
    { ...RIGHT, 'zephr-chunks': '1' },
    { ...RIGHT, 'zephr-proof': RECEIPT, 'zephr-chunks': '1' },
    { ...RIGHT, 'zephr-claim': RECEIPT, 'zephr-chunks': '1' },
    // Whoever has seen the reader's claim lacks the key still.
    { ...RIGHT, 'zephr-claim': CLAIM, 'zephr-chunks': '1' },
    { ...RIGHT, authorization: `Bearer ${RECEIPT}` },
  ];
  const families = [
    '/secrets',
    '/stats',
    '/uploads',
    '/requests',
    `/requests/${id}`,
    `/requests/${id}/answers`,
  ];
  for (const headers of ways) {
    expect((await chunks(headers)).status).toBeGreaterThanOrEqual(400);
    expect((await h.read(id, headers)).status).toBeGreaterThanOrEqual(400);
    for (const path of families) {
      expect((await h.call('GET', `/api${path}`, { headers })).status).toBeGreaterThanOrEqual(400);
    }
  }
  // The reader has lost nothing by all that.
  expect(await (await chunks(reader)).arrayBuffer()).toEqual(bytes);
  expect(await (await status(h, id, RIGHT)).json()).toMatchObject({ reads: [{ acknowledged: false }] });
});

describe('an API key', () => {
  const store = new MemoryStore('salt');
  const h = harness(store);

  test('sees and revokes what it made, and knows nothing of all else', async () => {
    const [mine, other] = await Promise.all(
      ['mine', 'other'].map(async (name) => (await issueKey(store.keys, { name, tier: 'pro' }, 0)).key),
    );
    const as = (key: string | undefined) => ({ authorization: `Bearer ${key}` });
    const made = async (headers: Record<string, string>) =>
      ((await (await h.create({}, headers)).json()) as { id: string }).id;
    const id = await made(as(mine));
    expect(await (await status(h, id, as(mine))).json()).toMatchObject({ state: 'waiting', reads: [] });
    for (const ask of [status, revoke]) {
      expect(await refusal(ask(h, id, as(other)))).toBe('404 SECRET_NOT_FOUND');
      expect(await refusal(ask(h, id, as('zeph_unknown')))).toBe('401 INVALID_API_KEY');
      expect(await refusal(ask(h, await made({}), as(mine)))).toBe('404 SECRET_NOT_FOUND');
    }
    expect((await revoke(h, id, as(mine))).status).toBe(204);
    expect(await refusal(h.read(id))).toBe('410 SECRET_REVOKED');
  });

  test('of another scheme is none, and a proof comes before it', async () => {
    const id = await h.made(VERSION_2);
    expect(await refusal(status(h, id, { authorization: 'Basic eDp5' }))).toBe('403 PROOF_REQUIRED');
    const both = { authorization: 'Bearer zeph_unknown', 'zephr-proof': PROOF };
    expect((await status(h, id, both)).status).toBe(200);
  });
});

describe('POST /api/receipts', () => {
  test('tells of many at once, in their order, each by itself', async () => {
    const h = harness();
    const waiting = await h.made(WITH_RECEIPT);
    const read = await h.made({ ...VERSION_2, ...WITH_RECEIPT });
    await h.read(read, { 'zephr-proof': PROOF });
    const response = await inquire(h, [
      { id: read, receipt: RECEIPT },
      { id: waiting, receipt: OTHER_RECEIPT },
      { id: 'no id', receipt: RECEIPT },
      { id: waiting, receipt: RECEIPT },
    ]);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({
      secrets: [
        { id: read, state: 'read', reads: [{ acknowledged: false }] },
        { id: waiting, error: { code: 'WRONG_KEY' } },
        { id: 'no id', error: { code: 'SECRET_NOT_FOUND' } },
        { id: waiting, state: 'waiting' },
      ],
    });
  });

  test('takes a hundred and no more', async () => {
    const h = harness();
    const receipts = Array.from({ length: 100 }, () => ({ id: 'x'.repeat(22), receipt: RECEIPT }));
    const reply = (await (await inquire(h, receipts)).json()) as { secrets: unknown[] };
    expect(reply.secrets).toHaveLength(100);
    expect(await refusal(inquire(h, [...receipts, receipts[0]]))).toBe('400 INVALID_REQUEST_BODY');
    expect(await (await inquire(h, [])).json()).toEqual({ secrets: [] });
  });

  test.each([undefined, 'x', {}, [1], [{ receipt: RECEIPT }]])('refuses %j', async (receipts) => {
    expect(await refusal(inquire(harness(), receipts))).toMatch(/^400 INVALID_(REQUEST_BODY|RECEIPT)$/);
  });

  test('fails as a whole when the store does', async () => {
    const store = new MemoryStore('salt');
    const h = harness(store);
    const id = await h.made(WITH_RECEIPT);
    store.secrets.status = async () => {
      throw new Error('away');
    };
    expect(await refusal(inquire(h, [{ id, receipt: RECEIPT }]))).toBe('500 INTERNAL_ERROR');
  });
});
