/** What the API keys of every store are held to, with simulated time. Part of the store contract. */

import { describe, expect, test } from 'vitest';
import { isValidKey, type NewApiKey } from '../../src/server/store/contracts/keys.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW } from '../support/new-secret.js';

/** What is known of a key that nobody has shown yet. */
const UNUSED = { revokedAt: null, lastUse: null, refusals: null };

let made = 0;

/** Runs the contract on the store that `store` returns, a new one for each test. */
export function describeKeyContract(store: () => Store): void {
  /** A key, each with an id, a name and a hash of its own. */
  const newKey = (changes: Partial<NewApiKey> = {}): NewApiKey => {
    made += 1;
    const own = { id: `key_${made}`, name: `name-${made}`, hash: `hash-${made}` };
    return { ...own, tier: 'pro', createdAt: NOW, expiresAt: null, ...changes };
  };
  const keys = () => store().keys;

  describe('API keys', () => {
    test('are found by their hash, and tell all but that', async () => {
      const { hash, ...key } = newKey({ tier: 'dev' });
      expect(await keys().addKey({ hash, ...key })).toBe('added');
      expect(await keys().findKey(hash)).toEqual({ ...key, ...UNUSED });
      expect(await keys().findKey('no such hash')).toBeNull();
      expect(await keys().findKey(key.id)).toBeNull();
    });

    test('are listed in the order they came, revoked or not', async () => {
      const three = [newKey({ createdAt: NOW + 5 }), newKey(), newKey({ tier: 'free' })];
      for (const key of three) await keys().addKey(key);
      await keys().revokeKey(three[1]?.id ?? '', NOW + 9);
      const listed = await keys().listKeys();
      expect(listed.map(({ id }) => id)).toEqual(three.map(({ id }) => id));
      expect(listed.map(({ tier }) => tier)).toEqual(['pro', 'pro', 'free']);
      expect(listed.map(({ revokedAt }) => revokedAt)).toEqual([null, NOW + 9, null]);
      for (const key of listed) expect(key).not.toHaveProperty('hash');
    });

    test('of a new store are none', async () => {
      expect(await keys().listKeys()).toEqual([]);
    });

    test.each(['name', 'id'] as const)('are revoked by their %s, and found as such', async (what) => {
      const { hash, ...key } = newKey();
      await keys().addKey({ hash, ...key });
      const other = newKey();
      await keys().addKey(other);
      const revoked = { ...key, ...UNUSED, revokedAt: NOW + 1 };
      expect(await keys().revokeKey(key[what], NOW + 1)).toEqual(revoked);
      expect(await keys().findKey(hash)).toEqual(revoked);
      expect(await keys().findKey(other.hash)).toMatchObject({ revokedAt: null });
    });

    test('that are revoked again keep the time of the first', async () => {
      const key = newKey();
      await keys().addKey(key);
      await keys().revokeKey(key.name, NOW + 1);
      expect(await keys().revokeKey(key.name, NOW + 2)).toMatchObject({ id: key.id, revokedAt: NOW + 1 });
      expect(await keys().revokeKey(key.id, NOW + 3)).toMatchObject({ id: key.id, revokedAt: NOW + 1 });
    });

    test('that never were cannot be revoked', async () => {
      await keys().addKey(newKey());
      expect(await keys().revokeKey('nobody', NOW)).toBeNull();
    });

    test('share no name while they are valid', async () => {
      const first = newKey({ name: 'ci' });
      const second = newKey({ name: 'ci' });
      expect(await keys().addKey(first)).toBe('added');
      expect(await keys().addKey(second)).toBe('name taken');
      expect(await keys().findKey(second.hash)).toBeNull();
      await keys().revokeKey('ci', NOW + 1);
      expect(await keys().addKey(second)).toBe('added');
      expect(await keys().findKey(second.hash)).toMatchObject({ id: second.id });
    });

    test('of one name are revoked valid one first, and then it is the last that tells', async () => {
      const [first, second] = [newKey({ name: 'ci' }), newKey({ name: 'ci' })];
      await keys().addKey(first);
      await keys().revokeKey('ci', NOW + 1);
      await keys().addKey(second);
      expect(await keys().revokeKey('ci', NOW + 2)).toMatchObject({ id: second.id, revokedAt: NOW + 2 });
      expect(await keys().revokeKey('ci', NOW + 3)).toMatchObject({ id: second.id, revokedAt: NOW + 2 });
      expect(await keys().revokeKey(first.id, NOW + 3)).toMatchObject({ id: first.id, revokedAt: NOW + 1 });
    });

    test('added at once under one name are one', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, () => keys().addKey(newKey({ name: 'ci' }))),
      );
      expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1);
      expect(await keys().listKeys()).toHaveLength(1);
    });

    test('can expire, which is kept with them, and hold their names until they are revoked', async () => {
      const key = newKey({ name: 'ci', expiresAt: NOW + 5 });
      await keys().addKey(key);
      const found = await keys().findKey(key.hash);
      expect(found).toMatchObject({ expiresAt: NOW + 5 });
      expect([NOW + 4, NOW + 5].map((now) => found && isValidKey(found, now))).toEqual([true, false]);
      expect(await keys().addKey(newKey({ name: 'ci' }))).toBe('name taken');
      expect(await keys().revokeKey('ci', NOW + 9)).toMatchObject({ revokedAt: NOW + 9 });
      expect(await keys().addKey(newKey({ name: 'ci' }))).toBe('added');
    });

    test('tell of their latest use, in whatever order processes tell of them', async () => {
      const [key, other] = [newKey(), newKey()];
      for (const one of [key, other]) await keys().addKey(one);
      const seenAt = async (at: number, network: string) =>
        keys().recordKeyUse(key.id, { use: { at, network }, refusals: null });
      await seenAt(NOW + 5, '192.0.2.0/24');
      expect(await keys().findKey(key.hash)).toMatchObject({
        lastUse: { at: NOW + 5, network: '192.0.2.0/24' },
      });
      await seenAt(NOW + 1, '198.51.100.0/24');
      expect(await keys().findKey(key.hash)).toMatchObject({
        lastUse: { at: NOW + 5, network: '192.0.2.0/24' },
      });
      await seenAt(NOW + 9, '2001:db8::/48');
      const [listed] = await keys().listKeys();
      expect(listed).toMatchObject({ lastUse: { at: NOW + 9, network: '2001:db8::/48' }, refusals: null });
      expect(await keys().findKey(other.hash)).toMatchObject({ lastUse: null });
    });

    test('tell how often they were refused in all, and where from the last time', async () => {
      const key = newKey();
      await keys().addKey(key);
      const refused = async (at: number, network: string, count: number) =>
        keys().recordKeyUse(key.id, { use: null, refusals: { at, network, count } });
      await refused(NOW + 5, '192.0.2.0/24', 2);
      await refused(NOW + 1, '198.51.100.0/24', 1);
      expect(await keys().findKey(key.hash)).toMatchObject({
        refusals: { at: NOW + 5, network: '192.0.2.0/24', count: 3 },
        lastUse: null,
      });
      await refused(NOW + 6, '203.0.113.0/24', 1);
      await keys().recordKeyUse(key.id, { use: { at: NOW, network: '192.0.2.0/24' }, refusals: null });
      expect(await keys().findKey(key.hash)).toMatchObject({
        refusals: { at: NOW + 6, network: '203.0.113.0/24', count: 4 },
        lastUse: { at: NOW },
      });
    });

    test('that are unknown take no notes', async () => {
      await keys().recordKeyUse('key_nobody', { use: { at: NOW, network: '192.0.2.0/24' }, refusals: null });
      expect(await keys().listKeys()).toEqual([]);
    });

    test('stay through a purge', async () => {
      const key = newKey();
      await keys().addKey(key);
      await store().purge(NOW + 400 * 24 * 60 * 60_000);
      expect(await keys().findKey(key.hash)).not.toBeNull();
    });
  });
}
