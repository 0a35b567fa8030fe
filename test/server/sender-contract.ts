/** What every store is held to about senders: what a receipt or an API key lets them do, and what they are told. */

import { beforeEach, describe, expect, test } from 'vitest';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { MAX_READS } from '../../src/core/protocol/replies.js';
import { stateOf, TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import type { ShownBySender, ShownProofs } from '../../src/server/store/contracts/proofs.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { RIGHT, recordOf, revoke, take } from '../support/reading.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const RECEIPT_HASH = 'r'.repeat(43);
const CALLER = 'key_ofTheSender';

/** Each way to be the sender of what {@link describeSenderContract} keeps, and one to be somebody else. */
const WAYS: readonly [string, ShownBySender, ShownBySender, 'wrong key' | 'unknown'][] = [
  ['a receipt', { receiptHash: RECEIPT_HASH }, { receiptHash: 's'.repeat(43) }, 'wrong key'],
  ['an API key', { caller: CALLER }, { caller: 'key_ofSomebody' }, 'unknown'],
];

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeSenderContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret({ receiptHash: RECEIPT_HASH, caller: CALLER, ...changes });
    await store.secrets.create(secret);
    return secret.id;
  }

  describe.each(WAYS)('%s', (_, right, wrong, refusal) => {
    const kinds: readonly Partial<NewSecret>[] = [
      {},
      { version: 1, proofHash: null },
      { linkProofHash: 'l'.repeat(43) },
    ];

    test('tells what became of a secret of either version, with a passphrase or without', async () => {
      for (const kind of kinds) {
        const id = await keep({ hint: 'db', ...kind });
        expect(await store.secrets.status(id, right, NOW)).toMatchObject({
          outcome: 'found',
          hint: 'db',
          viewsLeft: 1,
          reads: [],
          wrongPassphrases: 0,
        });
      }
    });

    test('revokes it, once', async () => {
      for (const kind of kinds) {
        const id = await keep(kind);
        expect(await store.secrets.revoke(id, right, NOW)).toEqual({ outcome: 'revoked' });
        expect(await store.secrets.revoke(id, right, NOW + 1)).toEqual({ outcome: 'revoked' });
        const found = await store.secrets.status(id, right, NOW);
        expect(found).toMatchObject({ outcome: 'found', revokedAt: NOW, destroyed: true });
        const shown: ShownProofs = kind.version === 1 ? { proofHash: null, linkProofHash: null } : RIGHT;
        if (kind.linkProofHash === undefined) {
          expect(await store.secrets.consume(id, null, shown, NOW)).toEqual({
            outcome: 'gone',
            state: 'revoked',
          });
        }
      }
    });

    test('ends a live lease, also when all views are taken', async () => {
      const id = await keep();
      await take(store, id, 'claim', NOW);
      expect(await store.secrets.revoke(id, right, NOW)).toEqual({ outcome: 'consumed' });
      expect(await take(store, id, 'claim', NOW)).toBeNull();
    });

    test('comes too late where it has expired', async () => {
      const id = await keep();
      expect(await store.secrets.revoke(id, right, NOW + HOUR)).toEqual({ outcome: 'expired' });
    });

    test('that is another one does nothing', async () => {
      for (const kind of kinds) {
        const id = await keep(kind);
        expect(await store.secrets.status(id, wrong, NOW)).toEqual({ outcome: refusal });
        expect(await store.secrets.revoke(id, wrong, NOW)).toEqual({ outcome: refusal });
        expect((await store.secrets.record(id, NOW))?.revokedAt).toBeNull();
      }
    });

    test('knows nothing of an unknown id, nor of one that is forgotten', async () => {
      const id = await keep();
      for (const [asked, now] of [
        ['unknown', NOW],
        [id, NOW + HOUR + TOMBSTONE_MS],
      ] as const) {
        expect(await store.secrets.status(asked, right, now)).toEqual({ outcome: 'unknown' });
        expect(await store.secrets.revoke(asked, right, now)).toEqual({ outcome: 'unknown' });
      }
    });
  });

  test('no receipt is the right one of a secret that has none', async () => {
    const id = await keep({ receiptHash: null });
    for (const receiptHash of [RECEIPT_HASH, '', 'null']) {
      expect(await store.secrets.status(id, { receiptHash }, NOW)).toEqual({ outcome: 'wrong key' });
      expect(await store.secrets.revoke(id, { receiptHash }, NOW)).toEqual({ outcome: 'wrong key' });
    }
  });

  test('the hash of a receipt opens nothing as the hash of a proof', async () => {
    const id = await keep();
    const shown = { proofHash: RECEIPT_HASH, linkProofHash: RECEIPT_HASH };
    expect(await store.secrets.consume(id, null, shown, NOW)).toEqual({ outcome: 'wrong key' });
  });

  describe('a record', () => {
    test('tells of each read, with a claim or without, and whether it was acknowledged', async () => {
      const id = await keep({ views: 4 });
      await take(store, id, 'one', NOW);
      await take(store, id, null, NOW + 1);
      await take(store, id, 'two', NOW + 2);
      await take(store, id, 'one', NOW + 3);
      await store.secrets.acknowledge(id, 'two', NOW + 4);
      const reads = [
        { at: NOW, acknowledged: false },
        { at: NOW + 1, acknowledged: false },
        { at: NOW + 2, acknowledged: true },
      ];
      expect((await recordOf(store, id, NOW + 5))?.reads).toEqual(reads);
      await take(store, id, null, NOW + 6);
      await store.purge(NOW + LEASE_MS + 10);
      const record = await recordOf(store, id, NOW + LEASE_MS + 10);
      expect(record?.reads).toEqual([...reads, { at: NOW + 6, acknowledged: false }]);
      expect(record && stateOf(record, NOW + LEASE_MS)).toBe('read');
    });

    test('tells of the last hundred', async () => {
      const id = await keep({ views: MAX_READS + 5 });
      for (let count = 0; count < MAX_READS + 5; count += 1) {
        await take(store, id, count % 2 === 0 ? null : `claim ${count}`, NOW + count);
      }
      const record = await recordOf(store, id, NOW + HOUR / 2);
      expect(record?.reads.map(({ at }) => at)).toEqual(
        Array.from({ length: MAX_READS }, (_, index) => NOW + 5 + index),
      );
      expect(record?.firstReadAt).toBe(NOW);
    });

    test('tells how many wrong passphrases were tried', async () => {
      const linkProofHash = 'l'.repeat(43);
      const id = await keep({ linkProofHash });
      for (let count = 1; count <= 3; count += 1) {
        await store.secrets.status(id, { proofHash: 'w'.repeat(43), linkProofHash }, NOW);
      }
      expect(await store.secrets.status(id, { receiptHash: RECEIPT_HASH }, NOW)).toMatchObject({
        wrongPassphrases: 3,
      });
    });

    test('without a claim leaves no ciphertext behind, also when the clock is set back', async () => {
      const id = await keep();
      await take(store, id, null, NOW + MINUTE);
      expect(await store.secrets.record(id, NOW)).toMatchObject({ destroyed: true });
      expect(await revoke(store, id, NOW)).toBe('consumed');
    });
  });
}
