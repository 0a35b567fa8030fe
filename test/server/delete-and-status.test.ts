/** `DELETE /api/secrets/{id}` and `GET /api/secrets/{id}/status`. */

import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { CLAIM, harness, OTHER_CLAIM, PROOF, refusal, VERSION_2, WRONG_PROOF } from './harness.js';

const HOUR = 60 * 60_000;
const RIGHT = { 'zephr-proof': PROOF };
const CLAIMED = { 'zephr-claim': CLAIM };

describe('DELETE with a claim', () => {
  test('acknowledges the read, 204 however often', async () => {
    const { made, read, call } = harness();
    const id = await made();
    await read(id, CLAIMED);
    for (let count = 1; count <= 2; count += 1) {
      const response = await call('DELETE', `/api/secrets/${id}`, { headers: CLAIMED });
      expect(response.status).toBe(204);
      expect(await response.text()).toBe('');
    }
    expect(await refusal(read(id, CLAIMED))).toBe('410 SECRET_ALREADY_CONSUMED');
  });

  test('that read nothing changes nothing', async () => {
    const { made, read, call } = harness();
    const id = await made();
    await read(id, CLAIMED);
    expect(
      (await call('DELETE', `/api/secrets/${id}`, { headers: { 'zephr-claim': OTHER_CLAIM } })).status,
    ).toBe(204);
    expect((await read(id, CLAIMED)).status).toBe(200);
  });

  test('and a proof acknowledges and does not revoke', async () => {
    const { made, read, call } = harness();
    const id = await made({ ...VERSION_2, views: 2 });
    await read(id, { ...RIGHT, ...CLAIMED });
    expect((await call('DELETE', `/api/secrets/${id}`, { headers: { ...RIGHT, ...CLAIMED } })).status).toBe(
      204,
    );
    expect((await read(id, RIGHT)).status).toBe(200);
  });
});

describe('DELETE with a proof', () => {
  test('revokes for everyone, 204 however often', async () => {
    const { made, read, call } = harness();
    const id = await made({ ...VERSION_2, views: 2 });
    await read(id, { ...RIGHT, ...CLAIMED });
    expect((await call('DELETE', `/api/secrets/${id}`, { headers: RIGHT })).status).toBe(204);
    expect((await call('DELETE', `/api/secrets/${id}`, { headers: RIGHT })).status).toBe(204);
    expect(await refusal(read(id, RIGHT))).toBe('410 SECRET_REVOKED');
    expect(await refusal(read(id, { ...RIGHT, ...CLAIMED }))).toBe('410 SECRET_REVOKED');
  });

  test('comes too late for what was read or has expired', async () => {
    const { made, read, call, clock } = harness();
    const consumed = await made(VERSION_2);
    const expired = await made(VERSION_2);
    await read(consumed, RIGHT);
    clock.now += HOUR;
    const revoke = (id: string) => refusal(call('DELETE', `/api/secrets/${id}`, { headers: RIGHT }));
    expect(await revoke(consumed)).toBe('410 SECRET_ALREADY_CONSUMED');
    expect(await revoke(expired)).toBe('410 SECRET_EXPIRED');
  });

  test('that is wrong revokes nothing', async () => {
    const { made, read, call } = harness();
    const id = await made(VERSION_2);
    const headers = { 'zephr-proof': WRONG_PROOF };
    expect(await refusal(call('DELETE', `/api/secrets/${id}`, { headers }))).toBe('403 WRONG_KEY');
    expect((await read(id, RIGHT)).status).toBe(200);
  });

  test('cannot revoke a version 1 secret', async () => {
    const { made, read, call } = harness();
    const id = await made();
    expect(await refusal(call('DELETE', `/api/secrets/${id}`, { headers: RIGHT }))).toBe(
      '403 PROOF_REQUIRED',
    );
    expect((await read(id)).status).toBe(200);
  });
});

