/** What the chunks of every store are held to, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import {
  CHUNK_BYTES,
  CHUNKS_LEASE_MS,
  LONGEST_CHUNKS_LEASE_MS,
  SEALED_CHUNK_BYTES,
} from '../../src/core/protocol/chunks.js';
import {
  type ChunkStore,
  type NewUpload,
  OPEN_UPLOADS,
  UPLOAD_IDLE_MS,
  UPLOAD_LIFE_MS,
} from '../../src/server/store/contracts/chunks.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { chunkOf, newUpload } from '../support/chunks.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { RIGHT, recordOf, revoke, WRONG } from '../support/reading.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLAIM = 'claim';

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeChunkContract(current: () => Store): void {
  let store: Store;
  let chunks: ChunkStore;
  beforeEach(() => {
    store = current();
    chunks = store.chunks;
  });

  /** Begins an upload, which must succeed, and gives its id. */
  async function begin(changes: Partial<NewUpload> = {}): Promise<string> {
    const outcome = await chunks.beginUpload(newUpload(changes));
    if (outcome.outcome !== 'begun') throw new Error(`the upload did not begin: ${outcome.outcome}`);
    return outcome.id;
  }

  const put = (upload: string, index: number, length = SEALED_CHUNK_BYTES, now = NOW, seed = index) =>
    chunks.putChunk(upload, index, chunkOf(seed, length), now);

  const bound = (upload: string, count: number, changes: Partial<NewSecret> = {}) =>
    newSecret({ upload: { id: upload, chunks: count, bodyHash: 'hash' }, ...changes });

  /** Keeps a secret of a full chunk and a short one. */
  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const upload = await begin();
    await put(upload, 1, 500);
    await put(upload, 0);
    const secret = bound(upload, 2, changes);
    expect(await store.secrets.create(secret)).toMatchObject({ outcome: 'created', id: secret.id });
    return secret.id;
  }

  const consume = (id: string, claim: string | null, now = NOW, takesChunks = true) =>
    store.secrets.consume(id, claim, RIGHT, now, takesChunks);

  /** The bytes of a chunk, or the outcome where there are none. */
  async function fetch(id: string, claim: string, index: number, now = NOW): Promise<Uint8Array | string> {
    const fetched = await chunks.fetchChunk(id, claim, index, RIGHT, now);
    return fetched.outcome === 'chunk' ? Uint8Array.from(fetched.bytes) : fetched.outcome;
  }

  describe('an upload', () => {
    test('tells what is there, in any order', async () => {
      const upload = await begin();
      expect(await chunks.findUpload(upload, NOW)).toEqual({
        owner: 'somebody',
        maxBytes: 4 * CHUNK_BYTES,
        isReserved: false,
        bytes: 0,
        expiresAt: NOW + UPLOAD_IDLE_MS,
      });
      expect(await chunks.uploadedChunks(upload, NOW)).toEqual([]);
      for (const index of [3, 0, 1])
        expect(await put(upload, index, index === 3 ? 17 : undefined)).toBe('kept');
      expect(await chunks.uploadedChunks(upload, NOW)).toEqual([
        [0, 1],
        [3, 3],
      ]);
      expect(await chunks.findUpload(upload, NOW)).toMatchObject({ bytes: 2 * CHUNK_BYTES + 1 });
    });

    test('takes the same bytes again and no others', async () => {
      const upload = await begin();
      expect(await put(upload, 0)).toBe('kept');
      expect(await put(upload, 0)).toBe('present');
      expect(await put(upload, 0, SEALED_CHUNK_BYTES, NOW, 7)).toBe('conflict');
      expect(await put(upload, 0, 500)).toBe('conflict');
      expect(await chunks.findUpload(upload, NOW)).toMatchObject({ bytes: CHUNK_BYTES });
    });

    test('keeps one of several chunks that come at once for one place', async () => {
      const upload = await begin();
      const outcomes = await Promise.all([1, 1, 2, 1, 2].map((seed) => put(upload, 0, 500, NOW, seed)));
      expect(outcomes.filter((outcome) => outcome === 'kept')).toHaveLength(1);
      expect(outcomes).toContain('present');
      expect(outcomes).toContain('conflict');
      expect(await chunks.findUpload(upload, NOW)).toMatchObject({ bytes: 484 });
    });

    test('takes all chunks that come at once', async () => {
      const upload = await begin();
      const outcomes = await Promise.all([0, 1, 2, 3].map((index) => put(upload, index)));
      expect(outcomes).toEqual(['kept', 'kept', 'kept', 'kept']);
      expect(await chunks.uploadedChunks(upload, NOW)).toEqual([[0, 3]]);
      expect(await chunks.findUpload(upload, NOW)).toMatchObject({ bytes: 4 * CHUNK_BYTES });
    });

    test('takes one chunk that is not of full length', async () => {
      const upload = await begin();
      expect(await put(upload, 2, 500)).toBe('kept');
      expect(await put(upload, 1, 500)).toBe('second short chunk');
      expect(await put(upload, 1)).toBe('kept');
    });

    test('takes no more of the stream than it may have', async () => {
      const upload = await begin({ maxBytes: CHUNK_BYTES + 10 });
      expect(await put(upload, 2, 17)).toBe('too large');
      expect(await put(upload, 0)).toBe('kept');
      expect(await put(upload, 1, 27)).toBe('too large');
      expect(await put(upload, 1, 26)).toBe('kept');
    });

    test('is forgotten an hour after its last new chunk', async () => {
      const upload = await begin();
      await put(upload, 0, SEALED_CHUNK_BYTES, NOW + UPLOAD_IDLE_MS - 1);
      await put(upload, 0, SEALED_CHUNK_BYTES, NOW + UPLOAD_IDLE_MS + MINUTE);
      const end = NOW + 2 * UPLOAD_IDLE_MS - 1;
      expect(await chunks.findUpload(upload, end - 1)).toMatchObject({ expiresAt: end });
      expect(await chunks.findUpload(upload, end)).toBeNull();
      expect(await put(upload, 1, 500, end)).toBe('unknown');
      expect(await chunks.uploadedChunks(upload, end)).toEqual([]);
      expect(await store.secrets.create(bound(upload, 1, { createdAt: end }))).toEqual({
        outcome: 'unknown upload',
      });
      expect(await chunks.storedBytes(null)).toBe(CHUNK_BYTES);
      await store.purge(end);
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('is forgotten a day after it began, whatever comes', async () => {
      const upload = await begin({ maxBytes: 100 * CHUNK_BYTES });
      for (let index = 1; index < 25; index += 1) {
        const now = NOW + index * 59 * MINUTE;
        expect(await put(upload, index, SEALED_CHUNK_BYTES, now)).toBe('kept');
        await store.purge(now);
      }
      expect(await put(upload, 0, 500, NOW + UPLOAD_LIFE_MS)).toBe('unknown');
      await store.purge(NOW + UPLOAD_LIFE_MS);
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('is forgotten at once when it is deleted, and nothing is left of it', async () => {
      const upload = await begin();
      await put(upload, 0);
      expect(await chunks.forgetUpload(upload, NOW)).toBe(true);
      expect(await chunks.forgetUpload(upload, NOW)).toBe(false);
      expect(await chunks.findUpload(upload, NOW)).toBeNull();
      expect(await put(upload, 1)).toBe('unknown');
      await store.purge(NOW);
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('that is not known is found by no verb', async () => {
      expect(await chunks.findUpload('unknown', NOW)).toBeNull();
      expect(await chunks.uploadedChunks('unknown', NOW)).toEqual([]);
      expect(await put('unknown', 0)).toBe('unknown');
      expect(await chunks.forgetUpload('unknown', NOW)).toBe(false);
      expect(await store.secrets.create(bound('unknown', 1))).toEqual({ outcome: 'unknown upload' });
    });

    test('begins once for one idempotency key, whose body must stay the same', async () => {
      const idempotency = { key: 'key-1', bodyHash: 'hash-1' };
      const quota = { counter: 'somebody minute', limit: 3, endsAt: NOW + MINUTE };
      const first = newUpload({ idempotency, quota });
      expect(await chunks.beginUpload(first)).toMatchObject({ outcome: 'begun', id: first.id });
      expect(await chunks.beginUpload(newUpload({ idempotency, quota }))).toEqual({
        outcome: 'replayed',
        id: first.id,
        maxBytes: first.maxBytes,
        expiresAt: NOW + UPLOAD_IDLE_MS,
      });
      const other = { key: 'key-1', bodyHash: 'hash-2' };
      expect(await chunks.beginUpload(newUpload({ idempotency: other }))).toEqual({ outcome: 'conflict' });
      expect(await chunks.beginUpload(newUpload({ idempotency: other, caller: 'another' }))).toMatchObject({
        outcome: 'begun',
      });
      expect(await store.quotas.usage(NOW + MINUTE)).toEqual(new Map([['somebody minute', 1]]));
    });

    test('is counted against its quota, with creates', async () => {
      const quota = { counter: 'somebody minute', limit: 2, endsAt: NOW + MINUTE };
      await begin({ quota });
      await store.secrets.create(newSecret({ quota }));
      expect(await chunks.beginUpload(newUpload({ quota }))).toEqual({ outcome: 'limited' });
      expect(await store.secrets.create(newSecret({ quota }))).toEqual({ outcome: 'limited' });
    });

    test('begins no more often at once than a caller can have open', async () => {
      const quota = { counter: 'somebody minute', limit: 100, endsAt: NOW + MINUTE };
      const outcomes = await Promise.all(
        Array.from({ length: OPEN_UPLOADS + 8 }, () => chunks.beginUpload(newUpload({ quota }))),
      );
      const begun = outcomes.filter(({ outcome }) => outcome === 'begun');
      expect(begun).toHaveLength(OPEN_UPLOADS);
      expect(outcomes).toContainEqual({ outcome: 'too many' });
      expect(await store.quotas.usage(NOW + MINUTE)).toEqual(new Map([['somebody minute', OPEN_UPLOADS]]));
      expect(await chunks.beginUpload(newUpload({ caller: 'another' }))).toMatchObject({ outcome: 'begun' });
      const [first, second] = begun.flatMap((outcome) => ('id' in outcome ? [outcome.id] : []));
      await chunks.forgetUpload(first ?? '', NOW);
      await begin();
      expect(await chunks.beginUpload(newUpload())).toEqual({ outcome: 'too many' });
      await put(second ?? '', 0, 500);
      await store.secrets.create(bound(second ?? '', 1));
      await begin();
      expect(await chunks.beginUpload(newUpload())).toEqual({ outcome: 'too many' });
      await store.purge(NOW + UPLOAD_IDLE_MS);
      await begin({ createdAt: NOW + UPLOAD_IDLE_MS });
    });

    test('keeps the room that it asked for, as long as it is open', async () => {
      const reserved = await begin({ isReserved: true, maxBytes: 3 * CHUNK_BYTES });
      await put(reserved, 0);
      const open = await begin();
      await put(open, 0);
      await begin({ caller: 'another', isReserved: true, maxBytes: 5 });
      expect(await chunks.storedBytes(null)).toBe(4 * CHUNK_BYTES + 5);
      expect(await chunks.storedBytes('somebody')).toBe(4 * CHUNK_BYTES);
      expect(await chunks.uploadedBytes('somebody')).toBe(4 * CHUNK_BYTES);
      await store.secrets.create(bound(reserved, 1, { blob: new Uint8Array(100) }));
      expect(await chunks.storedBytes('somebody')).toBe(2 * CHUNK_BYTES + 100);
      expect(await chunks.uploadedBytes('somebody')).toBe(CHUNK_BYTES);
      expect(await chunks.storedBytes('nobody')).toBe(0);
      expect(await chunks.uploadedBytes('nobody')).toBe(0);
    });
  });

  describe('a create', () => {
    test.each<[what: string, there: readonly number[], wanted: number]>([
      ['fewer', [0], 2],
      ['more', [0, 1], 1],
      ['others', [1, 2], 2],
      ['none', [], 1],
    ])('finds an upload incomplete that has %s chunks than it says', async (_, there, wanted) => {
      const upload = await begin();
      for (const index of there) await put(upload, index);
      const secret = bound(upload, wanted);
      expect(await store.secrets.create(secret)).toEqual({ outcome: 'incomplete upload' });
      expect(await recordOf(store, secret.id, NOW)).toBeNull();
      expect(await chunks.findUpload(upload, NOW)).not.toBeNull();
    });

    test('finds an upload incomplete whose short chunk is not the last', async () => {
      const upload = await begin();
      await put(upload, 0, 500);
      await put(upload, 1);
      expect(await store.secrets.create(bound(upload, 2))).toEqual({ outcome: 'incomplete upload' });
    });

    test('closes the upload for everything but itself', async () => {
      const upload = await begin();
      await put(upload, 0, 500);
      const secret = bound(upload, 1);
      const outcome = { id: secret.id, version: 2, views: 1, expiresAt: secret.expiresAt };
      expect(await store.secrets.create(secret)).toEqual({ outcome: 'created', ...outcome });
      expect(await chunks.findUpload(upload, NOW)).toBeNull();
      expect(await put(upload, 1, 500)).toBe('unknown');
      expect(await chunks.forgetUpload(upload, NOW)).toBe(false);
      const again = bound(upload, 1, { caller: 'another', createdAt: NOW + DAY - 1 });
      expect(await store.secrets.create(again)).toEqual({ outcome: 'replayed', ...outcome });
      expect(await recordOf(store, again.id, NOW)).toBeNull();
      const other = newSecret({ upload: { id: upload, chunks: 1, bodyHash: 'other' } });
      expect(await store.secrets.create(other)).toEqual({ outcome: 'unknown upload' });
      const late = bound(upload, 1, { createdAt: NOW + DAY });
      expect(await store.secrets.create(late)).toEqual({ outcome: 'unknown upload' });
    });

    test('is replayed also when its secret is gone', async () => {
      const upload = await begin();
      await put(upload, 0, 500);
      const secret = bound(upload, 1);
      await store.secrets.create(secret);
      await revoke(store, secret.id, NOW);
      await store.purge(NOW + 2 * HOUR);
      const again = bound(upload, 1, { createdAt: NOW + 2 * HOUR });
      expect(await store.secrets.create(again)).toMatchObject({ outcome: 'replayed', id: secret.id });
    });

    test('of several at once gets the chunks alone', async () => {
      const upload = await begin();
      await put(upload, 0, 500);
      const creates = Array.from({ length: 8 }, (_, index) =>
        newSecret({ upload: { id: upload, chunks: 1, bodyHash: `hash-${index % 4}` } }),
      );
      const outcomes = await Promise.all(creates.map((secret) => store.secrets.create(secret)));
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'unknown upload')).toHaveLength(6);
    });

    test('with the idempotency key of a secret that is there leaves the upload open', async () => {
      const idempotency = { key: 'key-1', bodyHash: 'hash' };
      const first = newSecret({ idempotency });
      await store.secrets.create(first);
      const upload = await begin();
      await put(upload, 0, 500);
      expect(await store.secrets.create(bound(upload, 1, { idempotency }))).toMatchObject({ id: first.id });
      expect(await chunks.findUpload(upload, NOW)).not.toBeNull();
    });

    test('above its quota leaves the upload open', async () => {
      const upload = await begin();
      await put(upload, 0, 500);
      const quota = { counter: 'somebody none', limit: 0, endsAt: NOW };
      expect(await store.secrets.create(bound(upload, 1, { quota }))).toEqual({ outcome: 'limited' });
      expect(await store.secrets.create(bound(upload, 1))).toMatchObject({ outcome: 'created' });
    });
  });

  describe('a secret with chunks', () => {
    test('says how many', async () => {
      const id = await keep();
      expect(await recordOf(store, id, NOW)).toMatchObject({ chunks: 2 });
      expect(await consume(id, CLAIM)).toMatchObject({ outcome: 'consumed', chunks: 2 });
    });

    test('is given to nobody who cannot fetch them', async () => {
      const id = await keep();
      expect(await consume(id, null)).toEqual({ outcome: 'claim required' });
      expect(await consume(id, CLAIM, NOW, false)).toEqual({ outcome: 'chunks not accepted' });
      expect(await store.secrets.consume(id, null, WRONG, NOW)).toEqual({ outcome: 'wrong key' });
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 1 });
      await revoke(store, id, NOW);
      expect(await consume(id, null)).toEqual({ outcome: 'gone', state: 'revoked' });
    });

    test('gives each chunk as often as it is asked for, in any order', async () => {
      const id = await keep();
      await consume(id, CLAIM);
      for (let round = 0; round < 2; round += 1) {
        const [short, full] = await Promise.all([fetch(id, CLAIM, 1), fetch(id, CLAIM, 0)]);
        expect(short).toEqual(chunkOf(1, 500));
        expect(Buffer.compare(full as Uint8Array, chunkOf(0, SEALED_CHUNK_BYTES))).toBe(0);
      }
      expect(await fetch(id, CLAIM, 2)).toBe('no such chunk');
    });

    test('gives chunks to nobody without its key, its claim or its view', async () => {
      const id = await keep({ views: 2 });
      expect(await fetch(id, CLAIM, 0)).toBe('gone');
      await consume(id, CLAIM);
      expect(await chunks.fetchChunk(id, CLAIM, 0, WRONG, NOW)).toEqual({ outcome: 'wrong key' });
      const none = { proofHash: null, linkProofHash: null };
      expect(await chunks.fetchChunk(id, CLAIM, 0, none, NOW)).toEqual({ outcome: 'proof required' });
      expect(await fetch(id, 'other', 0)).toBe('gone');
      expect(await fetch('unknown', CLAIM, 0)).toBe('unknown');
      const without = newSecret();
      await store.secrets.create(without);
      await consume(without.id, CLAIM);
      expect(await fetch(without.id, CLAIM, 0)).toBe('no such chunk');
    });

    test('with a passphrase gives chunks to who showed it, and counts nothing', async () => {
      const id = await keep({ linkProofHash: 'l'.repeat(43) });
      const shown = { ...RIGHT, linkProofHash: 'l'.repeat(43) };
      await store.secrets.consume(id, CLAIM, shown, NOW, true);
      for (let tries = 0; tries < 12; tries += 1) {
        const wrong = { ...WRONG, linkProofHash: 'l'.repeat(43) };
        expect(await chunks.fetchChunk(id, CLAIM, 1, wrong, NOW)).toMatchObject({ outcome: 'gone' });
        expect(await chunks.fetchChunk(id, CLAIM, 1, RIGHT, NOW)).toEqual({ outcome: 'wrong key' });
      }
      expect(await chunks.fetchChunk(id, CLAIM, 1, shown, NOW)).toMatchObject({ outcome: 'chunk' });
    });

    test('lets a claim fetch for ten minutes', async () => {
      const id = await keep();
      expect(await consume(id, CLAIM)).toMatchObject({ purgeAt: NOW + CHUNKS_LEASE_MS });
      expect(await store.purge(NOW + CHUNKS_LEASE_MS - 1)).toMatchObject({ destroyed: 0 });
      expect(await store.purge(NOW + CHUNKS_LEASE_MS)).toMatchObject({ destroyed: 1 });
      expect(await fetch(id, CLAIM, 1, NOW + CHUNKS_LEASE_MS)).toBe('gone');
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('lets a claim fetch for ten minutes more with each chunk, also past the expiry', async () => {
      const id = await keep();
      await consume(id, CLAIM);
      let now = NOW;
      while (now < NOW + 3 * HOUR) {
        now += CHUNKS_LEASE_MS - 1;
        await store.purge(now);
        expect(await fetch(id, CLAIM, 1, now)).toEqual(chunkOf(1, 500));
      }
      expect(await consume(id, CLAIM, now)).toMatchObject({ outcome: 'consumed' });
      const end = now + CHUNKS_LEASE_MS + MINUTE;
      await store.purge(end);
      expect(await fetch(id, CLAIM, 1, end)).toBe('gone');
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('lets no claim fetch for more than a day', async () => {
      const id = await keep({ expiresAt: NOW + HOUR });
      const claimedAt = NOW + HOUR - 1;
      await consume(id, CLAIM, claimedAt);
      const end = claimedAt + LONGEST_CHUNKS_LEASE_MS;
      for (let now = claimedAt; now < end; now += 9 * MINUTE) {
        expect(await fetch(id, CLAIM, 1, now)).toEqual(chunkOf(1, 500));
      }
      await store.purge(end - 1);
      expect(await fetch(id, CLAIM, 1, end - 1)).toEqual(chunkOf(1, 500));
      expect(await fetch(id, CLAIM, 1, end)).toBe('gone');
      await store.purge(end);
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('is out of reach at once when it is acknowledged, and destroyed by a purge', async () => {
      const id = await keep();
      await consume(id, CLAIM);
      await store.secrets.acknowledge(id, CLAIM, NOW);
      expect(await fetch(id, CLAIM, 1)).toBe('gone');
      await store.purge(NOW);
      expect(await chunks.storedBytes(null)).toBe(0);
      expect(await recordOf(store, id, NOW)).toMatchObject({ chunks: 2, destroyed: true });
    });

    test('is out of reach at once when it is revoked', async () => {
      const id = await keep({ views: 2 });
      await consume(id, CLAIM);
      await revoke(store, id, NOW);
      expect(await fetch(id, CLAIM, 1)).toBe('gone');
      await store.purge(NOW);
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('is destroyed when it expires, and forgotten a day later', async () => {
      const id = await keep();
      await store.purge(NOW + HOUR - 1);
      expect(await chunks.storedBytes(null)).toBe(CHUNK_BYTES + 484);
      await store.purge(NOW + HOUR);
      expect(await chunks.storedBytes(null)).toBe(0);
      expect(await store.purge(NOW + HOUR + DAY)).toEqual({ destroyed: 0, forgotten: 1 });
      expect(await recordOf(store, id, NOW)).toBeNull();
    });

    test('keeps its chunks while another claim reads, or a view is left', async () => {
      const id = await keep({ views: 3 });
      await consume(id, 'one');
      await consume(id, 'two');
      await store.secrets.acknowledge(id, 'one', NOW);
      expect(await fetch(id, 'one', 1)).toBe('gone');
      expect(await fetch(id, 'two', 1)).toEqual(chunkOf(1, 500));
      await store.secrets.acknowledge(id, 'two', NOW);
      await store.purge(NOW);
      expect(await consume(id, 'three')).toMatchObject({ outcome: 'consumed', viewsLeft: 0 });
      expect(await fetch(id, 'three', 1)).toEqual(chunkOf(1, 500));
    });

    test('is given to as many readers at once as it has views, with its chunks', async () => {
      const id = await keep({ views: 3 });
      const claims = Array.from({ length: 16 }, (_, index) => `claim-${index}`);
      const read = await Promise.all(claims.map((claim) => consume(id, claim)));
      const fetched = await Promise.all(claims.map((claim) => fetch(id, claim, 1)));
      expect(read.filter(({ outcome }) => outcome === 'consumed')).toHaveLength(3);
      read.forEach(({ outcome }, index) => {
        expect(fetched[index]).toEqual(outcome === 'consumed' ? chunkOf(1, 500) : 'gone');
      });
    });
  });

  describe('a purge', () => {
    test('gets through many chunks', async () => {
      for (let made = 0; made < 3; made += 1) {
        const upload = await begin({ maxBytes: 20 * CHUNK_BYTES });
        for (let index = 0; index < 10; index += 1) await put(upload, index);
      }
      expect(await chunks.storedBytes(null)).toBe(30 * CHUNK_BYTES);
      await store.purge(NOW + UPLOAD_IDLE_MS);
      expect(await chunks.storedBytes(null)).toBe(0);
    });

    test('forgets what was uploaded and not what was not', async () => {
      const [old, young] = [await begin(), await begin({ createdAt: NOW + HOUR })];
      await put(young, 0, 500, NOW + HOUR);
      await store.purge(NOW + HOUR);
      expect(await chunks.findUpload(old, NOW)).toBeNull();
      expect(await chunks.uploadedChunks(young, NOW + HOUR)).toEqual([[0, 0]]);
    });
  });
}
