/** `GET /api/secrets/{id}`. */

import { describe, expect, test } from 'vitest';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import {
  BLOB,
  CLAIM,
  harness,
  LINK_PROOF,
  OTHER_CLAIM,
  PROOF,
  refusal,
  VERSION_2,
  WITH_PASSPHRASE,
  WRONG_PROOF,
} from './harness.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const RIGHT = { 'zephr-proof': PROOF };
const WRONG = { 'zephr-proof': WRONG_PROOF };
const LINK = { 'zephr-link-proof': LINK_PROOF };
const WRONG_LINK = { 'zephr-link-proof': WRONG_PROOF };

describe('a read of version 1', () => {
  test('gives the blob once', async () => {
    const { made, read } = harness();
    const id = await made();
    const response = await read(id);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ encrypted_blob: BLOB, purge_at: '2030-01-01T00:00:00.000Z' });
    expect(await refusal(read(id))).toBe('410 SECRET_ALREADY_CONSUMED');
  });

  test('gives the hint where there is one', async () => {
    const { made, read } = harness();
    expect(await (await read(await made({ hint: 'db' }))).json()).toMatchObject({ hint: 'db' });
  });

  test('is refused to who shows a proof, whose key is not of version 1, and uses up nothing', async () => {
    const { made, read } = harness();
    const id = await made();
    expect(await refusal(read(id, RIGHT))).toBe('403 WRONG_KEY');
    expect((await read(id)).status).toBe(200);
  });

  test('can be repeated with a claim', async () => {
    const { made, read, clock } = harness();
    const id = await made();
    const first = await read(id, { 'zephr-claim': CLAIM });
    expect(first.headers.get('zephr-claim')).toBe(CLAIM);
    clock.now += 59_999;
    expect(await (await read(id, { 'zephr-claim': CLAIM })).text()).toBe(await first.text());
    expect(await refusal(read(id, { 'zephr-claim': OTHER_CLAIM }))).toBe('410 SECRET_ALREADY_CONSUMED');
    clock.now += 1;
    expect(await refusal(read(id, { 'zephr-claim': CLAIM }))).toBe('410 SECRET_ALREADY_CONSUMED');
  });

  test('succeeds for one of many at once', async () => {
    const { made, read } = harness();
    const id = await made();
    const statuses = await Promise.all(Array.from({ length: 64 }, async () => (await read(id)).status));
    expect(statuses.sort()).toEqual([200, ...Array<number>(63).fill(410)]);
  });
});

