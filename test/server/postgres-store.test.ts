/** The PostgreSQL store keeps the contract, also for several processes on one schema, and over restarts. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import { openPostgresStore } from '../../src/server/store/postgres/open.js';
import { MIGRATIONS } from '../../src/server/store/postgres/schema.js';
import type { PostgresStore } from '../../src/server/store/postgres/store.js';
import { chunkOf, newUpload } from '../support/chunks.js';
import { generator } from '../support/generator.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { newSchema, type Schema, waitingForLocks, withoutPostgres } from '../support/postgres.js';
import { RIGHT, recordOf, revoke, take, WRONG } from '../support/reading.js';
import { describeStoreContract } from './store-contract.js';

/** Room for what the contract asks for at once. */
const LIMITS = { connections: 8, operations: 10_000, patienceMs: 30_000 };
const HOUR = 60 * 60_000;

describe.skipIf(withoutPostgres)(`the PostgreSQL store alone${withoutPostgres}`, () => {
  // One for all: making its tables takes longer than most of these tests.
  let schema: Schema;
  beforeAll(async () => {
    schema = await newSchema();
  });
  afterAll(async () => {
    await schema.drop();
  });

  describeStoreContract(async () => {
    await schema.empty();
    return openPostgresStore(schema.store, 'salt', LIMITS);
  });
});

