/** What every store is held to about the lists and the counts of what an API key has made. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import {
  type CountedPart,
  type Cursor,
  LOOKED_AT,
  type SecretPage,
  type StateCount,
} from '../../src/server/store/contracts/lists.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { chunkOf, newUpload } from '../support/chunks.js';
import { newAnswer, newRequest, RECEIPT_HASH } from '../support/new-request.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { revoke, take } from '../support/reading.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

const CALLER = 'key_ofTheSender1';
const BLOB_BYTES = 10;
const OTHER = 'key_ofSomebody12';
const SINCE = { today: NOW, thisWeek: NOW - 3 * DAY, thisMonth: NOW - 20 * DAY };
const FIRST: SecretPage = { state: null, hint: null, after: null, limit: 100 };

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeListContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret({ caller: CALLER, blob: new Uint8Array(BLOB_BYTES), ...changes });
    await store.secrets.create(secret);
    return secret.id;
  }

  /** Puts so many secrets into the store, in the order of their ages. */
  async function keepMany(count: number, changes: (place: number) => Partial<NewSecret>): Promise<void> {
    for (let from = 0; from < count; from += 200) {
      const places = Array.from({ length: Math.min(200, count - from) }, (_, place) => from + place);
      await Promise.all(places.map((place) => keep({ createdAt: NOW - place, ...changes(place) })));
    }
  }

  const page = (changes: Partial<SecretPage> = {}, now = NOW) =>
    store.lists.listSecrets(CALLER, { ...FIRST, ...changes }, now);
  const ids = async (changes: Partial<SecretPage> = {}, now = NOW) =>
    (await page(changes, now)).secrets.map(({ id }) => id);

  /** Every page from the first to the last. */
  async function pages(changes: Partial<SecretPage>): Promise<string[][]> {
    const all: string[][] = [];
    let after: Cursor | null = null;
    do {
      const { secrets, next } = await page({ ...changes, after });
      all.push(secrets.map(({ id }) => id));
      after = next;
    } while (after !== null);
    return all;
  }

  describe('a list', () => {
    test('has the newest first, and of the same time the highest id', async () => {
      const names = ['-', '_', 'A', 'Z', 'a', 'z', '0'].map((letter) => letter.repeat(22));
      for (const id of names) await keep({ id });
      const older = await keep({ createdAt: NOW - 1 });
      const newer = await keep({ createdAt: NOW + 1 });
      expect(await ids()).toEqual([newer, ...names.toSorted().reverse(), older]);
    });

    test('is cut into pages that have everything once', async () => {
      await keepMany(9, (place) => ({ createdAt: NOW - (place % 2) }));
      const whole = await ids();
      expect(whole).toHaveLength(9);
      expect((await pages({ limit: 4 })).map(({ length }) => length)).toEqual([4, 4, 1]);
      expect((await pages({ limit: 4 })).flat()).toEqual(whole);
      // The last page is known to be the last, also when it is full.
      expect((await pages({ limit: 3 })).map(({ length }) => length)).toEqual([3, 3, 3]);
      expect((await page({ limit: 9 })).next).toBeNull();
    });

    test('has what is new on no later page', async () => {
      await keepMany(4, () => ({}));
      const { secrets, next } = await page({ limit: 2 });
      await keep({ createdAt: NOW + 5 });
      const rest = await ids({ after: next });
      expect(rest).toHaveLength(2);
      expect(rest).not.toContain(secrets[1]?.id);
    });

    test('goes on where it was, whatever came, ended or was forgotten meanwhile', async () => {
      const hours = (count: number) => ({
        createdAt: NOW - count,
        expiresAt: NOW + HOUR * (count % 2 ? 1 : 99),
      });
      const made: string[] = [];
      for (let count = 0; count < 12; count += 1) made.push(await keep(hours(count)));
      const first = await page({ limit: 4 });
      expect(first.secrets.map(({ id }) => id)).toEqual(made.slice(0, 4));
      // The last one of that page, which the cursor names, and every other one that follows.
      const later = NOW + 2 * HOUR + TOMBSTONE_MS;
      await store.purge(later);
      await revoke(store, made[6] ?? '', later);
      await keep({ createdAt: later });
      const rest = [made[4], made[6], made[8], made[10]];
      expect(await ids({ after: first.next }, later)).toEqual(rest);
      const second = await page({ after: first.next, limit: 2 }, later);
      expect([...second.secrets.map(({ id }) => id), ...(await ids({ after: second.next }, later))]).toEqual(
        rest,
      );
    });

    test("has the caller's own, and nothing of others", async () => {
      const own = await keep();
      await keep({ caller: OTHER });
      await keep({ caller: 'somebody' });
      expect(await ids()).toEqual([own]);
      for (const caller of ['key_nobody', '', 'key_', CALLER.slice(0, -1)]) {
        expect(await store.lists.listSecrets(caller, FIRST, NOW)).toEqual({ secrets: [], next: null });
      }
    });

    test('does not have the answers to its requests', async () => {
      const request = newRequest({ caller: CALLER });
      await store.requests.createRequest(request);
      await store.requests.answer(request.id, newAnswer(request), request.proofHash);
      expect(await ids()).toEqual([]);
    });

    test('tells of each what its status does, and what is stored of it', async () => {
      const id = await keep({ hint: 'db', views: 2, linkProofHash: null });
      await take(store, id, 'claim-of-22-characters', NOW + 1);
      await store.secrets.acknowledge(id, 'claim-of-22-characters', NOW + 2);
      await take(store, id, 'other-of-22-characters', NOW + 3);
      const [listed] = (await page({}, NOW + 4)).secrets;
      const record = await store.secrets.record(id, NOW + 4);
      expect(record).toMatchObject({
        reads: [{ acknowledged: true }, { acknowledged: false }],
        viewsLeft: 0,
      });
      const { bytes, id: named, ...rest } = listed ?? {};
      expect(rest).toEqual(record);
      expect([named, bytes]).toEqual([id, BLOB_BYTES]);
      await store.secrets.acknowledge(id, 'other-of-22-characters', NOW + 5);
      expect((await page({}, NOW + 6)).secrets).toMatchObject([{ id, bytes: 0, destroyed: true }]);
    });

    test('counts the chunks of files as stored, as long as they are', async () => {
      const upload = newUpload({ caller: CALLER });
      await store.chunks.beginUpload(upload);
      await store.chunks.putChunk(upload.id, 0, chunkOf(0, SEALED_CHUNK_BYTES), NOW);
      await store.chunks.putChunk(upload.id, 1, chunkOf(1, 116), NOW);
      const id = await keep({ upload: { id: upload.id, chunks: 2, bodyHash: 'b' } });
      const bytes = BLOB_BYTES + CHUNK_BYTES + 100;
      expect((await page()).secrets).toMatchObject([{ id, chunks: 2, bytes }]);
      const { counts } = await store.lists.countSecrets(CALLER, null, SINCE, NOW);
      expect(counts).toMatchObject([{ state: 'waiting', bytes }]);
      await revoke(store, id, NOW);
      expect((await page()).secrets).toMatchObject([{ id, chunks: 2, bytes: 0 }]);
    });

    test('is filtered by state', async () => {
      const [waiting, read, revoked] = [await keep(), await keep(), await keep()];
      const expired = await keep({ expiresAt: NOW + 10 });
      await take(store, read, null, NOW);
      await revoke(store, revoked, NOW);
      const now = NOW + 10;
      expect(await ids({ state: 'waiting' }, now)).toEqual([waiting]);
      expect(await ids({ state: 'read' }, now)).toEqual([read]);
      expect(await ids({ state: 'revoked' }, now)).toEqual([revoked]);
      expect(await ids({ state: 'expired' }, now)).toEqual([expired]);
      await store.purge(now);
      expect(await ids({ state: 'expired' }, now)).toEqual([expired]);
    });

    test('is filtered by what the hint has in it, letter for letter', async () => {
      const one = await keep({ hint: '100% of db_prod' });
      const other = await keep({ hint: 'DB_PROD ü' });
      await keep();
      expect(await ids({ hint: 'db_prod' })).toEqual([one]);
      expect(await ids({ hint: '_PROD' })).toEqual([other]);
      expect(await ids({ hint: '%' })).toEqual([one]);
      expect(await ids({ hint: 'ü' })).toEqual([other]);
      expect(await ids({ hint: 'x' })).toEqual([]);
      expect(await ids({ hint: 'db', state: 'read' })).toEqual([]);
    });

    test('has what has ended, until it is forgotten', async () => {
      const id = await keep();
      const end = NOW + HOUR + TOMBSTONE_MS;
      expect(await ids({}, end - 1)).toEqual([id]);
      expect(await ids({}, end)).toEqual([]);
      await store.purge(end - 1);
      expect(await ids({}, end - 1)).toEqual([id]);
    });
  });

  test('one call looks at a part of what a caller has, and the next goes on there', {
    timeout: 60_000,
  }, async () => {
    await keepMany(LOOKED_AT + 5, (place) => ({ hint: place < LOOKED_AT ? 'new' : 'old' }));
    const found = await pages({ hint: 'old' });
    expect(found.map(({ length }) => length)).toEqual([0, 5]);
    const parts = await partsOf((after) => store.lists.countSecrets(CALLER, after, SINCE, NOW));
    expect(parts.map(({ counts }) => counts[0]?.total)).toEqual([LOOKED_AT, 5]);
    expect((await pages({ limit: 1_000 })).map(({ length }) => length)).toEqual([1_000, 1_000, 5]);
  });

  describe('a count', () => {
    test('is of secrets by their states, lately and at all, and of what is stored', async () => {
      const times = [NOW, NOW - 1, NOW - 2 * DAY, NOW - 4 * DAY, NOW - 21 * DAY];
      const all = await Promise.all(
        times.map((createdAt) => keep({ createdAt, expiresAt: NOW + HOUR, hint: 'x' })),
      );
      await take(store, all[0] ?? '', null, NOW);
      await revoke(store, all[4] ?? '', NOW);
      await keep({ caller: OTHER });
      const { counts, next } = await store.lists.countSecrets(CALLER, null, SINCE, NOW);
      expect(next).toBeNull();
      expect(byState(counts)).toEqual({
        read: { total: 1, today: 1, thisWeek: 1, thisMonth: 1, bytes: 0 },
        revoked: { total: 1, today: 0, thisWeek: 0, thisMonth: 0, bytes: 0 },
        waiting: { total: 3, today: 0, thisWeek: 2, thisMonth: 3, bytes: 3 * BLOB_BYTES },
      });
    });

    test('is of requests likewise', async () => {
      const made = async (createdAt: number, changes: Parameters<typeof newRequest>[0] = {}) => {
        const request = newRequest({ caller: CALLER, createdAt, expiresAt: NOW + HOUR, ...changes });
        await store.requests.createRequest(request);
        return request;
      };
      await made(NOW - 4 * DAY);
      const answered = await made(NOW);
      await store.requests.answer(answered.id, newAnswer(answered), answered.proofHash);
      const cancelled = await made(NOW);
      await store.requests.cancelRequest(cancelled.id, { receiptHash: RECEIPT_HASH }, NOW);
      await made(NOW, { expiresAt: NOW + 1 });
      await made(NOW, { caller: OTHER });
      const { counts, next } = await store.lists.countRequests(CALLER, null, SINCE, NOW + 1);
      expect(next).toBeNull();
      const one = { total: 1, today: 1, thisWeek: 1, thisMonth: 1, bytes: 0 };
      expect(byState(counts)).toEqual({
        open: { ...one, today: 0, thisWeek: 0 },
        answered: one,
        cancelled: one,
        expired: one,
      });
    });

    test('of nothing is empty', async () => {
      const nothing = { counts: [], next: null };
      expect(await store.lists.countSecrets(CALLER, null, SINCE, NOW)).toEqual(nothing);
      expect(await store.lists.countRequests(CALLER, null, SINCE, NOW)).toEqual(nothing);
    });
  });
}

/** The parts of a count, in order. */
async function partsOf<State>(
  next: (after: Cursor | null) => Promise<CountedPart<State>>,
): Promise<CountedPart<State>[]> {
  const parts: CountedPart<State>[] = [];
  let after: Cursor | null = null;
  do {
    const part = await next(after);
    parts.push(part);
    after = part.next;
  } while (after !== null);
  return parts;
}

function byState<State extends string>(counts: readonly StateCount<State>[]) {
  return Object.fromEntries(counts.map(({ state, ...count }) => [state, count]));
}