describe('a read of version 2', () => {
  test('says so, how many views are left, and until when the claim reads again', async () => {
    const { made, read } = harness();
    const id = await made({ ...VERSION_2, views: 3, hint: 'db' });
    expect(await (await read(id, { ...RIGHT, 'zephr-claim': CLAIM })).json()).toEqual({
      encrypted_blob: BLOB,
      hint: 'db',
      purge_at: '2030-01-01T00:01:00.000Z',
      version: 2,
      views_left: 2,
    });
  });

  test('without the key uses up nothing', async () => {
    const { made, read } = harness();
    const id = await made(VERSION_2);
    expect(await refusal(read(id))).toBe('403 PROOF_REQUIRED');
    expect(await refusal(read(id, { 'zephr-claim': CLAIM }))).toBe('403 PROOF_REQUIRED');
    expect(await refusal(read(id, WRONG))).toBe('403 WRONG_KEY');
    expect((await read(id, RIGHT)).status).toBe(200);
  });

  test('tells nothing about what became of it without the key', async () => {
    const { made, read, call } = harness();
    const id = await made(VERSION_2);
    await call('DELETE', `/api/secrets/${id}`, { headers: RIGHT });
    expect(await refusal(read(id))).toBe('403 PROOF_REQUIRED');
    expect(await refusal(read(id, WRONG))).toBe('403 WRONG_KEY');
    expect(await refusal(read(id, RIGHT))).toBe('410 SECRET_REVOKED');
  });

  test('with an API key that is unknown or revoked is refused, and uses up nothing', async () => {
    const store = new MemoryStore('salt');
    const { made, read } = harness(store);
    const { key, name } = await issueKey(store.keys, { name: 'ci', tier: 'free' }, 0);
    const [id, old] = [await made(VERSION_2), await made()];
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    await store.keys.revokeKey(name, 1);
    for (const token of [key, 'zeph_unknown', `zeph_${'x'.repeat(40)}`]) {
      const response = await read(id, { ...RIGHT, ...bearer(token) });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await refusal(response)).toBe('401 INVALID_API_KEY');
      expect(await refusal(read(old, bearer(token)))).toBe('401 INVALID_API_KEY');
      expect(await refusal(read(id, { ...RIGHT, 'zephr-claim': CLAIM, ...bearer(token) }))).toBe(
        '401 INVALID_API_KEY',
      );
    }
    const valid = await issueKey(store.keys, { name: 'cd', tier: 'free' }, 0);
    expect((await read(id, { ...RIGHT, ...bearer(valid.key) })).status).toBe(200);
    // What a proxy on the way asked for is no API key.
    expect((await read(old, { authorization: 'Basic dTpw' })).status).toBe(200);
  });

  test('with a claim needs the proof every time', async () => {
    const { made, read } = harness();
    const id = await made(VERSION_2);
    await read(id, { ...RIGHT, 'zephr-claim': CLAIM });
    expect(await refusal(read(id, { 'zephr-claim': CLAIM }))).toBe('403 PROOF_REQUIRED');
  });

  test('is held up by no number of wrong keys, wherever they come from', async () => {
    const { made, call, read } = harness();
    const ids = [await made(VERSION_2), await made(WITH_PASSPHRASE)];
    for (const id of ids) {
      for (let count = 1; count <= 40; count += 1) {
        expect(await refusal(read(id, { ...WRONG, ...WRONG_LINK }))).toBe('403 WRONG_KEY');
        const asked = await call('GET', `/api/secrets/${id}/status`, {
          headers: { ...WRONG, ...WRONG_LINK },
        });
        expect(await refusal(asked)).toBe('403 WRONG_KEY');
      }
      expect((await read(id, { ...RIGHT, ...LINK })).status).toBe(200);
    }
  });

  test('tells a wrong passphrase from a wrong key, and a missing link proof is a wrong key', async () => {
    const { made, read } = harness();
    const id = await made(WITH_PASSPHRASE);
    expect(await refusal(read(id, { ...WRONG, ...LINK }))).toBe('403 WRONG_PASSPHRASE');
    expect(await refusal(read(id, RIGHT))).toBe('403 WRONG_KEY');
    expect(await refusal(read(id, LINK))).toBe('403 PROOF_REQUIRED');
    expect(await refusal(read(id, { ...RIGHT, 'zephr-link-proof': 'short' }))).toBe('400 INVALID_PROOF');
    expect((await read(id, { ...RIGHT, ...LINK })).status).toBe(200);
  });

  test('waits after ten wrong passphrases, from every address', async () => {
    const { made, call, read, clock } = harness();
    const id = await made(WITH_PASSPHRASE);
    const wrong = (address: string) =>
      call('GET', `/api/secrets/${id}`, { headers: { ...WRONG, ...LINK }, address });
    for (let count = 1; count <= 10; count += 1) {
      expect(await refusal(wrong(`192.0.2.${count}`))).toBe('403 WRONG_PASSPHRASE');
    }
    for (const seconds of [1, 2, 4]) {
      const response = await wrong('198.51.100.1');
      expect(response.headers.get('retry-after')).toBe(String(seconds));
      expect(await refusal(response)).toBe('429 TOO_MANY_ATTEMPTS');
      expect(await refusal(read(id, { ...RIGHT, ...LINK }))).toBe('429 TOO_MANY_ATTEMPTS');
      clock.now += seconds * 1000;
      expect(await refusal(wrong('198.51.100.1'))).toBe('403 WRONG_PASSPHRASE');
    }
    clock.now += 8_000;
    expect((await read(id, { ...RIGHT, ...LINK })).status).toBe(200);
  });

  test('counts wrong passphrases wherever they are given', async () => {
    const { made, call, read } = harness();
    const id = await made(WITH_PASSPHRASE);
    const headers = { ...WRONG, ...LINK };
    for (let count = 1; count <= 4; count += 1) {
      await read(id, headers);
      await call('DELETE', `/api/secrets/${id}`, { headers });
      await call('GET', `/api/secrets/${id}/status`, { headers });
    }
    expect(await refusal(read(id, { ...RIGHT, ...LINK }))).toBe('429 TOO_MANY_ATTEMPTS');
  });

  test('gives every view there is', async () => {
    const { made, read } = harness();
    const id = await made({ ...VERSION_2, views: 5 });
    const statuses = await Promise.all(
      Array.from({ length: 16 }, async () => (await read(id, RIGHT)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
  });
});

describe('a read that cannot be', () => {
  test.each(['unknown', 'x'.repeat(22), 'x'.repeat(23), 'a%2Fb', `${'x'.repeat(22)}%23v1.key`, '..%2f'])(
    'is 404 for the id %j',
    async (id) => {
      expect(await refusal(harness().read(id))).toBe('404 SECRET_NOT_FOUND');
    },
  );

  test('is 410 after the expiry, and 404 a day later', async () => {
    const { made, read, clock } = harness();
    const id = await made();
    clock.now += HOUR;
    expect(await refusal(read(id))).toBe('410 SECRET_EXPIRED');
    clock.now += DAY - 1;
    expect(await refusal(read(id))).toBe('410 SECRET_EXPIRED');
    clock.now += 1;
    expect(await refusal(read(id))).toBe('404 SECRET_NOT_FOUND');
  });

  test('still says that it was read when its time is over', async () => {
    const { made, read, clock } = harness();
    const id = await made();
    await read(id);
    clock.now += 2 * HOUR;
    expect(await refusal(read(id))).toBe('410 SECRET_ALREADY_CONSUMED');
  });

  test.each(['', 'short', 'x'.repeat(65), 'not base64url at all!!', `${CLAIM}, ${CLAIM}`])(
    'is 400 for the claim %j, and uses up nothing',
    async (claim) => {
      const { made, read } = harness();
      const id = await made();
      expect(await refusal(read(id, { 'zephr-claim': claim }))).toBe('400 INVALID_CLAIM');
      expect((await read(id)).status).toBe(200);
    },
  );

  test.each(['', 'short', `${PROOF}A`, PROOF.replace(/.$/, '=')])(
    'is 400 for the proof %j',
    async (proof) => {
      const { made, read } = harness();
      expect(await refusal(read(await made(VERSION_2), { 'zephr-proof': proof }))).toBe('400 INVALID_PROOF');
    },
  );
});

describe('what must not read', () => {
  test('HEAD', async () => {
    const { made, read, call } = harness();
    const id = await made();
    const response = await call('HEAD', `/api/secrets/${id}`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, DELETE, OPTIONS');
    expect((await read(id)).status).toBe(200);
  });

  test("a link's preview", async () => {
    const { made, read, call } = harness();
    const id = await made();
    for (const path of [`/secret/${id}`, `/secret/${id}%23v1.key`, `/secret/${id}?utm=1`, '/secret/none']) {
      const response = await call('GET', path);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('secret.html');
    }
    expect((await call('HEAD', `/secret/${id}`)).status).toBe(200);
    expect((await read(id)).status).toBe(200);
  });

  test.each(['PUT', 'PATCH', 'OPTIONS', 'POST'])('%s', async (method) => {
    const { made, read, call } = harness();
    const id = await made();
    await call(method, `/api/secrets/${id}`);
    expect((await read(id)).status).toBe(200);
  });
});
