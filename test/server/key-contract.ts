/** What every store is held to when it keeps API keys. Part of the store contract. */

import { describe, expect, test } from 'vitest';
import type { NewApiKey } from '../../src/server/store/contracts/keys.js';
import type { Store } from '../../src/server/store/contracts/store.js';

export interface KeyContract {
  /** The store of the test under way. */
  readonly store: () => Store;
  /** When the tests take place. */
  readonly now: number;
}

let made = 0;

/** Runs the contract. */
export function describeKeyContract({ store, now }: KeyContract): void {
  /** A key, each with an id, a name and a hash of its own. */
  const newKey = (changes: Partial<NewApiKey> = {}): NewApiKey => {
    made += 1;
    const own = { id: `key_${made}`, name: `name-${made}`, hash: `hash-${made}` };
    return { ...own, tier: 'pro', createdAt: now, ...changes };
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
      const three = [newKey({ createdAt: now + 5 }), newKey(), newKey({ tier: 'free' })];
      for (const key of three) await keys().addKey(key);
      await keys().revokeKey(three[1]?.id ?? '', now + 9);
      const listed = await keys().listKeys();
      expect(listed.map(({ id }) => id)).toEqual(three.map(({ id }) => id));
      expect(listed.map(({ tier }) => tier)).toEqual(['pro', 'pro', 'free']);
      expect(listed.map(({ revokedAt }) => revokedAt)).toEqual([null, now + 9, null]);
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
      expect(await keys().revokeKey(key[what], now + 1)).toEqual({ ...key, revokedAt: now + 1 });
      expect(await keys().findKey(hash)).toBeNull();
      expect(await keys().findKey(other.hash)).not.toBeNull();
    });

    test('that are revoked again keep the time of the first', async () => {
      const key = newKey();
      await keys().addKey(key);
      await keys().revokeKey(key.name, now + 1);
      expect(await keys().revokeKey(key.name, now + 2)).toMatchObject({ id: key.id, revokedAt: now + 1 });
      expect(await keys().revokeKey(key.id, now + 3)).toMatchObject({ id: key.id, revokedAt: now + 1 });
    });

    test('that never were cannot be revoked', async () => {
      await keys().addKey(newKey());
      expect(await keys().revokeKey('nobody', now)).toBeNull();
    });

    test('share no name while they are valid', async () => {
      const first = newKey({ name: 'ci' });
      const second = newKey({ name: 'ci' });
      expect(await keys().addKey(first)).toBe('added');
      expect(await keys().addKey(second)).toBe('name taken');
      expect(await keys().findKey(second.hash)).toBeNull();
      await keys().revokeKey('ci', now + 1);
      expect(await keys().addKey(second)).toBe('added');
      expect(await keys().findKey(second.hash)).toMatchObject({ id: second.id });
    });

    test('of one name are revoked valid one first, and then it is the last that tells', async () => {
      const [first, second] = [newKey({ name: 'ci' }), newKey({ name: 'ci' })];
      await keys().addKey(first);
      await keys().revokeKey('ci', now + 1);
      await keys().addKey(second);
      expect(await keys().revokeKey('ci', now + 2)).toMatchObject({ id: second.id, revokedAt: now + 2 });
      expect(await keys().revokeKey('ci', now + 3)).toMatchObject({ id: second.id, revokedAt: now + 2 });
      expect(await keys().revokeKey(first.id, now + 3)).toMatchObject({ id: first.id, revokedAt: now + 1 });
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
      await store().purge(now + 400 * 24 * 60 * 60_000);
      expect(await keys().findKey(key.hash)).not.toBeNull();
    });
  });
}
