/** What every store is held to, with simulated time. Each engine's test file runs it. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { stateOf, TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import type { NewSecret, Store } from '../../src/server/store/contracts/store.js';
import { describeKeyContract } from './key-contract.js';
import { describeOutboxContract } from './outbox-contract.js';
import { describeQuotaContract } from './quota-contract.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** When the tests take place. */
export const NOW = Date.UTC(2030, 0, 1);

let made = 0;

/** A secret that lives for an hour from {@link NOW}, each with an id of its own. */
export function newSecret(changes: Partial<NewSecret> = {}): NewSecret {
  made += 1;
  const createdAt = changes.createdAt ?? NOW;
  return {
    id: `secret-${made}`.padEnd(22, '_'),
    version: 2,
    blob: `blob-of-${made}`,
    hint: null,
    splitUrlMode: false,
    proofHash: 'p'.repeat(43),
    views: 1,
    callback: null,
    caller: 'somebody',
    idempotency: null,
    quota: null,
    createdAt,
    expiresAt: createdAt + HOUR,
    ...changes,
  };
}

/** Runs the contract on the stores that `open` makes. */
export function describeStoreContract(open: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  /** Keeps a secret and gives its id. */
  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret(changes);
    await store.create(secret);
    return secret.id;
  }

  const blobOf = async (id: string, claim: string | null, now = NOW) =>
    (await store.take(id, claim, now))?.blob ?? null;

  describe('create and find', () => {
    test('a record tells all that was asked for', async () => {
      const id = await keep({ version: 2, hint: 'db', proofHash: 'h'.repeat(43), views: 7 });
      expect(await store.find(id, NOW)).toEqual({
        version: 2,
        hint: 'db',
        proofHash: 'h'.repeat(43),
        views: 7,
        viewsLeft: 7,
        createdAt: NOW,
        expiresAt: NOW + HOUR,
        firstReadAt: null,
        revokedAt: null,
        destroyed: false,
      });
    });

    test('a version 1 secret has neither hint nor proof unless given', async () => {
      const id = await keep({ version: 1, proofHash: null });
      expect(await store.find(id, NOW)).toMatchObject({ version: 1, hint: null, proofHash: null, views: 1 });
    });

    test('an unknown id is null, and so is taking it', async () => {
      expect(await store.find('unknown', NOW)).toBeNull();
      expect(await store.take('unknown', null, NOW)).toBeNull();
    });

    test('a megabyte comes back as it was', async () => {
      const blob = 'Zephr-_9'.repeat(131_072);
      expect(await blobOf(await keep({ blob }), null)).toBe(blob);
    });

    test('a callback is kept without trouble', async () => {
      const id = await keep({ callback: { url: 'https://example.com/', secret: 'shh' } });
      expect(await store.find(id, NOW)).not.toBeNull();
    });

    test('the store answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });

  describe('idempotency', () => {
    const idempotency = { key: 'key-1', bodyHash: 'hash-1' };

    test('the same key and body give the first outcome again and keep nothing new', async () => {
      const first = newSecret({ idempotency, views: 3 });
      const second = newSecret({ idempotency, createdAt: NOW + MINUTE });
      const outcome = { id: first.id, version: 2, views: 3, expiresAt: first.expiresAt };
      expect(await store.create(first)).toEqual({ outcome: 'created', ...outcome });
      expect(await store.create(second)).toEqual({ outcome: 'replayed', ...outcome });
      expect(await store.find(second.id, NOW)).toBeNull();
    });

    test('the outcome stays the same after the secret is read, revoked or expired', async () => {
      const first = newSecret({ idempotency });
      await store.create(first);
      await store.take(first.id, null, NOW);
      await store.purge(NOW + 2 * HOUR);
      const again = await store.create(newSecret({ idempotency, createdAt: NOW + 2 * HOUR }));
      expect(again).toMatchObject({ outcome: 'replayed', id: first.id });
    });

    test('another body is a conflict and keeps nothing', async () => {
      await keep({ idempotency });
      const other = newSecret({ idempotency: { key: 'key-1', bodyHash: 'hash-2' } });
      expect(await store.create(other)).toEqual({ outcome: 'conflict' });
      expect(await store.find(other.id, NOW)).toBeNull();
    });

    test('another caller has keys of its own', async () => {
      await keep({ idempotency });
      const other = newSecret({ idempotency, caller: 'somebody else' });
      expect(await store.create(other)).toMatchObject({ outcome: 'created', id: other.id });
    });

    test('after 24 h the key is free again, while the first secret still waits', async () => {
      const first = newSecret({ idempotency, expiresAt: NOW + 7 * DAY });
      await store.create(first);
      const early = newSecret({ idempotency, createdAt: NOW + DAY - 1 });
      const late = newSecret({ idempotency: { key: 'key-1', bodyHash: 'hash-2' }, createdAt: NOW + DAY });
      expect(await store.create(early)).toMatchObject({ outcome: 'replayed', id: first.id });
      expect(await store.create(late)).toMatchObject({ outcome: 'created', id: late.id });
      expect(await blobOf(first.id, null)).toBe(first.blob);
      expect(await blobOf(late.id, null, NOW + DAY)).toBe(late.blob);
    });

    test('forgetting the first secret leaves the key to the second that took it over', async () => {
      await keep({ idempotency });
      const second = newSecret({ idempotency, createdAt: NOW + DAY, expiresAt: NOW + 3 * DAY });
      await store.create(second);
      await store.purge(NOW + HOUR + TOMBSTONE_MS);
      const third = newSecret({ idempotency, createdAt: NOW + DAY + 2 * HOUR });
      expect(await store.create(third)).toMatchObject({ outcome: 'replayed', id: second.id });
    });

    test('many creates at once with one key keep one secret', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => store.create(newSecret({ idempotency }))),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(19);
    });
  });

  describe('take without a claim', () => {
    test('gives the bytes once', async () => {
      const secret = newSecret({ hint: 'db password' });
      await store.create(secret);
      expect(await store.take(secret.id, null, NOW + 5)).toEqual({
        blob: secret.blob,
        hint: 'db password',
        viewsLeft: 0,
        purgeAt: NOW + 5,
      });
      expect(await store.take(secret.id, null, NOW + 6)).toBeNull();
      expect(await store.find(secret.id, NOW)).toMatchObject({ viewsLeft: 0, firstReadAt: NOW + 5 });
    });

    test('gives as many views as there are, and remembers the first', async () => {
      const id = await keep({ views: 3 });
      const left: (number | undefined)[] = [];
      for (const now of [NOW + 1, NOW + 2, NOW + 3, NOW + 4]) {
        left.push((await store.take(id, null, now))?.viewsLeft);
      }
      expect(left).toEqual([2, 1, 0, undefined]);
      expect(await store.find(id, NOW)).toMatchObject({ firstReadAt: NOW + 1 });
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
      expect(await store.find(id, NOW)).toMatchObject({ viewsLeft: 0 });
    });
  });

  describe('take with a claim', () => {
    test('the same claim reads the same bytes until its lease ends, and takes one view', async () => {
      const secret = newSecret({ views: 2 });
      await store.create(secret);
      const first = await store.take(secret.id, 'claim', NOW);
      expect(first).toEqual({ blob: secret.blob, hint: null, viewsLeft: 1, purgeAt: NOW + LEASE_MS });
      expect(await store.take(secret.id, 'claim', NOW + LEASE_MS - 1)).toEqual(first);
      expect(await store.take(secret.id, 'claim', NOW + LEASE_MS)).toBeNull();
      expect(await store.find(secret.id, NOW)).toMatchObject({ viewsLeft: 1 });
    });

    test('another claim, or none, gets nothing from a leased last view', async () => {
      const id = await keep();
      await store.take(id, 'claim', NOW);
      expect(await blobOf(id, 'other', NOW + 1)).toBeNull();
      expect(await blobOf(id, null, NOW + 1)).toBeNull();
    });

    test('one claim that asks many times at once takes one view', async () => {
      const id = await keep({ views: 2 });
      const blobs = await Promise.all(Array.from({ length: 16 }, () => blobOf(id, 'claim')));
      expect(new Set(blobs).size).toBe(1);
      expect(await store.find(id, NOW)).toMatchObject({ viewsLeft: 1 });
    });

    test('an acknowledged claim reads nothing again, however often it is acknowledged', async () => {
      const id = await keep({ views: 2 });
      await store.take(id, 'claim', NOW);
      await store.acknowledge(id, 'claim', NOW + 1);
      await store.acknowledge(id, 'claim', NOW + 2);
      expect(await blobOf(id, 'claim', NOW + 3)).toBeNull();
      expect(await blobOf(id, 'other', NOW + 3)).not.toBeNull();
    });

    test('a lease outlives the expiry, also through a purge', async () => {
      const secret = newSecret();
      await store.create(secret);
      const late = secret.expiresAt - 1;
      await store.take(secret.id, 'claim', late);
      await store.purge(late + LEASE_MS - 1);
      expect(await blobOf(secret.id, 'claim', late + LEASE_MS - 1)).toBe(secret.blob);
      expect(await blobOf(secret.id, 'claim', late + LEASE_MS)).toBeNull();
    });

    test('a lease outlives the expiry when other views were left, and those do not', async () => {
      const secret = newSecret({ views: 2 });
      await store.create(secret);
      const late = secret.expiresAt - 1;
      await store.take(secret.id, 'claim', late);
      await store.purge(secret.expiresAt);
      expect(await blobOf(secret.id, 'claim', secret.expiresAt)).toBe(secret.blob);
      expect(await blobOf(secret.id, 'other', secret.expiresAt)).toBeNull();
    });

    test('the last view without a claim leaves a live lease its bytes', async () => {
      const id = await keep({ views: 2 });
      await store.take(id, 'claim', NOW);
      expect(await store.take(id, null, NOW + 1)).toMatchObject({ viewsLeft: 0, purgeAt: NOW + 1 });
      expect(await blobOf(id, 'claim', NOW + 2)).not.toBeNull();
    });

    test('acknowledging one lease leaves another its bytes', async () => {
      const id = await keep({ views: 2 });
      await store.take(id, 'one', NOW);
      await store.take(id, 'two', NOW + 1);
      await store.acknowledge(id, 'one', NOW + 2);
      expect(await blobOf(id, 'two', NOW + 3)).not.toBeNull();
    });

    test('acknowledging what was never claimed changes nothing', async () => {
      const id = await keep();
      await store.acknowledge(id, 'claim', NOW);
      await store.acknowledge('unknown', 'claim', NOW);
      expect(await blobOf(id, 'claim')).not.toBeNull();
    });
  });

  describe('revoke', () => {
    test('denies what waits, now and when repeated', async () => {
      const id = await keep({ views: 2 });
      await store.take(id, null, NOW);
      expect(await store.revoke(id, NOW + 1)).toBe('revoked');
      expect(await store.revoke(id, NOW + 2)).toBe('revoked');
      expect(await store.revoke(id, NOW + 2 * HOUR)).toBe('revoked');
      expect(await blobOf(id, null, NOW + 3)).toBeNull();
      expect(await store.find(id, NOW)).toMatchObject({ viewsLeft: 1, revokedAt: NOW + 1 });
    });

    test('ends live leases', async () => {
      const id = await keep({ views: 2 });
      await store.take(id, 'claim', NOW);
      await store.revoke(id, NOW + 1);
      expect(await blobOf(id, 'claim', NOW + 2)).toBeNull();
    });

    test('comes too late when all views are taken, but takes what a lease holds', async () => {
      const id = await keep();
      await store.take(id, 'claim', NOW);
      expect(await store.revoke(id, NOW + 1)).toBe('consumed');
      expect(await blobOf(id, 'claim', NOW + 2)).toBeNull();
      expect(await store.find(id, NOW)).toMatchObject({ viewsLeft: 0, revokedAt: null });
    });

    test('comes too late after the expiry, but takes what a lease holds', async () => {
      const secret = newSecret({ views: 2 });
      await store.create(secret);
      await store.take(secret.id, 'claim', secret.expiresAt - 1);
      expect(await store.revoke(secret.id, secret.expiresAt)).toBe('expired');
      expect(await blobOf(secret.id, 'claim', secret.expiresAt + 1)).toBeNull();
    });

    test('knows nothing of an unknown id', async () => {
      expect(await store.revoke('unknown', NOW)).toBe('unknown');
    });

    test('and a read at once: one of them wins', async () => {
      const id = await keep();
      const [taken, revoked] = await Promise.all([store.take(id, null, NOW), store.revoke(id, NOW)]);
      expect(revoked).toBe(taken === null ? 'revoked' : 'consumed');
    });
  });

  describe('purge', () => {
    test('destroys what nobody can come for, once', async () => {
      await keep();
      await keep({ expiresAt: NOW + 2 * HOUR });
      expect(await store.purge(NOW + HOUR - 1)).toEqual({ destroyed: 0, forgotten: 0 });
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 1, forgotten: 0 });
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('finds nothing left of a last view taken without a claim', async () => {
      await store.take(await keep(), null, NOW);
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('finds nothing left of an acknowledged last view', async () => {
      const id = await keep();
      await store.take(id, 'claim', NOW);
      await store.acknowledge(id, 'claim', NOW + 1);
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('destroys a last view when its lease ends without an acknowledgement', async () => {
      await store.take(await keep(), 'claim', NOW);
      expect(await store.purge(NOW + LEASE_MS - 1)).toEqual({ destroyed: 0, forgotten: 0 });
      expect(await store.purge(NOW + LEASE_MS)).toEqual({ destroyed: 1, forgotten: 0 });
    });

    test('waits for the last of several leases, unless that one is acknowledged', async () => {
      const id = await keep({ views: 2 });
      await store.take(id, 'one', NOW);
      await store.take(id, 'two', NOW + 30_000);
      expect(await store.purge(NOW + LEASE_MS)).toEqual({ destroyed: 0, forgotten: 0 });
      await store.acknowledge(id, 'two', NOW + LEASE_MS);
      expect(await blobOf(id, 'two', NOW + LEASE_MS)).toBeNull();
      expect(await store.purge(NOW + 2 * LEASE_MS)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('is final: what it destroyed stays expired when the clock is set back', async () => {
      const [id, second, third] = [await keep(), await keep({ views: 2 }), await keep()];
      await store.take(second, null, NOW);
      await store.purge(NOW + HOUR);
      for (const claim of [null, 'claim']) {
        expect(await store.take(id, claim, NOW)).toBeNull();
        expect(await store.take(second, claim, NOW)).toBeNull();
      }
      for (const one of [id, second, third]) {
        const record = await store.find(one, NOW);
        expect(record && stateOf(record, NOW)).toBe('expired');
      }
      expect(await store.revoke(third, NOW)).toBe('expired');
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('ends for good also for a claim that comes by a clock that is behind', async () => {
      const id = await keep({ views: 3 });
      await store.take(id, 'claim', NOW);
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 1, forgotten: 0 });
      for (const claim of [null, 'claim', 'other']) expect(await blobOf(id, claim, NOW + 1)).toBeNull();
      await store.acknowledge(id, 'claim', NOW + 1);
      expect(await store.revoke(id, NOW + 1)).toBe('expired');
      expect(await store.find(id, NOW + 1)).toMatchObject({ viewsLeft: 2, revokedAt: null, destroyed: true });
      expect(await store.purge(NOW + 2 * HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('leaves a tombstone until 24 h past the expiry, then nothing', async () => {
      const id = await keep();
      const end = NOW + HOUR + TOMBSTONE_MS;
      await store.purge(end - 1);
      expect(await store.find(id, end - 1)).not.toBeNull();
      expect(await store.find(id, end)).toBeNull();
      expect(await store.purge(end)).toEqual({ destroyed: 0, forgotten: 1 });
      expect(await store.find(id, NOW)).toBeNull();
    });

    test('destroys and forgets in one go what nobody looked after for a day', async () => {
      const id = await keep({ views: 3 });
      await store.take(id, 'claim', NOW);
      await store.recordProofAttempt(id, 'mallory', false, NOW);
      expect(await store.purge(NOW + 3 * DAY)).toEqual({ destroyed: 1, forgotten: 1 });
      expect(await store.find(id, NOW)).toBeNull();
    });

    test('gets through large ones', async () => {
      await Promise.all(Array.from({ length: 12 }, () => keep({ blob: 'x'.repeat(500_000) })));
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 12, forgotten: 0 });
    });

    test('stops early when it is told to, and goes on the next time', async () => {
      await Promise.all(Array.from({ length: 6_000 }, () => keep()));
      const first = await store.purge(NOW + HOUR, AbortSignal.abort());
      expect(first.destroyed).toBeGreaterThan(0);
      expect(first.destroyed).toBeLessThan(6_000);
      const second = await store.purge(NOW + HOUR);
      expect(first.destroyed + second.destroyed).toBe(6_000);
    });

    test('gets through more than a batch', async () => {
      await Promise.all(Array.from({ length: 450 }, () => keep()));
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 450, forgotten: 0 });
      expect(await store.purge(NOW + 3 * DAY)).toEqual({ destroyed: 0, forgotten: 450 });
    });
  });

  describe('wrong proofs', () => {
    const enter = (id: string, right: boolean, now = NOW, caller = 'mallory') =>
      store.recordProofAttempt(id, caller, right, now);

    async function enterTenWrong(id: string): Promise<void> {
      for (let count = 1; count <= 10; count += 1) expect(await enter(id, false)).toBeNull();
    }

    test('ten are free, then the waits double from 1 s to 300 s', async () => {
      const id = await keep();
      await enterTenWrong(id);
      let now = NOW;
      for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
        const lockedUntil = now + seconds * 1000;
        expect(await enter(id, false, now)).toBe(lockedUntil);
        now = lockedUntil;
      }
    });

    test('while locked nothing is counted, not even a right proof', async () => {
      const id = await keep();
      await enterTenWrong(id);
      await enter(id, false, NOW);
      expect(await enter(id, false, NOW + 1)).toBe(NOW + 1000);
      expect(await enter(id, true, NOW + 999)).toBe(NOW + 1000);
      expect(await enter(id, false, NOW + 1000)).toBe(NOW + 3000);
    });

    test('a right proof clears the count', async () => {
      const id = await keep();
      await enterTenWrong(id);
      expect(await enter(id, true)).toBeNull();
      await enterTenWrong(id);
    });

    test('of many at once no more than ten are free', async () => {
      const id = await keep();
      const answers = await Promise.all(Array.from({ length: 50 }, () => enter(id, false)));
      expect(answers.filter((lockedUntil) => lockedUntil === null)).toHaveLength(10);
    });

    test('other callers and other secrets have counts of their own', async () => {
      const id = await keep();
      const other = await keep();
      await enterTenWrong(id);
      expect(await enter(id, false, NOW, 'trent')).toBeNull();
      expect(await enter(other, false)).toBeNull();
    });

    test('ten are free also when the clock is set back', async () => {
      const id = await keep();
      await enterTenWrong(id);
      expect(await enter(id, true, NOW - HOUR)).toBeNull();
      await enterTenWrong(id);
      expect(await enter(id, false, NOW - HOUR)).toBe(NOW - HOUR + 1000);
    });

    test('for an unknown id nothing is counted', async () => {
      expect(await enter('unknown', true)).toBeNull();
    });

    test('the count goes with the record', async () => {
      const secret = newSecret();
      await store.create(secret);
      await enterTenWrong(secret.id);
      await store.purge(NOW + 3 * DAY);
      await store.create({ ...secret, createdAt: NOW + 3 * DAY, expiresAt: NOW + 4 * DAY });
      expect(await enter(secret.id, false, NOW + 3 * DAY)).toBeNull();
    });
  });

  describeOutboxContract({ store: () => store, newSecret, now: NOW });
  describeQuotaContract({ store: () => store, newSecret, now: NOW });
  describeKeyContract({ store: () => store, now: NOW });
}
