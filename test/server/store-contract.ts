/** What every store is held to, with simulated time: the contract of each noun, and of the engine as a whole. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { stateOf, TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { recordOf, revoke, take } from '../support/reading.js';
import { describeAnswerFilesContract } from './answer-files-contract.js';
import { describeChunkContract } from './chunk-contract.js';
import { describeGatesContract } from './gates-contract.js';
import { describeKeyContract } from './key-contract.js';
import { describeListContract } from './list-contract.js';
import { describeOutboxContract } from './outbox-contract.js';
import { describeProofContract } from './proof-contract.js';
import { describeQuotaContract } from './quota-contract.js';
import { describeRequestContract } from './requests-contract.js';
import { describeSecretContract } from './secret-contract.js';
import { describeSenderContract } from './sender-contract.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

/** Runs all contracts on the stores that `open` makes. Each engine's test file calls it. */
export function describeStoreContract(open: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });
  const current = () => store;

  describe('secrets', () => describeSecretContract(current));
  describe('proofs', () => describeProofContract(current));
  describe('gates', () => describeGatesContract(current));
  describe('chunks', () => describeChunkContract(current));
  describe('senders', () => describeSenderContract(current));
  describe('requests', () => describeRequestContract(current));
  describe('files of answers', () => describeAnswerFilesContract(current));
  describe('lists', () => describeListContract(current));
  describeQuotaContract(current);
  describeKeyContract(current);
  describe('the outbox', () => describeOutboxContract(current));
  describe('the engine', () => describeEngineContract(current));
}

/** Runs the contract of the verbs that concern the engine as a whole. */
function describeEngineContract(current: () => Store): void {
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

  test('the store answers a ping', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
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
      await take(store, await keep(), null, NOW);
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('finds nothing left of an acknowledged last view', async () => {
      const id = await keep();
      await take(store, id, 'claim', NOW);
      await store.secrets.acknowledge(id, 'claim', NOW + 1);
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('destroys a last view when its lease ends without an acknowledgement', async () => {
      await take(store, await keep(), 'claim', NOW);
      expect(await store.purge(NOW + LEASE_MS - 1)).toEqual({ destroyed: 0, forgotten: 0 });
      expect(await store.purge(NOW + LEASE_MS)).toEqual({ destroyed: 1, forgotten: 0 });
    });

    test('waits for the last of several leases, unless that one is acknowledged', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, 'one', NOW);
      await take(store, id, 'two', NOW + 30_000);
      expect(await store.purge(NOW + LEASE_MS)).toEqual({ destroyed: 0, forgotten: 0 });
      await store.secrets.acknowledge(id, 'two', NOW + LEASE_MS);
      expect(await blobOf(id, 'two', NOW + LEASE_MS)).toBeNull();
      expect(await store.purge(NOW + 2 * LEASE_MS)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('is final: what it destroyed stays expired when the clock is set back', async () => {
      const [id, second, third] = [await keep(), await keep({ views: 2 }), await keep()];
      await take(store, second, null, NOW);
      await store.purge(NOW + HOUR);
      for (const claim of [null, 'claim']) {
        expect(await take(store, id, claim, NOW)).toBeNull();
        expect(await take(store, second, claim, NOW)).toBeNull();
      }
      for (const one of [id, second, third]) {
        const record = await recordOf(store, one, NOW);
        expect(record && stateOf(record, NOW)).toBe('expired');
      }
      expect(await revoke(store, third, NOW)).toBe('expired');
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('ends for good also for a claim that comes by a clock that is behind', async () => {
      const id = await keep({ views: 3 });
      await take(store, id, 'claim', NOW);
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 1, forgotten: 0 });
      for (const claim of [null, 'claim', 'other']) expect(await blobOf(id, claim, NOW + 1)).toBeNull();
      await store.secrets.acknowledge(id, 'claim', NOW + 1);
      expect(await revoke(store, id, NOW + 1)).toBe('expired');
      expect(await recordOf(store, id, NOW + 1)).toMatchObject({
        viewsLeft: 2,
        revokedAt: null,
        destroyed: true,
      });
      expect(await store.purge(NOW + 2 * HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
    });

    test('leaves a tombstone until 24 h past the expiry, then nothing', async () => {
      const id = await keep();
      const end = NOW + HOUR + TOMBSTONE_MS;
      await store.purge(end - 1);
      expect(await recordOf(store, id, end - 1)).not.toBeNull();
      expect(await recordOf(store, id, end)).toBeNull();
      expect(await store.purge(end)).toEqual({ destroyed: 0, forgotten: 1 });
      expect(await recordOf(store, id, NOW)).toBeNull();
    });

    test('destroys and forgets in one go what nobody looked after for a day', async () => {
      const id = await keep({ views: 3 });
      await take(store, id, 'claim', NOW);
      expect(await store.purge(NOW + 3 * DAY)).toEqual({ destroyed: 1, forgotten: 1 });
      expect(await recordOf(store, id, NOW)).toBeNull();
    });

    test('gets through large ones', async () => {
      await Promise.all(Array.from({ length: 12 }, () => keep({ blob: new Uint8Array(400_000) })));
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
}