describe('DELETE that is refused', () => {
  test('with neither claim nor proof', async () => {
    const { made, read, call } = harness();
    const id = await made(VERSION_2);
    expect(await refusal(call('DELETE', `/api/secrets/${id}`))).toBe('400 INVALID_PROOF');
    expect((await read(id, RIGHT)).status).toBe(200);
  });

  test('for an unknown id', async () => {
    const { call } = harness();
    for (const headers of [RIGHT, CLAIMED]) {
      expect(await refusal(call('DELETE', `/api/secrets/${'x'.repeat(22)}`, { headers }))).toBe(
        '404 SECRET_NOT_FOUND',
      );
    }
  });

  test('for a malformed claim, also with a right proof', async () => {
    const { made, call } = harness();
    const headers = { ...RIGHT, 'zephr-claim': 'short' };
    const id = await made(VERSION_2);
    expect(await refusal(call('DELETE', `/api/secrets/${id}`, { headers }))).toBe('400 INVALID_CLAIM');
  });
});

describe('status', () => {
  const statusOf = async (h: ReturnType<typeof harness>, id: string) =>
    (await h.call('GET', `/api/secrets/${id}/status`, { headers: RIGHT })).json();

  test('tells that nobody has read, and uses up nothing', async () => {
    const h = harness();
    const id = await h.made({ ...VERSION_2, views: 2 });
    for (let count = 1; count <= 3; count += 1) {
      expect(await statusOf(h, id)).toEqual({
        state: 'waiting',
        created_at: '2030-01-01T00:00:00.000Z',
        expires_at: '2030-01-01T01:00:00.000Z',
        views: 2,
        views_left: 2,
      });
    }
  });

  test('tells when it was first read', async () => {
    const h = harness();
    const id = await h.made({ ...VERSION_2, views: 2 });
    h.clock.now += 1000;
    await h.read(id, RIGHT);
    h.clock.now += 1000;
    const once = { views: 2, views_left: 1, first_read_at: '2030-01-01T00:00:01.000Z' };
    expect(await statusOf(h, id)).toMatchObject({ state: 'waiting', ...once });
    await h.read(id, RIGHT);
    expect(await statusOf(h, id)).toMatchObject({ state: 'read', ...once, views_left: 0 });
  });

  test('tells of an expiry and of a revocation', async () => {
    const h = harness();
    const expired = await h.made(VERSION_2);
    const revoked = await h.made(VERSION_2);
    await h.call('DELETE', `/api/secrets/${revoked}`, { headers: RIGHT });
    h.clock.now += HOUR;
    expect(await statusOf(h, expired)).toMatchObject({ state: 'expired' });
    expect(await statusOf(h, revoked)).toMatchObject({ state: 'revoked' });
  });

  test('is expired, as every refusal says, once a clock that was ahead has had it destroyed', async () => {
    const store = new MemoryStore('salt');
    const h = harness(store);
    const id = await h.made(VERSION_2);
    await store.purge(h.clock.now + HOUR);
    expect(await statusOf(h, id)).toMatchObject({ state: 'expired', views_left: 1 });
    for (const claimed of [{}, CLAIMED]) {
      expect(await refusal(h.read(id, { ...RIGHT, ...claimed }))).toBe('410 SECRET_EXPIRED');
    }
    expect(await refusal(h.call('DELETE', `/api/secrets/${id}`, { headers: RIGHT }))).toBe(
      '410 SECRET_EXPIRED',
    );
  });

  test('is for who holds the key', async () => {
    const { made, call } = harness();
    const id = await made(VERSION_2);
    const status = (headers: Record<string, string>) =>
      refusal(call('GET', `/api/secrets/${id}/status`, { headers }));
    expect(await status({})).toBe('403 PROOF_REQUIRED');
    expect(await status({ 'zephr-proof': WRONG_PROOF })).toBe('403 WRONG_KEY');
    expect(await status({ 'zephr-proof': 'short' })).toBe('400 INVALID_PROOF');
  });

  test('is not for version 1, and says why', async () => {
    const { made, call } = harness();
    const response = await call('GET', `/api/secrets/${await made()}/status`, { headers: RIGHT });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      error: { code: 'PROOF_REQUIRED', message: 'a version 1 secret has no proof: it can only be read' },
    });
  });

  test('is 404 for an unknown id', async () => {
    const { call } = harness();
    const path = `/api/secrets/${'x'.repeat(22)}/status`;
    expect(await refusal(call('GET', path, { headers: RIGHT }))).toBe('404 SECRET_NOT_FOUND');
  });
});
