/** What the API keys of every store are held to, with simulated time. Part of the store contract. */

import { describe, expect, test } from 'vitest';
import type { NewApiKey } from '../../src/server/store/contracts/keys.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW } from '../support/new-secret.js';

let made = 0;

/** Runs the contract on the store that `store` returns, a new one for each test. */
export function describeKeyContract(store: () => Store): void {
  /** A key, each with an id, a name and a hash of its own. */
  const newKey = (changes: Partial<NewApiKey> = {}): NewApiKey => {
    made += 1;
    const own = { id: `key_${made}`, name: `name-${made}`, hash: `hash-${made}` };
    return { ...own, tier: 'pro', createdAt: NOW, ...changes };
  };
  const keys = () => store().keys;

  describe('API keys', () => {
    test('are found by their hash, and tell all but that', async () => {
      const { hash, ...key } = newKey({ tier: 'dev' });
      expect(await keys().addKey({ hash, ...key })).toBe('added');
      expect(await keys().findKey(hash)).toEqual({ ...key, revokedAt: null });
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

    test.each(['name', 'id'] as const)('are revoked by their %s, and found no more', async (what) => {
      const { hash, ...key } = newKey();
      await keys().addKey({ hash, ...key });
      const other = newKey();
      await keys().addKey(other);
      expect(await keys().revokeKey(key[what], NOW + 1)).toEqual({ ...key, revokedAt: NOW + 1 });
      expect(await keys().findKey(hash)).toBeNull();
      expect(await keys().findKey(other.hash)).not.toBeNull();
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

    test('stay through a purge', async () => {
      const key = newKey();
      await keys().addKey(key);
      await store().purge(NOW + 400 * 24 * 60 * 60_000);
      expect(await keys().findKey(key.hash)).not.toBeNull();
    });
  });
}
