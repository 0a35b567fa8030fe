/** What the secrets of every store are held to, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { latin1, plain, recordOf, revoke, take } from '../support/reading.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeSecretContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  /** Keeps a secret and gives its id. */
  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret(changes);
    await store.secrets.create(secret);
    return secret.id;
  }

  const blobOf = async (id: string, claim: string | null, now = NOW) =>
    (await take(store, id, claim, now))?.blob ?? null;

  describe('create and find', () => {
    test('a record tells all that was asked for', async () => {
      const id = await keep({ version: 2, hint: 'db', views: 7 });
      expect(await recordOf(store, id, NOW)).toEqual({
        version: 2,
        gates: null,
        hint: 'db',
        views: 7,
        viewsLeft: 7,
        createdAt: NOW,
        expiresAt: NOW + HOUR,
        firstReadAt: null,
        revokedAt: null,
        destroyed: false,
        chunks: null,
        reads: [],
        wrongPassphrases: 0,
      });
    });

    test('whoever may know it already finds the same record', async () => {
      const id = await keep({ version: 2, hint: 'db', views: 7 });
      await take(store, id, null, NOW + MINUTE);
      const record = await recordOf(store, id, NOW + MINUTE);
      expect(record).not.toBeNull();
      expect(await store.secrets.record(id, NOW + MINUTE)).toEqual(record);
      expect(await store.secrets.record('unknown', NOW)).toBeNull();
      expect(await store.secrets.record(id, NOW + HOUR + TOMBSTONE_MS)).toBeNull();
    });

    test('a version 1 secret is read without a proof', async () => {
      const secret = newSecret({ version: 1, proofHash: null });
      await store.secrets.create(secret);
      const shown = { proofHash: null, linkProofHash: null };
      expect(await plain(store.secrets.consume(secret.id, null, shown, NOW))).toEqual({
        outcome: 'consumed',
        version: 1,
        blob: secret.blob,
        hint: null,
        viewsLeft: 0,
        purgeAt: NOW,
        chunks: null,
      });
    });

    test('an unknown id is null, and so is consuming it', async () => {
      expect(await recordOf(store, 'unknown', NOW)).toBeNull();
      expect(await take(store, 'unknown', null, NOW)).toBeNull();
    });

    test('a megabyte comes back as it was', async () => {
      const blob = Uint8Array.from({ length: 786_432 }, (_, index) => (index * index) >> 8);
      expect(latin1(await blobOf(await keep({ blob: blob.slice() }), null))).toBe(latin1(blob));
    });

    test('a callback is kept without trouble', async () => {
      const id = await keep({ callback: { url: 'https://example.com/', secret: 'shh' } });
      expect(await recordOf(store, id, NOW)).not.toBeNull();
    });
  });

  describe('idempotency', () => {
    const idempotency = { key: 'key-1', bodyHash: 'hash-1' };

    test('the same key and body give the first outcome again and keep nothing new', async () => {
      const first = newSecret({ idempotency, views: 3 });
      const second = newSecret({ idempotency, createdAt: NOW + MINUTE });
      const outcome = { id: first.id, version: 2, views: 3, expiresAt: first.expiresAt };
      expect(await store.secrets.create(first)).toEqual({ outcome: 'created', ...outcome });
      expect(await store.secrets.create(second)).toEqual({ outcome: 'replayed', ...outcome });
      expect(await recordOf(store, second.id, NOW)).toBeNull();
    });

    test('the outcome stays the same after the secret is read, revoked or expired', async () => {
      const first = newSecret({ idempotency });
      await store.secrets.create(first);
      await take(store, first.id, null, NOW);
      await store.purge(NOW + 2 * HOUR);
      const again = await store.secrets.create(newSecret({ idempotency, createdAt: NOW + 2 * HOUR }));
      expect(again).toMatchObject({ outcome: 'replayed', id: first.id });
    });

    test('another body is a conflict and keeps nothing', async () => {
      await keep({ idempotency });
      const other = newSecret({ idempotency: { key: 'key-1', bodyHash: 'hash-2' } });
      expect(await store.secrets.create(other)).toEqual({ outcome: 'conflict' });
      expect(await recordOf(store, other.id, NOW)).toBeNull();
    });

    test('another caller has keys of its own', async () => {
      await keep({ idempotency });
      const other = newSecret({ idempotency, caller: 'somebody else' });
      expect(await store.secrets.create(other)).toMatchObject({ outcome: 'created', id: other.id });
    });

    test('after 24 h the key is free again, while the first secret still waits', async () => {
      const first = newSecret({ idempotency, expiresAt: NOW + 7 * DAY });
      await store.secrets.create(first);
      const early = newSecret({ idempotency, createdAt: NOW + DAY - 1 });
      const late = newSecret({ idempotency: { key: 'key-1', bodyHash: 'hash-2' }, createdAt: NOW + DAY });
      expect(await store.secrets.create(early)).toMatchObject({ outcome: 'replayed', id: first.id });
      expect(await store.secrets.create(late)).toMatchObject({ outcome: 'created', id: late.id });
      expect(await blobOf(first.id, null)).toEqual(first.blob);
      expect(await blobOf(late.id, null, NOW + DAY)).toEqual(late.blob);
    });

    test('forgetting the first secret leaves the key to the second that took it over', async () => {
      await keep({ idempotency });
      const second = newSecret({ idempotency, createdAt: NOW + DAY, expiresAt: NOW + 3 * DAY });
      await store.secrets.create(second);
      await store.purge(NOW + HOUR + TOMBSTONE_MS);
      const third = newSecret({ idempotency, createdAt: NOW + DAY + 2 * HOUR });
      expect(await store.secrets.create(third)).toMatchObject({ outcome: 'replayed', id: second.id });
    });

    test('twins in one turn among others: the first is kept, and each gets its own answer', async () => {
      const other = { key: 'key-2', bodyHash: 'hash-2' };
      const creates = [
        newSecret({ idempotency, views: 3, hint: 'first' }),
        newSecret(),
        newSecret({ idempotency: other }),
        newSecret({ idempotency, createdAt: NOW + 1 }),
        newSecret({ idempotency, caller: 'somebody else' }),
        newSecret({ idempotency: { ...idempotency, bodyHash: 'hash-3' } }),
        newSecret({ idempotency: other }),
      ];
      const made = (index: number, outcome: string) => {
        const { id, version, views, expiresAt } = creates[index]!;
        return { outcome, id, version, views, expiresAt };
      };
      expect(await Promise.all(creates.map((create) => store.secrets.create(create)))).toEqual([
        made(0, 'created'),
        made(1, 'created'),
        made(2, 'created'),
        made(0, 'replayed'),
        made(4, 'created'),
        { outcome: 'conflict' },
        made(2, 'replayed'),
      ]);
      const kept = await Promise.all(creates.map(({ id }) => recordOf(store, id, NOW)));
      expect(kept.map((record) => record !== null)).toEqual([true, true, true, false, true, false, false]);
    });

    test('each of 50 creates in one turn is kept as it was asked for', async () => {
      const creates = Array.from({ length: 50 }, (_, index) =>
        newSecret({
          version: index % 5 === 0 ? 1 : 2,
          proofHash: index % 5 === 0 ? null : 'p'.repeat(43),
          hint: index % 3 === 0 ? null : `"hint" \\ ${index} ü 🔑 {,}`,
          views: 1 + (index % 4),
          caller: `caller ${index % 7}`,
          blob: new Uint8Array(index * 997).fill(5 * index),
          createdAt: NOW + index,
          expiresAt: NOW + HOUR + index * MINUTE,
        }),
      );
      await Promise.all(creates.map((create) => store.secrets.create(create)));
      for (const { id, version, hint, views, createdAt, expiresAt, blob } of creates) {
        if (version === 2) {
          expect(await recordOf(store, id, NOW)).toMatchObject({
            version,
            hint,
            views,
            createdAt,
            expiresAt,
          });
          expect(latin1(await blobOf(id, null))).toBe(latin1(blob));
        } else {
          const shown = { proofHash: null, linkProofHash: null };
          const read = await store.secrets.consume(id, null, shown, NOW);
          expect(read).toMatchObject({ outcome: 'consumed', version, hint });
          expect(latin1(read.outcome === 'consumed' ? read.blob : null)).toBe(latin1(blob));
        }
      }
    });

    test('a key that has become free is used once by several in one turn', async () => {
      await keep({ idempotency, expiresAt: NOW + 7 * DAY });
      const late = Array.from({ length: 5 }, () => newSecret({ idempotency, createdAt: NOW + DAY }));
      const outcomes = await Promise.all([...late, newSecret()].map((one) => store.secrets.create(one)));
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
        'created',
        'created',
        ...Array<string>(4).fill('replayed'),
      ]);
    });

    test('many creates at once with one key keep one secret', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => store.secrets.create(newSecret({ idempotency }))),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(19);
    });
  });

  describe('consume without a claim', () => {
    test('gives the bytes once', async () => {
      const secret = newSecret({ hint: 'db password' });
      await store.secrets.create(secret);
      expect(await take(store, secret.id, null, NOW + 5)).toEqual({
        version: 2,
        blob: secret.blob,
        hint: 'db password',
        viewsLeft: 0,
        purgeAt: NOW + 5,
        chunks: null,
      });
      expect(await take(store, secret.id, null, NOW + 6)).toBeNull();
      expect(await recordOf(store, secret.id, NOW)).toMatchObject({ viewsLeft: 0, firstReadAt: NOW + 5 });
    });

    test('gives as many views as there are, and remembers the first', async () => {
      const id = await keep({ views: 3 });
      const left: (number | undefined)[] = [];
      for (const now of [NOW + 1, NOW + 2, NOW + 3, NOW + 4]) {
        left.push((await take(store, id, null, now))?.viewsLeft);
      }
      expect(left).toEqual([2, 1, 0, undefined]);
      expect(await recordOf(store, id, NOW)).toMatchObject({ firstReadAt: NOW + 1 });
    });

    test('works until the last millisecond before the expiry', async () => {
      const id = await keep({ views: 2 });
      expect(await blobOf(id, null, NOW + HOUR - 1)).not.toBeNull();
      expect(await blobOf(id, null, NOW + HOUR)).toBeNull();
    });

    test.each([1, 5, 64])('of 64 takers at once exactly %i succeed', async (views) => {
      const id = await keep({ views });
      const takers = Array.from({ length: 64 }, (_, i) => blobOf(id, i % 2 ? null : `claim-${i}`));
      const blobs = (await Promise.all(takers)).filter((blob) => blob !== null);
      expect(blobs).toHaveLength(views);
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 0 });
    });
  });

  describe('consume with a claim', () => {
    test('the same claim, many times at once, is told one lease and one number of views left', async () => {
      for (let secret = 0; secret < 20; secret += 1) {
        const id = await keep({ views: 3 });
        const readings = await Promise.all(Array.from({ length: 8 }, () => take(store, id, 'claim', NOW)));
        for (const reading of readings) {
          expect(reading).toMatchObject({ viewsLeft: 2, purgeAt: NOW + LEASE_MS });
        }
      }
    });

    test('the same claim reads the same bytes until its lease ends, and takes one view', async () => {
      const secret = newSecret({ views: 2 });
      await store.secrets.create(secret);
      const first = await take(store, secret.id, 'claim', NOW);
      expect(first).toEqual({
        version: 2,
        blob: secret.blob,
        hint: null,
        viewsLeft: 1,
        purgeAt: NOW + LEASE_MS,
        chunks: null,
      });
      expect(await take(store, secret.id, 'claim', NOW + LEASE_MS - 1)).toEqual(first);
      expect(await take(store, secret.id, 'claim', NOW + LEASE_MS)).toBeNull();
      expect(await recordOf(store, secret.id, NOW)).toMatchObject({ viewsLeft: 1 });
    });

    test('another claim, or none, gets nothing from a leased last view', async () => {
      const id = await keep();
      await take(store, id, 'claim', NOW);
      expect(await blobOf(id, 'other', NOW + 1)).toBeNull();
      expect(await blobOf(id, null, NOW + 1)).toBeNull();
    });

    test('a claim is all of its characters: what only begins like it, or is spelled like it, is another', async () => {
      const claim = `${'c'.repeat(23)}D`;
      const alike = [
        claim.slice(0, 8),
        `${claim.slice(0, 8)}${'x'.repeat(16)}`,
        claim.slice(0, -1),
        `${claim.slice(0, -1)}E`,
        `${claim}D`,
        claim.toLowerCase(),
      ];
      const secret = newSecret({ views: 2 });
      await store.secrets.create(secret);
      await take(store, secret.id, claim, NOW);
      await take(store, secret.id, 'o'.repeat(24), NOW);
      for (const other of alike) {
        expect(await blobOf(secret.id, other, NOW + 1), other).toBeNull();
        await store.secrets.acknowledge(secret.id, other, NOW + 1);
      }
      expect(await blobOf(secret.id, claim, NOW + 2)).toEqual(secret.blob);
    });

    test('one claim that asks many times at once takes one view', async () => {
      const id = await keep({ views: 2 });
      const blobs = await Promise.all(Array.from({ length: 16 }, () => blobOf(id, 'claim')));
      expect(new Set(blobs.map(String)).size).toBe(1);
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 1 });
    });

    test('an acknowledged claim reads nothing again, however often it is acknowledged', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, 'claim', NOW);
      await store.secrets.acknowledge(id, 'claim', NOW + 1);
      await store.secrets.acknowledge(id, 'claim', NOW + 2);
      expect(await blobOf(id, 'claim', NOW + 3)).toBeNull();
      expect(await blobOf(id, 'other', NOW + 3)).not.toBeNull();
    });

    test('a lease outlives the expiry, also through a purge', async () => {
      const secret = newSecret();
      await store.secrets.create(secret);
      const late = secret.expiresAt - 1;
      await take(store, secret.id, 'claim', late);
      await store.purge(late + LEASE_MS - 1);
      expect(await blobOf(secret.id, 'claim', late + LEASE_MS - 1)).toEqual(secret.blob);
      expect(await blobOf(secret.id, 'claim', late + LEASE_MS)).toBeNull();
    });

    test('a lease outlives the expiry when other views were left, and those do not', async () => {
      const secret = newSecret({ views: 2 });
      await store.secrets.create(secret);
      const late = secret.expiresAt - 1;
      await take(store, secret.id, 'claim', late);
      await store.purge(secret.expiresAt);
      expect(await blobOf(secret.id, 'claim', secret.expiresAt)).toEqual(secret.blob);
      expect(await blobOf(secret.id, 'other', secret.expiresAt)).toBeNull();
    });

    test('the last view without a claim leaves a live lease its bytes', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, 'claim', NOW);
      expect(await take(store, id, null, NOW + 1)).toMatchObject({
        viewsLeft: 0,
        purgeAt: NOW + 1,
      });
      expect(await blobOf(id, 'claim', NOW + 2)).not.toBeNull();
    });

    test('acknowledging one lease leaves another its bytes', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, 'one', NOW);
      await take(store, id, 'two', NOW + 1);
      await store.secrets.acknowledge(id, 'one', NOW + 2);
      expect(await blobOf(id, 'two', NOW + 3)).not.toBeNull();
    });

    test('acknowledging what was never claimed changes nothing', async () => {
      const id = await keep();
      await store.secrets.acknowledge(id, 'claim', NOW);
      await store.secrets.acknowledge('unknown', 'claim', NOW);
      expect(await blobOf(id, 'claim')).not.toBeNull();
    });
  });

  describe('revoke', () => {
    test('denies what waits, now and when repeated', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, null, NOW);
      expect(await revoke(store, id, NOW + 1)).toBe('revoked');
      expect(await revoke(store, id, NOW + 2)).toBe('revoked');
      expect(await revoke(store, id, NOW + 2 * HOUR)).toBe('revoked');
      expect(await blobOf(id, null, NOW + 3)).toBeNull();
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 1, revokedAt: NOW + 1 });
    });

    test('ends live leases', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, 'claim', NOW);
      await revoke(store, id, NOW + 1);
      expect(await blobOf(id, 'claim', NOW + 2)).toBeNull();
    });

    test('comes too late when all views are taken, but takes what a lease holds', async () => {
      const id = await keep();
      await take(store, id, 'claim', NOW);
      expect(await revoke(store, id, NOW + 1)).toBe('consumed');
      expect(await blobOf(id, 'claim', NOW + 2)).toBeNull();
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 0, revokedAt: null });
    });

    test('comes too late after the expiry, but takes what a lease holds', async () => {
      const secret = newSecret({ views: 2 });
      await store.secrets.create(secret);
      await take(store, secret.id, 'claim', secret.expiresAt - 1);
      expect(await revoke(store, secret.id, secret.expiresAt)).toBe('expired');
      expect(await blobOf(secret.id, 'claim', secret.expiresAt + 1)).toBeNull();
    });

    test('knows nothing of an unknown id', async () => {
      expect(await revoke(store, 'unknown', NOW)).toBe('unknown');
    });

    test('and a read at once: one of them wins', async () => {
      const id = await keep();
      const [taken, revoked] = await Promise.all([take(store, id, null, NOW), revoke(store, id, NOW)]);
      expect(revoked).toBe(taken === null ? 'revoked' : 'consumed');
    });
  });
}
