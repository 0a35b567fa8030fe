/** What a server notes of API keys: their uses and refusals, and how seldom it tells the store. */

import { describe, expect, test, vi } from 'vitest';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import type { SeenOfKey } from '../../src/server/store/contracts/keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { KeyUses } from '../../src/server/telemetry/key-uses.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { NOW } from '../support/new-secret.js';
import { ASKED, harness, PROOF, refusal, VERSION_2 } from './harness.js';

const MINUTE = 60_000;

/** Uses over a store that only writes down what it is told. */
function recorded(fails = false) {
  const told: [string, SeenOfKey][] = [];
  const lines: string[] = [];
  const clock = { now: NOW };
  const recordKeyUse = async (id: string, seen: SeenOfKey) => {
    told.push([id, seen]);
    if (fails) throw new Error('away');
  };
  const log = createLog(
    (line) => lines.push(line),
    () => clock.now,
  );
  return { told, lines, clock, uses: new KeyUses({ recordKeyUse }, log, () => clock.now) };
}

describe('the uses of a key', () => {
  test('are told once a minute, however many there are', async () => {
    const { told, clock, uses } = recorded();
    for (let use = 0; use < 1_000; use += 1) {
      clock.now += 100;
      uses.used('key_a', '192.0.2.77');
    }
    expect(told.map(([, { use }]) => use?.at)).toEqual([NOW + 100, NOW + 100 + MINUTE]);
    uses.used('key_b', '2001:db8:1:2::3');
    expect(told[2]).toEqual([
      'key_b',
      { use: { at: clock.now, network: '2001:db8:1::/48' }, refusals: null },
    ]);
  });

  test('that were not told yet are told by a flush: when they are due, or all of them', async () => {
    const { told, clock, uses } = recorded();
    uses.used('key_a', '192.0.2.77');
    clock.now += 1;
    uses.used('key_a', '198.51.100.7');
    await uses.flush('due');
    expect(told).toHaveLength(1);
    clock.now += MINUTE;
    await uses.flush('due');
    expect(told[1]).toEqual(['key_a', { use: { at: NOW + 1, network: '198.51.100.0/24' }, refusals: null }]);
    await uses.flush('due');
    await uses.flush();
    expect(told).toHaveLength(2);
    uses.used('key_a', '192.0.2.77');
    await uses.flush();
    expect(told).toHaveLength(3);
  });

  test('are no reason for a request to fail', async () => {
    const { told, lines, clock, uses } = recorded(true);
    uses.used('key_a', '192.0.2.77');
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', event: 'use of a key not noted' });
    expect(lines[0]).not.toContain('key_a');
    // Nor for a store that is away to be asked at each request.
    clock.now += 1;
    uses.used('key_a', '192.0.2.77');
    expect(told).toHaveLength(1);
  });

  test('are told after a clock was set back, too', () => {
    const { told, clock, uses } = recorded();
    uses.used('key_a', '192.0.2.77');
    clock.now -= 60 * MINUTE;
    uses.used('key_a', '192.0.2.77');
    expect(told).toHaveLength(2);
  });
});

test('refusals are counted until they are told', async () => {
  const { told, uses } = recorded();
  for (let refused = 0; refused < 5; refused += 1) uses.refused('key_a', '192.0.2.77');
  await uses.flush();
  expect(told.map(([, { refusals }]) => refusals)).toEqual([
    { at: NOW, network: '192.0.2.0/24', count: 1 },
    { at: NOW, network: '192.0.2.0/24', count: 4 },
  ]);
});

describe('a server', () => {
  async function withKey(expiresAt: number | null = null) {
    const store = new MemoryStore('salt');
    const h = harness(store);
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'pro', expiresAt }, NOW);
    const kept = async () => (await store.keys.listKeys())[0];
    return { store, h, headers: { authorization: `Bearer ${key}` }, kept };
  }

  /** Every request that takes an API key, or checks one that it does not need. */
  const REQUESTS: [string, string, object?][] = [
    ['POST', '/api/secrets', { encrypted_blob: 'AAAA', expiry: 60, split_url_mode: false }],
    ['GET', '/api/secrets'],
    ['GET', '/api/stats'],
    ['GET', '/api/requests'],
    ['POST', '/api/requests', ASKED],
    ['POST', '/api/uploads', {}],
    ['GET', '/api/health'],
    ['GET', `/api/secrets/${'x'.repeat(22)}`],
    ['GET', `/api/secrets/${'x'.repeat(22)}/status`],
    ['DELETE', `/api/secrets/${'x'.repeat(22)}`],
    ['DELETE', `/api/requests/${'x'.repeat(22)}`],
  ];

  test.each(REQUESTS)(
    'notes the use of a key, and refuses it once it has expired: %s %s',
    async (method, path, body) => {
      const { h, headers, kept } = await withKey(NOW + 10 * MINUTE);
      const sent = {
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      };
      await h.call(method, path, sent);
      expect(await kept()).toMatchObject({ lastUse: { at: NOW, network: '192.0.2.0/24' }, refusals: null });
      h.clock.now += 10 * MINUTE - 1;
      expect((await h.call(method, path, sent)).status).not.toBe(401);
      h.clock.now += MINUTE;
      const response = await h.call(method, path, { ...sent, address: '2001:db8:1:2::3' });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.clone().text()).toContain('the API key has expired');
      expect(await refusal(response)).toBe('401 INVALID_API_KEY');
      expect(await kept()).toMatchObject({
        lastUse: { at: NOW + 10 * MINUTE - 1 },
        refusals: { at: h.clock.now, network: '2001:db8:1::/48', count: 1 },
      });
    },
  );

  test('uses up nothing for a key that has expired, and tells one that was revoked so', async () => {
    const { store, h, headers, kept } = await withKey(NOW + MINUTE);
    const id = await h.made(VERSION_2);
    h.clock.now += MINUTE;
    expect(await refusal(h.read(id, { ...headers, 'zephr-proof': PROOF }))).toBe('401 INVALID_API_KEY');
    await store.keys.revokeKey('ci', h.clock.now);
    const response = await h.read(id, { ...headers, 'zephr-proof': PROOF });
    expect(await response.text()).toContain('the API key was revoked');
    expect((await h.read(id, { 'zephr-proof': PROOF })).status).toBe(200);
    expect(await kept()).toMatchObject({ lastUse: null });
  });

  test('tells nobody else what has become of a key', async () => {
    const { h } = await withKey();
    const headers = { authorization: `Bearer zeph_${'x'.repeat(40)}` };
    const response = await h.call('GET', '/api/stats', { headers });
    expect(await response.text()).toContain('the API key is not one of this server');
  });
});
