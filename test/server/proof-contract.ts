/** What every store is held to about keys and passphrases, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import type { ShownProofs } from '../../src/server/store/contracts/proofs.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW, newSecret, PROOF_HASH } from '../support/new-secret.js';
import { RIGHT, recordOf, take, WRONG } from '../support/reading.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

const LINK_HASH = 'l'.repeat(43);

/** What is shown by who has the link, and the passphrase or a wrong one. */
const LINK_AND_PASSPHRASE: ShownProofs = { proofHash: PROOF_HASH, linkProofHash: LINK_HASH };
const LINK_ALONE: ShownProofs = { proofHash: WRONG.proofHash, linkProofHash: LINK_HASH };
const NOTHING: ShownProofs = { proofHash: null, linkProofHash: null };

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeProofContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  /** Keeps a secret with a passphrase and gives its id. */
  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret({ linkProofHash: LINK_HASH, ...changes });
    await store.secrets.create(secret);
    return secret.id;
  }

  const VERBS = {
    consume: (id: string, shown: ShownProofs, now = NOW) => store.secrets.consume(id, null, shown, now),
    status: (id: string, shown: ShownProofs, now = NOW) => store.secrets.status(id, shown, now),
    revoke: (id: string, shown: ShownProofs, now = NOW) => store.secrets.revoke(id, shown, now),
  };

  const guess = (id: string, now = NOW) => VERBS.status(id, LINK_ALONE, now);

  async function guessTenTimes(id: string): Promise<void> {
    for (let count = 1; count <= 10; count += 1) {
      expect(await guess(id)).toEqual({ outcome: 'wrong passphrase' });
    }
  }

  describe.each(Object.entries(VERBS))('%s', (verb, call) => {
    test('knows nothing of an unknown id', async () => {
      expect(await call('unknown', RIGHT)).toEqual({ outcome: 'unknown' });
    });

    test('needs a proof, and the right one, and the link proof where there is a passphrase', async () => {
      const plain = await keep({ linkProofHash: null });
      expect(await call(plain, NOTHING)).toEqual({ outcome: 'proof required' });
      expect(await call(plain, WRONG)).toEqual({ outcome: 'wrong key' });
      const locked = await keep();
      expect(await call(locked, NOTHING)).toEqual({ outcome: 'proof required' });
      expect(await call(locked, WRONG)).toEqual({ outcome: 'wrong key' });
      expect(await call(locked, RIGHT)).toEqual({ outcome: 'wrong key' });
      expect(await call(locked, { ...RIGHT, linkProofHash: 'x'.repeat(43) })).toEqual({
        outcome: 'wrong key',
      });
      expect(await call(locked, LINK_ALONE)).toEqual({ outcome: 'wrong passphrase' });
      for (const id of [plain, locked]) {
        expect(await store.secrets.consume(id, null, LINK_AND_PASSPHRASE, NOW)).toMatchObject({
          outcome: 'consumed',
        });
      }
    });

    test('compares hashes to their last character', async () => {
      const plain = await keep({ linkProofHash: null });
      const locked = await keep();
      for (const place of [0, 15, 21, 22, 31, 42]) {
        const near = (hash: string) => `${hash.slice(0, place)}-${hash.slice(place + 1)}`;
        const proofHash = near(PROOF_HASH);
        expect(await call(plain, { proofHash, linkProofHash: null })).toEqual({ outcome: 'wrong key' });
        expect(await call(locked, { ...LINK_AND_PASSPHRASE, linkProofHash: near(LINK_HASH) })).toEqual({
          outcome: 'wrong key',
        });
        expect(await call(locked, { ...LINK_AND_PASSPHRASE, proofHash })).toEqual({
          outcome: 'wrong passphrase',
        });
      }
    });

    test('takes a version 1 secret without a proof only to read it', async () => {
      const id = await keep({ version: 1, proofHash: null, linkProofHash: null });
      expect(await call(id, RIGHT)).toEqual({ outcome: verb === 'consume' ? 'wrong key' : 'not provable' });
      expect(await call(id, NOTHING)).toMatchObject({
        outcome: verb === 'consume' ? 'consumed' : 'not provable',
      });
    });

    test('tells nothing of what became of a secret without the key and the passphrase', async () => {
      const id = await keep();
      await store.secrets.revoke(id, LINK_AND_PASSPHRASE, NOW);
      expect(await call(id, WRONG)).toEqual({ outcome: 'wrong key' });
      expect(await call(id, LINK_ALONE)).toEqual({ outcome: 'wrong passphrase' });
    });

    test('is held up by no number of wrong keys', async () => {
      const ids = [await keep(), await keep({ linkProofHash: null })];
      for (const id of ids) {
        const answers = await Promise.all(Array.from({ length: 100 }, () => call(id, WRONG)));
        expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['wrong key']));
        expect((await call(id, LINK_AND_PASSPHRASE)).outcome).not.toMatch(/wrong|locked/);
      }
    });

    test('judges no more than ten wrong passphrases that come at once, and not the right one after them', async () => {
      const id = await keep();
      const answers = await Promise.all(Array.from({ length: 60 }, () => call(id, LINK_ALONE)));
      expect(answers.filter(({ outcome }) => outcome === 'wrong passphrase')).toHaveLength(10);
      expect(answers.filter(({ outcome }) => outcome === 'locked')).toHaveLength(50);
      expect(await call(id, LINK_AND_PASSPHRASE)).toEqual({ outcome: 'locked', waitMs: 1000 });
      expect((await call(id, LINK_AND_PASSPHRASE, NOW + 1000)).outcome).not.toMatch(/wrong|locked/);
    });
  });

  describe('wrong passphrases', () => {
    test('are judged ten times, then once after each wait, which doubles from 1 s to 300 s', async () => {
      const id = await keep({ expiresAt: NOW + DAY });
      await guessTenTimes(id);
      let now = NOW;
      for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
        expect(await guess(id, now)).toEqual({ outcome: 'locked', waitMs: seconds * 1000 });
        now += seconds * 1000;
        expect(await guess(id, now - 1)).toEqual({ outcome: 'locked', waitMs: 1 });
        expect(await guess(id, now)).toEqual({ outcome: 'wrong passphrase' });
      }
    });

    test('are counted together, whichever verb they are shown to', async () => {
      const id = await keep();
      for (let count = 1; count <= 9; count += 1) {
        const call = Object.values(VERBS)[count % 3] ?? VERBS.status;
        expect(await call(id, LINK_ALONE)).toEqual({ outcome: 'wrong passphrase' });
      }
      expect(await guess(id)).toEqual({ outcome: 'wrong passphrase' });
      for (const call of Object.values(VERBS))
        expect(await call(id, LINK_AND_PASSPHRASE)).toMatchObject({ outcome: 'locked' });
    });

    test('stay as many after a right one', async () => {
      const id = await keep({ views: 3 });
      for (let count = 1; count <= 9; count += 1) await guess(id);
      for (const call of [VERBS.status, VERBS.consume]) {
        expect((await call(id, LINK_AND_PASSPHRASE)).outcome).toMatch(/found|consumed/);
      }
      expect(await guess(id)).toEqual({ outcome: 'wrong passphrase' });
      expect(await guess(id)).toMatchObject({ outcome: 'locked' });
    });

    test('among right ones at once are judged no more than ten times', async () => {
      const id = await keep({ views: 100 });
      const answers = await Promise.all(
        Array.from({ length: 90 }, (_, i) =>
          VERBS.consume(id, i % 3 === 0 ? LINK_AND_PASSPHRASE : LINK_ALONE),
        ),
      );
      expect(answers.filter(({ outcome }) => outcome === 'wrong passphrase')).toHaveLength(10);
    });

    test('of one secret do not count for another', async () => {
      const other = await keep();
      await guessTenTimes(await keep());
      expect(await guess(other)).toEqual({ outcome: 'wrong passphrase' });
    });

    test('do not keep a claim from what it has read before, and the claim alone opens nothing', async () => {
      const id = await keep();
      const first = await store.secrets.consume(id, 'claim', LINK_AND_PASSPHRASE, NOW);
      expect(first).toMatchObject({ outcome: 'consumed', purgeAt: NOW + LEASE_MS });
      await guessTenTimes(id);
      expect(await store.secrets.consume(id, 'claim', LINK_AND_PASSPHRASE, NOW + 1)).toEqual(first);
      expect(await store.secrets.consume(id, 'claim', LINK_ALONE, NOW + 1)).toMatchObject({
        outcome: 'locked',
      });
      expect(await store.secrets.consume(id, 'claim', RIGHT, NOW + 1)).toEqual({ outcome: 'wrong key' });
      expect(await store.secrets.consume(id, 'other', LINK_AND_PASSPHRASE, NOW + 1)).toMatchObject({
        outcome: 'locked',
      });
      expect(await store.secrets.consume(id, 'other', LINK_AND_PASSPHRASE, NOW + 1000)).toEqual({
        outcome: 'gone',
        state: 'read',
      });
    });

    test('make a lock no longer than it was, when the clock is set back', async () => {
      const id = await keep();
      await guessTenTimes(id);
      const early = NOW - HOUR;
      expect(await guess(id, early)).toEqual({ outcome: 'locked', waitMs: 1000 });
      expect(await guess(id, early + 999)).toEqual({ outcome: 'locked', waitMs: 1 });
      expect(await guess(id, early + 1000)).toEqual({ outcome: 'wrong passphrase' });
      expect(await guess(id, early + 1000)).toEqual({ outcome: 'locked', waitMs: 2000 });
    });

    test('lock nothing before they are ten, when the clock is set back', async () => {
      const id = await keep();
      for (let count = 1; count <= 9; count += 1) await guess(id);
      expect(await VERBS.status(id, LINK_AND_PASSPHRASE, NOW - HOUR)).toMatchObject({ outcome: 'found' });
    });

    test('are forgotten with the record', async () => {
      const secret = newSecret({ linkProofHash: LINK_HASH });
      await store.secrets.create(secret);
      await guessTenTimes(secret.id);
      await store.purge(NOW + 3 * DAY);
      await store.secrets.create({ ...secret, createdAt: NOW + 3 * DAY, expiresAt: NOW + 4 * DAY });
      expect(await guess(secret.id, NOW + 3 * DAY)).toEqual({ outcome: 'wrong passphrase' });
    });
  });

  test('a secret with a passphrase from before there were link proofs is read with its proof', async () => {
    const id = await keep({ linkProofHash: null });
    for (let count = 1; count <= 30; count += 1) {
      expect(await store.secrets.status(id, LINK_ALONE, NOW)).toEqual({ outcome: 'wrong key' });
    }
    expect(await recordOf(store, id, NOW)).not.toBeNull();
    expect(await take(store, id, 'claim', NOW)).not.toBeNull();
  });
}
