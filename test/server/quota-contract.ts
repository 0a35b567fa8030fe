/** What the quotas of every store are held to, with simulated time. Part of the store contract. */

import { describe, expect, test } from 'vitest';
import type { Quota } from '../../src/server/store/contracts/quotas.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { recordOf, take } from '../support/reading.js';

const MINUTE = 60_000;

/** Runs the contract on the store that `store` returns, a new one for each test. */
export function describeQuotaContract(store: () => Store): void {
  /** A quota of 3 until a minute from NOW. */
  const quota = (changes: Partial<Quota> = {}): Quota => ({
    counter: 'somebody minute',
    limit: 3,
    endsAt: NOW + MINUTE,
    ...changes,
  });

  const create = async (changes: Partial<NewSecret> = {}) =>
    (await store().secrets.create(newSecret({ quota: quota(), ...changes }))).outcome;

  /** Creates one after the other until one is not created, and says how many were. */
  async function createAll(changes: Partial<NewSecret> = {}): Promise<number> {
    let count = 0;
    while (count < 100 && (await create(changes)) === 'created') count += 1;
    return count;
  }

  describe('quotas', () => {
    test('let through as many creates as there are, and nothing is kept of the next', async () => {
      expect(await createAll()).toBe(3);
      const refused = newSecret({ quota: quota() });
      expect(await store().secrets.create(refused)).toEqual({ outcome: 'limited' });
      expect(await recordOf(store(), refused.id, NOW)).toBeNull();
      expect(await take(store(), refused.id, null, NOW)).toBeNull();
    });

    test('tell how much of them is used, by when they end', async () => {
      const end = NOW + MINUTE;
      expect(await store().quotas.usage(end)).toEqual(new Map());
      expect(await createAll()).toBe(3);
      await create({ quota: quota({ counter: 'else minute' }) });
      await create({ quota: quota({ endsAt: end + 1 }) });
      expect(await store().quotas.usage(end)).toEqual(
        new Map([
          ['somebody minute', 3],
          ['else minute', 1],
        ]),
      );
      await store().purge(end);
      expect(await store().quotas.usage(end)).toEqual(new Map());
      expect(await store().quotas.usage(end + 1)).toEqual(new Map([['somebody minute', 1]]));
    });

    test('do not concern who has none', async () => {
      expect(await createAll()).toBe(3);
      expect(await create({ quota: null })).toBe('created');
    });

    test('count each counter and each window for itself', async () => {
      expect(await createAll()).toBe(3);
      expect(await createAll({ quota: quota({ counter: 'somebody day', limit: 5 }) })).toBe(5);
      expect(await createAll({ quota: quota({ endsAt: NOW + 2 * MINUTE }) })).toBe(3);
      expect(await create()).toBe('limited');
    });

    test('can be raised and lowered while they are counted', async () => {
      expect(await createAll()).toBe(3);
      expect(await createAll({ quota: quota({ limit: 5 }) })).toBe(2);
      expect(await create({ quota: quota({ limit: 1 }) })).toBe('limited');
    });

    test('let exactly 50 of 64 creates at once through', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 64 }, () => create({ quota: quota({ limit: 50 }) })),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(50);
      expect(outcomes.filter((outcome) => outcome === 'limited')).toHaveLength(14);
    });

    test('run out in the middle of what callers create in one turn, for each in order', async () => {
      const limits = [7, 12, 100];
      const turn = Array.from({ length: 50 }, (_, index) => {
        const limit = limits[index % 4];
        const caller = `caller ${index % 4}`;
        return create({ caller, quota: limit === undefined ? null : quota({ counter: caller, limit }) });
      });
      const outcomes = await Promise.all(turn);
      const of = (caller: number) => outcomes.filter((_, index) => index % 4 === caller);
      expect(of(0)).toEqual([...Array<string>(7).fill('created'), ...Array<string>(6).fill('limited')]);
      expect(of(1)).toEqual([...Array<string>(12).fill('created'), 'limited']);
      expect(of(2)).toEqual(Array<string>(12).fill('created'));
      expect(of(3)).toEqual(Array<string>(12).fill('created'));
      expect(await store().quotas.usage(NOW + MINUTE)).toEqual(
        new Map([
          ['caller 0', 7],
          ['caller 1', 12],
          ['caller 2', 12],
        ]),
      );
    });

    test('do not count what was made or refused before in the same turn', async () => {
      const idempotency = { key: 'key', bodyHash: 'hash' };
      const other = { key: 'key', bodyHash: 'other hash' };
      const turn = [{ idempotency }, { idempotency }, { idempotency: other }, {}, {}, {}, { idempotency }];
      expect(await Promise.all(turn.map(create))).toEqual([
        'created',
        'replayed',
        'conflict',
        'created',
        'created',
        'limited',
        'replayed',
      ]);
      expect(await store().quotas.usage(NOW + MINUTE)).toEqual(new Map([['somebody minute', 3]]));
    });

    test('do not count a replay, and do not refuse it', async () => {
      const idempotency = { key: 'key', bodyHash: 'hash' };
      expect(await create({ idempotency })).toBe('created');
      for (let count = 1; count <= 5; count += 1) expect(await create({ idempotency })).toBe('replayed');
      expect(await createAll()).toBe(2);
      expect(await create({ idempotency })).toBe('replayed');
    });

    test('count one of many creates at once that have one idempotency key', async () => {
      const idempotency = { key: 'key', bodyHash: 'hash' };
      await Promise.all(Array.from({ length: 20 }, () => create({ idempotency })));
      expect(await createAll()).toBe(2);
    });

    test('do not count a conflict', async () => {
      expect(await create({ idempotency: { key: 'key', bodyHash: 'hash' } })).toBe('created');
      const other = { key: 'key', bodyHash: 'other hash' };
      for (let count = 1; count <= 5; count += 1)
        expect(await create({ idempotency: other })).toBe('conflict');
      expect(await createAll()).toBe(2);
    });

    test('leave the idempotency key of a refused create unused', async () => {
      const idempotency = { key: 'key', bodyHash: 'hash' };
      expect(await createAll()).toBe(3);
      expect(await create({ idempotency })).toBe('limited');
      const next = { quota: quota({ endsAt: NOW + 2 * MINUTE }), createdAt: NOW + MINUTE };
      expect(await create({ idempotency, ...next })).toBe('created');
    });

    test('are forgotten by a purge when they end, and not before', async () => {
      expect(await createAll()).toBe(3);
      await store().purge(NOW + MINUTE - 1);
      expect(await create()).toBe('limited');
      await store().purge(NOW + MINUTE);
      expect(await createAll()).toBe(3);
    });

    test('are forgotten however many there are, but none that is still counted', async () => {
      const counters = Array.from({ length: 2_500 }, (_, i) => quota({ counter: `${i} minute`, limit: 1 }));
      const lasting = quota({ counter: '0 day', limit: 1, endsAt: NOW + 2 * MINUTE });
      const all = [...counters, lasting];
      await Promise.all(all.map((one) => create({ quota: one })));
      expect(await store().purge(NOW + MINUTE)).toEqual({ destroyed: 0, forgotten: 0 });
      expect(await create({ quota: lasting })).toBe('limited');
      const outcomes = await Promise.all(counters.map((one) => create({ quota: one })));
      expect(outcomes.filter((outcome) => outcome !== 'created')).toEqual([]);
    });
  });
}