describe.skipIf(withoutPostgres)(`the PostgreSQL store${withoutPostgres}`, () => {
  let schema: Schema;
  beforeEach(async () => {
    schema = await newSchema();
  });
  afterEach(async () => {
    await schema.drop();
  });

  test('keeps what it keeps over a restart', async () => {
    const before = await openPostgresStore(schema.store, 'first salt');
    const [waiting, claimed, read] = [newSecret(), newSecret(), newSecret()];
    await Promise.all([waiting, claimed, read].map((secret) => before.secrets.create(secret)));
    await take(before, claimed.id, 'claim', NOW);
    await take(before, read.id, null, NOW);
    await before.close();

    const after = await openPostgresStore(schema.store, 'second salt');
    expect(after.callerSalt).toBe('first salt');
    expect(await take(after, waiting.id, null, NOW)).toMatchObject({ blob: waiting.blob });
    expect(await take(after, claimed.id, 'claim', NOW)).toMatchObject({ blob: claimed.blob });
    expect(await take(after, read.id, null, NOW)).toBeNull();
    await after.close();
  });

  test('tells copies of a chunk that waited for each other from other chunks', async () => {
    const store = await openPostgresStore(`${schema.store}&application_name=${schema.name}`, 'salt', LIMITS);
    const upload = newUpload({ maxBytes: CHUNK_BYTES + 484 });
    await store.chunks.beginUpload(upload);
    await store.chunks.putChunk(upload.id, 0, chunkOf(0, SEALED_CHUNK_BYTES), NOW);
    const copies = await schema.sql.begin(async (sql) => {
      await sql`SELECT FROM uploads WHERE id = ${upload.id} FOR UPDATE`;
      // The last of them is short, and the stream has no room for it twice.
      const puts = Array.from({ length: 4 }, () => store.chunks.putChunk(upload.id, 1, chunkOf(1, 500), NOW));
      await expect.poll(() => waitingForLocks(schema)).toBe(puts.length);
      return () => Promise.all(puts);
    });
    expect((await copies()).toSorted()).toEqual(['kept', 'present', 'present', 'present']);
    await store.close();
  });

  test('is made once by many that start at the same time', async () => {
    const opened = await Promise.all(
      Array.from({ length: 8 }, (_, index) => openPostgresStore(schema.store, `salt ${index}`)),
    );
    expect(new Set(opened.map(({ callerSalt }) => callerSalt)).size).toBe(1);
    await Promise.all(opened.map((store) => store.close()));
  });

  test('of the first version is brought up to date by several that start at once', async () => {
    const [first = ''] = MIGRATIONS;
    await schema.sql.unsafe(first);
    await schema.sql`CREATE TABLE zephr (name TEXT PRIMARY KEY, value TEXT NOT NULL)`;
    await schema.sql`INSERT INTO zephr VALUES ('schema_version', '1'), ('caller_salt', 'old salt')`;
    await schema.sql`
      INSERT INTO outbox (event, secret_id, url, host, callback_secret, occurred_at, appended_at, due_at)
      VALUES ('secret.revoked', 'id', 'https://example.com/', 'example.com', 'shh', 1, 1, 1)`;
    const stores = await Promise.all([1, 2, 3].map(() => openPostgresStore(schema.store, 'new salt')));
    expect(stores.map(({ callerSalt }) => callerSalt)).toEqual(stores.map(() => 'old salt'));
    expect(await stores[0]?.outbox.leaseEvents(NOW, 8, 10, { hosts: [], callers: [] })).toMatchObject([
      { name: 'secret.revoked' },
    ]);
    expect(await schema.sql`SELECT value FROM zephr WHERE name = 'schema_version'`).toEqual([
      { value: String(MIGRATIONS.length) },
    ]);
    expect(await schema.sql`SELECT to_regclass('outbox_appended') IS NOT NULL AS made`).toEqual([
      { made: true },
    ]);
    await Promise.all(stores.map((store) => store.close()));
  });

  describe('with several processes', () => {
    let stores: PostgresStore[];
    beforeEach(async () => {
      stores = await Promise.all([1, 2, 3].map(() => openPostgresStore(schema.store, 'salt', LIMITS)));
    });
    afterEach(async () => {
      await Promise.all(stores.map((store) => store.close()));
    });
    /** Store number `index`, counted round and round. */
    const nth = (index: number) => stores[index % stores.length]!;

    test.each([1, 3])('hands out exactly %i views', async (views) => {
      const secret = newSecret({ views });
      await nth(0).secrets.create(secret);
      const takers = Array.from({ length: 60 }, (_, i) =>
        take(nth(i), secret.id, i % 2 ? null : `claim-${i}`, NOW),
      );
      expect((await Promise.all(takers)).filter((taken) => taken !== null)).toHaveLength(views);
    });

    test('gives a claim that asks everywhere at once its one view everywhere', async () => {
      for (let round = 0; round < 20; round += 1) {
        const secret = newSecret({ views: 1 + (round % 2) });
        await nth(0).secrets.create(secret);
        const taken = await Promise.all(
          Array.from({ length: 12 }, (_, i) => take(nth(i), secret.id, 'claim', NOW)),
        );
        expect(taken.map((view) => view?.blob)).toEqual(taken.map(() => secret.blob));
        expect(await recordOf(nth(round), secret.id, NOW)).toMatchObject({ viewsLeft: secret.views - 1 });
      }
    });

    test('leaves a claim its bytes when others take the last views for good at the same time', async () => {
      for (let round = 0; round < 30; round += 1) {
        const secret = newSecret({ views: 3 });
        await nth(0).secrets.create(secret);
        const [mine] = await Promise.all([
          take(nth(0), secret.id, 'claim', NOW),
          ...Array.from({ length: 5 }, (_, i) => take(nth(i + 1), secret.id, null, NOW)),
        ]);
        const again = await take(nth(1), secret.id, 'claim', NOW + 1);
        expect(again?.blob).toEqual(mine?.blob);
      }
    });

    test('leaves one of two claims its bytes when the other is acknowledged at the same time', async () => {
      for (let round = 0; round < 30; round += 1) {
        const secret = newSecret({ views: 2 });
        await nth(0).secrets.create(secret);
        await take(nth(0), secret.id, 'one', NOW);
        const [, two] = await Promise.all([
          nth(1).secrets.acknowledge(secret.id, 'one', NOW + 1),
          take(nth(2), secret.id, 'two', NOW + 1),
          nth(0).purge(NOW + 1),
        ]);
        expect(two?.blob).toEqual(secret.blob);
        expect((await take(nth(1), secret.id, 'two', NOW + 2))?.blob).toEqual(secret.blob);
      }
    });

    test('destroys at once what all its claims acknowledge at the same time', async () => {
      const secret = newSecret({ views: 6 });
      await nth(0).secrets.create(secret);
      const claims = Array.from({ length: 6 }, (_, i) => `claim-${i}`);
      await Promise.all(claims.map((claim, i) => take(nth(i), secret.id, claim, NOW)));
      await Promise.all(claims.map((claim, i) => nth(i).secrets.acknowledge(secret.id, claim, NOW + 1)));
      expect(await schema.sql`SELECT id FROM ciphertexts`).toHaveLength(0);
    });

    test('makes one secret of creates with one idempotency key, and counts it once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const idempotency = { key: `key-${round}`, bodyHash: 'hash' };
        const quota = { counter: `round-${round}`, limit: 5, endsAt: NOW + HOUR };
        const outcomes = await Promise.all(
          Array.from({ length: 12 }, (_, i) => nth(i).secrets.create(newSecret({ idempotency, quota }))),
        );
        expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
          'created',
          ...Array<string>(11).fill('replayed'),
        ]);
        const [count] = await schema.sql`SELECT used FROM counts WHERE counter = ${quota.counter}`;
        expect(count).toEqual({ used: 1 });
      }
    });

    test('makes one secret anew of creates with one idempotency key that has become free', async () => {
      const idempotency = { key: 'key', bodyHash: 'hash' };
      await nth(0).secrets.create(newSecret({ idempotency, expiresAt: NOW + 72 * HOUR }));
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          nth(i).secrets.create(newSecret({ idempotency, createdAt: NOW + 24 * HOUR })),
        ),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(11);
    });

    test('judges no more than ten wrong passphrases', async () => {
      const linkProofHash = 'l'.repeat(43);
      const secret = newSecret({ linkProofHash, views: 100 });
      await nth(0).secrets.create(secret);
      const answers = await Promise.all(
        Array.from({ length: 90 }, (_, i) =>
          nth(i).secrets.consume(secret.id, null, { ...(i % 3 ? WRONG : RIGHT), linkProofHash }, NOW),
        ),
      );
      expect(answers.filter(({ outcome }) => outcome === 'wrong passphrase')).toHaveLength(10);
    });

    test('purges each secret once, and tells of each once, however many purge', async () => {
      const callback = { url: 'https://example.com/', secret: 'shh' };
      await Promise.all(
        Array.from({ length: 900 }, (_, i) => nth(i).secrets.create(newSecret({ callback }))),
      );
      const purged = await Promise.all(stores.map((store) => store.purge(NOW + HOUR)));
      expect(purged.reduce((sum, { destroyed }) => sum + destroyed, 0)).toBe(900);
      expect(await schema.sql`SELECT id FROM outbox`).toHaveLength(900);
      const forgotten = await Promise.all(stores.map((store) => store.purge(NOW + HOUR + TOMBSTONE_MS)));
      expect(forgotten.reduce((sum, purge) => sum + purge.forgotten, 0)).toBe(900);
    });

    test('keeps its word whatever comes together', async () => {
      const random = generator(7);
      for (let round = 0; round < 60; round += 1) {
        const views = 1 + Math.floor(random() * 3);
        const secret = newSecret({ views, callback: { url: 'https://example.com/', secret: 'shh' } });
        await nth(round).secrets.create(secret);
        const blobs: (Uint8Array | undefined)[] = [];
        const claimed = new Map<string, boolean>();
        let revoked = false;
        const acts = [
          async (store: PostgresStore) => {
            blobs.push((await take(store, secret.id, null, NOW + 1))?.blob);
          },
          async (store: PostgresStore) => {
            const claim = `claim-${Math.floor(random() * 3)}`;
            const blob = (await take(store, secret.id, claim, NOW + 1))?.blob;
            if (blob !== undefined && !claimed.has(claim)) claimed.set(claim, false);
            if (blob !== undefined) expect(blob).toEqual(secret.blob);
          },
          async (store: PostgresStore) => {
            const claim = `claim-${Math.floor(random() * 3)}`;
            claimed.set(claim, true);
            await store.secrets.acknowledge(secret.id, claim, NOW + 2);
          },
          async (store: PostgresStore) => {
            await store.purge(NOW + 2);
          },
          async (store: PostgresStore) => {
            if (random() > 0.1) return;
            revoked = true;
            await revoke(store, secret.id, NOW + 2);
          },
        ];
        await Promise.all(
          Array.from({ length: 20 }, (_, i) => acts[Math.floor(random() * acts.length)]!(nth(i))),
        );
        const given = blobs.filter((blob) => blob !== undefined);
        const record = await recordOf(nth(0), secret.id, NOW);
        const [row] = await schema.sql<{ claims: number }[]>`
          SELECT cardinality(array_remove(claims, '')) AS claims FROM secrets WHERE id = ${secret.id}`;
        expect(given.length + (row?.claims ?? 0)).toBe(views - (record?.viewsLeft ?? 0));
        for (const [claim, acknowledged] of claimed) {
          if (acknowledged || revoked) continue;
          expect((await take(nth(1), secret.id, claim, NOW + 3))?.blob).toEqual(secret.blob);
        }
        await nth(2).purge(NOW + HOUR + LEASE_MS);
        expect(await schema.sql`SELECT id FROM ciphertexts`).toHaveLength(0);
        expect(await schema.sql`SELECT id FROM outbox WHERE event = 'secret.consumed'`).toHaveLength(
          record?.firstReadAt === null ? 0 : 1,
        );
        await schema.sql`DELETE FROM outbox`;
      }
    });
  });
});
