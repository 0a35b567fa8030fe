/** Creates of one turn share a statement in PostgreSQL: what each of them may rely on, whatever happens to the others. */

import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { openPostgresStore } from '../../src/server/store/postgres/open.js';
import { generator } from '../support/generator.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { newSchema, openWire, type Schema, waitingForLocks, withoutPostgres } from '../support/postgres.js';
import { recordOf } from '../support/reading.js';

const HOUR = 60 * 60_000;
const LIMITS = { connections: 4, operations: 1_000, patienceMs: 10_000 };

describe.skipIf(withoutPostgres)(`creates of one turn in PostgreSQL${withoutPostgres}`, () => {
  let schema: Schema;
  beforeEach(async () => {
    schema = await newSchema();
  });
  afterEach(async () => {
    await schema.drop();
  });

  const open = async (address = schema.store) => {
    const store = await openPostgresStore(address, 'salt', LIMITS);
    onTestFinished(() => store.close());
    return store;
  };

  const quotaOf = (counter: string, limit: number) => ({ counter, limit, endsAt: NOW + HOUR });

  /** The ids of the secrets that are there, each with its ciphertext. */
  async function kept(): Promise<Set<string>> {
    const rows = await schema.sql<{ id: string }[]>`SELECT id FROM secrets JOIN ciphertexts USING (id)`;
    return new Set(rows.map(({ id }) => id));
  }

  test('share one transaction', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 50 }, () => store.secrets.create(newSecret())));
    const rows = await schema.sql`SELECT xmin::text FROM secrets`;
    expect(rows).toHaveLength(50);
    expect(new Set(rows.map(({ xmin }) => xmin)).size).toBe(1);
  });

  test('share transactions also where there are more than fit one', async () => {
    const store = await open();
    const large = Array.from({ length: 8 }, () => newSecret({ blob: new Uint8Array(500_000) }));
    const small = Array.from({ length: 500 }, () => newSecret());
    const outcomes = await Promise.all([...large, ...small].map((secret) => store.secrets.create(secret)));
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(508);
    expect((await kept()).size).toBe(508);
    const [row] = await schema.sql`SELECT COUNT(DISTINCT xmin::text)::int AS transactions FROM secrets`;
    expect(row?.transactions).toBeLessThan(40);
  });

  test.each<[string, Partial<NewSecret>]>([
    ['whose hint PostgreSQL cannot keep', { hint: 'a\0b' }],
    ['whose callback is no URL', { callback: { url: 'nowhere', secret: 'shh' } }],
    ['with a number that is too large', { views: 1e12 }],
  ])('do not fail with one %s', async (_what, changes) => {
    const store = await open();
    const turn = [newSecret(), newSecret(changes), newSecret()];
    const results = await Promise.allSettled(turn.map((secret) => store.secrets.create(secret)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await kept()).toEqual(new Set([turn[0]?.id, turn[2]?.id]));
  });

  test('do not fail with one whose id is taken', async () => {
    const store = await open();
    const taken = newSecret({ quota: quotaOf('unlucky', 5) });
    await store.secrets.create(taken);
    const turn = [newSecret(), newSecret({ id: taken.id, quota: taken.quota }), newSecret(), newSecret()];
    const results = await Promise.allSettled(turn.map((secret) => store.secrets.create(secret)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: expect.any(StoreError) });
    expect((await kept()).size).toBe(4);
    expect(await store.quotas.usage(NOW + HOUR)).toEqual(new Map([['unlucky', 1]]));
  });

  test('do not all wait for one whose quota somebody else has locked, and none fails', async () => {
    const store = await open();
    const heldQuota = quotaOf('held', 5);
    await store.secrets.create(newSecret({ quota: heldQuota }));
    const outcomes = await schema.sql.begin(async (sql) => {
      await sql`SELECT used FROM counts WHERE counter = 'held' FOR UPDATE`;
      const held = store.secrets.create(newSecret({ quota: heldQuota }));
      const others = Array.from({ length: 20 }, (_, i) =>
        store.secrets.create(newSecret({ quota: quotaOf(`free ${i}`, 5) })),
      );
      // Nothing but the end of this transaction lets the held one through.
      await Promise.any(others);
      return () => Promise.all([held, ...others]);
    });
    for (const { outcome } of await outcomes()) expect(outcome).toBe('created');
    expect((await store.quotas.usage(NOW + HOUR)).get('held')).toBe(2);
    expect((await kept()).size).toBe(22);
  });

  test('are finished before the store is closed', async () => {
    const store = await openPostgresStore(schema.store, 'salt', LIMITS);
    const turn = Array.from({ length: 200 }, () => store.secrets.create(newSecret()));
    await store.close();
    await Promise.all(turn);
    expect((await kept()).size).toBe(200);
  });

  test('get what they would get one after the other', async () => {
    const store = await open();
    const model = new MemoryStore('salt');
    const random = generator(11);
    const pick = (count: number) => Math.floor(random() * count);
    for (let turn = 0; turn < 120; turn += 1) {
      const createdAt = NOW + turn * HOUR;
      const limits = Array.from({ length: 4 }, () => 1 + pick(12));
      const creates = Array.from({ length: 1 + pick(40) }, () => {
        const caller = pick(4);
        const idempotency = pick(2) === 0 ? null : { key: `key ${pick(30)}`, bodyHash: `hash ${pick(2)}` };
        // One that takes an old key over is decided last: where quotas run out, that is not its turn.
        const quota =
          turn >= 24 || pick(5) === 0
            ? null
            : {
                counter: `caller ${caller}`,
                limit: limits[caller]!,
                endsAt: NOW + HOUR * (turn - (turn % 3) + 3),
              };
        return newSecret({ caller: `caller ${caller}`, idempotency, quota, createdAt, views: 1 + pick(3) });
      });
      const [outcomes, expected] = await Promise.all(
        [store, model].map(({ secrets }) => Promise.all(creates.map((one) => secrets.create(one)))),
      );
      expect(outcomes).toEqual(expected);
      for (let end = NOW; end < NOW + 28 * HOUR; end += HOUR) {
        if (turn < 24) expect(await store.quotas.usage(end)).toEqual(await model.quotas.usage(end));
      }
    }
    for (const id of await kept()) expect(await recordOf(model, id, NOW)).not.toBeNull();
  });

  describe('in several processes', () => {
    test('count each quota exactly, also one that all begin to use at once', async () => {
      const stores = await Promise.all([1, 2, 3].map(() => open()));
      for (let round = 0; round < 25; round += 1) {
        const quotas = [quotaOf(`a ${round}`, 10), quotaOf(`b ${round}`, 1), quotaOf(`c ${round}`, 40)];
        const outcomes = await Promise.all(
          Array.from({ length: 90 }, async (_, i) => {
            // In each process in another order.
            const quota = quotas[(i + (i % 3) * Math.floor(i / 9)) % 3]!;
            const { outcome } = await stores[i % 3]!.secrets.create(newSecret({ quota }));
            return { outcome, quota };
          }),
        );
        const usage = await stores[0]!.quotas.usage(NOW + HOUR);
        for (const quota of quotas) {
          const mine = outcomes.filter((one) => one.quota === quota);
          const made = mine.filter(({ outcome }) => outcome === 'created').length;
          expect(made).toBe(Math.min(mine.length, quota.limit));
          expect(usage.get(quota.counter)).toBe(made);
        }
      }
    });

    test('keep one secret of each key, in whatever order they come', async () => {
      const stores = await Promise.all([1, 2, 3].map(() => open()));
      const random = generator(5);
      for (let round = 0; round < 15; round += 1) {
        const keys = Array.from({ length: 20 }, (_, i) => ({ key: `${round} ${i}`, bodyHash: 'hash' }));
        const outcomes = await Promise.all(
          stores.flatMap((store) =>
            [...keys]
              .sort(() => random() - 0.5)
              .map((idempotency) =>
                store.secrets.create(newSecret({ idempotency, quota: quotaOf(`round ${round}`, 100) })),
              ),
          ),
        );
        expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(20);
        expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(40);
        expect((await stores[0]!.quotas.usage(NOW + HOUR)).get(`round ${round}`)).toBe(20);
      }
    });
  });

  describe('whose connection is cut', () => {
    /** Starts creates of one turn, does something to them, and checks what each was told. */
    async function cut(
      store: Awaited<ReturnType<typeof open>>,
      creates: NewSecret[],
      strike: () => Promise<void>,
    ) {
      const results = Promise.allSettled(creates.map((secret) => store.secrets.create(secret)));
      await strike();
      const there = await results.then(async (all) => ({ all, ids: await kept() }));
      const failed = there.all.filter((result, index) => {
        if (result.status === 'fulfilled') {
          expect(result.value).toMatchObject({ outcome: 'created', id: creates[index]?.id });
          expect(there.ids).toContain(creates[index]?.id);
          return false;
        }
        expect(result.reason).toBeInstanceOf(StoreError);
        return true;
      });
      return failed.length;
    }

    const turnOf = (round: number) =>
      Array.from({ length: 50 }, (_, i) =>
        newSecret({
          idempotency: { key: `${round} ${i}`, bodyHash: 'hash' },
          quota: quotaOf(`caller ${i % 5}`, 100_000),
          blob: new Uint8Array(500),
        }),
      );

    test('are there and told so, or are told of the failure, and can be asked for again', async () => {
      const wire = await openWire();
      const store = await open(wire.over(schema.store));
      const sure = await open();
      let failed = 0;
      let rounds = 0;
      for (; rounds < 40; rounds += 1) {
        const creates = turnOf(rounds);
        failed += await cut(store, creates, async () => {
          for (let ticks = 0; ticks < rounds; ticks += 1) await setImmediate();
          wire.reset();
        });
        // What was under way may still be committed: to ask again with the same keys gives the same secrets.
        const again = await Promise.all(
          creates.map(({ idempotency, quota }) => sure.secrets.create(newSecret({ idempotency, quota }))),
        );
        expect(again.filter((one) => one.outcome === 'created' || one.outcome === 'replayed')).toHaveLength(
          50,
        );
        const ids = await kept();
        for (const one of again) expect('id' in one && ids.has(one.id)).toBe(true);
        expect(ids.size).toBe((rounds + 1) * 50);
      }
      expect(failed).toBeGreaterThan(0);
      const usage = await sure.quotas.usage(NOW + HOUR);
      expect([...usage.values()]).toEqual(Array<number>(5).fill(rounds * 10));
    });

    test('while PostgreSQL is busy with them are all told of the failure', async () => {
      const wire = await openWire();
      const store = await open(wire.over(`${schema.store}&application_name=${schema.name}`));
      await store.secrets.create(newSecret({ quota: quotaOf('caller 0', 100_000) }));
      const creates = turnOf(0);
      const failed = await schema.sql.begin(async (sql) => {
        await sql`SELECT used FROM counts WHERE counter = 'caller 0' FOR UPDATE`;
        return cut(store, creates, async () => {
          await expect.poll(() => waitingForLocks(schema)).toBeGreaterThan(0);
          wire.reset();
        });
      });
      expect(failed).toBe(50);
      const again = await Promise.all(
        creates.map(({ idempotency, quota }) => store.secrets.create(newSecret({ idempotency, quota }))),
      );
      expect(again.every((one) => one.outcome === 'created' || one.outcome === 'replayed')).toBe(true);
      expect((await kept()).size).toBe(51);
    });
  });
});
