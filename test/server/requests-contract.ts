/** What the requests of every store are held to, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type Bytes, encodeUtf8 } from '../../src/core/bytes.js';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { stateOf, TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import {
  type AnsweredRequest,
  type NewAnswer,
  type NewRequest,
  type RequestPage,
  requestStateOf,
} from '../../src/server/store/contracts/requests.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import { type Store, StoreFullError } from '../../src/server/store/contracts/store.js';
import { LINK_HASH, newAnswer, newRequest, RECEIPT_HASH } from '../support/new-request.js';
import { NOW } from '../support/new-secret.js';
import { recordOf, revoke, take } from '../support/reading.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CALLBACK = { url: 'https://example.com/hook', secret: 'shh' };

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeRequestContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  /** Keeps a request. */
  async function ask(changes: Partial<NewRequest> = {}): Promise<NewRequest> {
    const request = newRequest(changes);
    expect(await store.requests.createRequest(request)).toMatchObject({ outcome: 'created' });
    return request;
  }

  const give = (request: NewRequest, answer: NewAnswer = newAnswer(request)) =>
    store.requests.answer(request.id, answer, LINK_HASH);

  /** The request as who asked sees it. */
  async function collect({ id }: NewRequest, now = NOW): Promise<AnsweredRequest> {
    const found = await store.requests.listAnswers(id, RECEIPT_HASH, now);
    if (found.outcome !== 'found') throw new Error(`who asked was refused: ${found.outcome}`);
    return {
      ...found,
      received: found.received.map((one) => ({ ...one, wrappedKey: plain(one.wrappedKey) })),
    };
  }

  /** The request as who answers sees it. */
  async function find(id: string, now = NOW) {
    const found = await store.requests.findRequest(id, LINK_HASH, now);
    return found.outcome === 'found' ? { ...found, sealedMessage: plain(found.sealedMessage) } : found;
  }

  const stateAt = async (request: NewRequest, now = NOW) => requestStateOf(await collect(request, now), now);

  const cancel = ({ id }: NewRequest, now = NOW) =>
    store.requests.cancelRequest(id, { receiptHash: RECEIPT_HASH }, now);

  /** The events that are due: what each is about, and when it happened. */
  async function events(now = NOW + 400 * DAY): Promise<Record<string, string>[]> {
    const leased = await store.outbox.leaseEvents(now, 100, 1, { hosts: [], callers: [] });
    for (const { id } of leased) await store.outbox.markDelivered(id);
    return leased.map(({ body }) => {
      const { event_id: _, ...rest } = JSON.parse(body) as Record<string, string>;
      return rest;
    });
  }

  describe('asking', () => {
    test('who answers finds all that was asked for', async () => {
      const request = await ask({ answers: 7, answerViews: 3 });
      const { publicKey, sealedMessage, secretExpiry, longestBlob, longestUpload } = request;
      const { caller, createdAt, expiresAt } = request;
      expect(await find(request.id, NOW)).toEqual({
        outcome: 'found',
        id: request.id,
        ...{ publicKey, sealedMessage, secretExpiry, longestBlob, longestUpload },
        ...{ caller, createdAt, expiresAt },
        answers: 7,
        answersLeft: 7,
        answerViews: 3,
        cancelledAt: null,
        destroyed: false,
      });
    });

    test('the longest message comes back as it was', async () => {
      const sealedMessage = encodeUtf8('Zephr-\u00e9\0'.repeat(1_000));
      const { id } = await ask({ sealedMessage });
      expect(await find(id, NOW)).toMatchObject({ sealedMessage });
    });

    const idempotency = { key: 'key-1', bodyHash: 'hash-1' };

    test('the same key and body make nothing new, whatever has become of the request', async () => {
      const { id, expiresAt } = await ask({ idempotency });
      const again = () => store.requests.createRequest(newRequest({ idempotency, createdAt: NOW + MINUTE }));
      expect(await again()).toEqual({ outcome: 'replayed', id, expiresAt });
      await store.requests.cancelRequest(id, { receiptHash: RECEIPT_HASH }, NOW);
      expect(await again()).toEqual({ outcome: 'replayed', id, expiresAt });
    });

    test('another body is a conflict, another caller has keys of its own, and so have secrets', async () => {
      await ask({ idempotency });
      const other = newRequest({ idempotency: { ...idempotency, bodyHash: 'hash-2' } });
      expect(await store.requests.createRequest(other)).toEqual({ outcome: 'conflict' });
      expect(await find(other.id, NOW)).toEqual({ outcome: 'unknown' });
      await ask({ idempotency, caller: 'somebody else' });
    });

    test('a key is free again after 24 h', async () => {
      const expiresAt = NOW + 3 * DAY;
      const { id } = await ask({ idempotency, expiresAt });
      const late = newRequest({ idempotency, createdAt: NOW + DAY - 1 });
      expect(await store.requests.createRequest(late)).toMatchObject({ outcome: 'replayed', id });
      const later = await ask({ idempotency, createdAt: NOW + DAY });
      const again = newRequest({ idempotency, createdAt: NOW + DAY + 1 });
      expect(await store.requests.createRequest(again)).toMatchObject({ outcome: 'replayed', id: later.id });
    });

    test('of requests at once with one key one is made', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => store.requests.createRequest(newRequest({ idempotency }))),
      );
      const ids = new Set(outcomes.map((outcome) => 'id' in outcome && outcome.id));
      expect(ids.size).toBe(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    });

    test('all answers are counted, or none', async () => {
      const quota = { counter: 'somebody day', limit: 10, endsAt: NOW + DAY };
      await ask({ answers: 7, quota: { ...quota, amount: 7 } });
      const four = newRequest({ answers: 4, quota: { ...quota, amount: 4 } });
      expect(await store.requests.createRequest(four)).toEqual({ outcome: 'limited' });
      expect(await store.quotas.usage(NOW + DAY)).toEqual(new Map([['somebody day', 7]]));
      await ask({ answers: 3, quota: { ...quota, amount: 3 } });
      const tooMany = newRequest({ quota: { ...quota, counter: 'somebody else', amount: 11 } });
      expect(await store.requests.createRequest(tooMany)).toEqual({ outcome: 'limited' });
      expect(await store.quotas.usage(NOW + DAY)).toEqual(new Map([['somebody day', 10]]));
    });

    test('of requests at once as many are made as the quota allows', async () => {
      const quota = { counter: 'somebody day', limit: 10, endsAt: NOW + DAY, amount: 3 };
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, () => store.requests.createRequest(newRequest({ answers: 3, quota }))),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(3);
      expect(await store.quotas.usage(NOW + DAY)).toEqual(new Map([['somebody day', 9]]));
    });
  });

  describe('answering', () => {
    test('an answer is a secret, and who asked finds it with its key', async () => {
      const request = await ask({ answerViews: 2 });
      const { secret, wrappedKey, hasRoom } = newAnswer(request);
      const outcome = { id: secret.id, version: 2, views: 2, expiresAt: NOW + 2 * HOUR };
      expect(await give(request, { secret, wrappedKey, hasRoom })).toEqual({
        outcome: 'created',
        ...outcome,
      });
      expect(await collect(request)).toMatchObject({
        answersLeft: 0,
        received: [
          {
            id: secret.id,
            wrappedKey,
            createdAt: NOW,
            expiresAt: NOW + 2 * HOUR,
            viewsLeft: 2,
            revokedAt: null,
            destroyed: false,
          },
        ],
      });
      expect(await take(store, secret.id, 'claim', NOW)).toMatchObject({ blob: secret.blob, viewsLeft: 1 });
      expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob, viewsLeft: 0 });
      expect(await take(store, secret.id, null, NOW)).toBeNull();
    });

    test('answers are listed in the order they came, and only those of the request', async () => {
      const [one, other] = [await ask({ answers: 3 }), await ask()];
      const answers = [0, 1, 2].map((minutes) => newAnswer(one, { createdAt: NOW + minutes * MINUTE }));
      for (const answer of answers) await give(one, answer);
      await give(other);
      const { received } = await collect(one, NOW + 3 * MINUTE);
      expect(received.map(({ id }) => id)).toEqual(answers.map(({ secret }) => secret.id));
    });

    test('of any number at once as many succeed as are left', async () => {
      const request = await ask({ answers: 5 });
      const answers = Array.from({ length: 40 }, () => newAnswer(request));
      const outcomes = await Promise.all(answers.map((answer) => give(request, answer)));
      const made = answers.filter((_, place) => outcomes[place]?.outcome === 'created');
      expect(made).toHaveLength(5);
      const rest = outcomes.filter(({ outcome }) => outcome !== 'created');
      expect(new Set(rest.map((outcome) => JSON.stringify(outcome)))).toEqual(
        new Set([JSON.stringify({ outcome: 'closed', state: 'answered' })]),
      );
      const { received, answersLeft } = await collect(request);
      expect(answersLeft).toBe(0);
      expect(new Set(received.map(({ id }) => id))).toEqual(new Set(made.map(({ secret }) => secret.id)));
      for (const { secret } of answers) {
        const isThere = made.some((one) => one.secret.id === secret.id);
        expect(await take(store, secret.id, null, NOW)).toEqual(isThere ? expect.anything() : null);
      }
    });

    test.each([1, 3])('of the same one sent many times at once, with %i left, one is taken', async (left) => {
      const request = await ask({ answers: left });
      const first = newAnswer(request);
      const { idempotency } = first.secret;
      const answers = [first, ...Array.from({ length: 9 }, () => newAnswer(request, { idempotency }))];
      const outcomes = await Promise.all(answers.map((answer) => give(request, answer)));
      const { received, answersLeft } = await collect(request);
      expect(received).toHaveLength(1);
      expect(answersLeft).toBe(left - 1);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ id: received[0]?.id });
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    });

    test('the same one again is told the same, whatever has become of the request', async () => {
      const request = await ask();
      const answer = newAnswer(request);
      const { secret } = answer;
      await give(request, answer);
      const again = newAnswer(request, { idempotency: secret.idempotency, createdAt: NOW + 2 * HOUR });
      await store.purge(NOW + 2 * HOUR);
      const { id, expiresAt } = secret;
      expect(await give(request, again)).toEqual({
        outcome: 'replayed',
        id,
        version: 2,
        views: 1,
        expiresAt,
      });
      const other = { key: secret.idempotency?.key ?? '', bodyHash: 'another body' };
      expect(await give(request, newAnswer(request, { idempotency: other }))).toEqual({
        outcome: 'conflict',
      });
      expect((await collect(request)).received).toHaveLength(1);
    });

    test('without room for it only a repeated one is told of, and nothing is taken', async () => {
      const [request, other] = [await ask({ answers: 2 }), await ask()];
      const full = (one: NewRequest, changes: Partial<NewSecret>) =>
        give(one, { ...newAnswer(one, changes), hasRoom: false });
      const { secret, wrappedKey } = newAnswer(request);
      await give(request, { secret, wrappedKey, hasRoom: true });
      const { idempotency } = secret;
      expect(await full(request, { idempotency })).toMatchObject({ outcome: 'replayed', id: secret.id });
      const changed = { key: idempotency?.key ?? '', bodyHash: 'another body' };
      expect(await full(request, { idempotency: changed })).toEqual({ outcome: 'conflict' });
      for (const one of [request, other]) await expect(full(one, {})).rejects.toThrow(StoreFullError);
      await cancel(other);
      expect(await full(other, {})).toEqual({ outcome: 'closed', state: 'cancelled' });
      const upload = { id: 'U'.repeat(22), chunks: 1, bodyHash: 'hash' };
      expect(await full(request, { upload })).toEqual({ outcome: 'unknown upload' });
      expect(await collect(request)).toMatchObject({ answersLeft: 1, received: [{ id: secret.id }] });
      const late = { idempotency, createdAt: NOW + DAY };
      const longer = await ask({ answers: 2, expiresAt: NOW + 3 * DAY });
      await give(longer, newAnswer(longer, { idempotency }));
      await expect(full(longer, late)).rejects.toThrow(StoreFullError);
      expect(await give(longer, newAnswer(longer, late))).toMatchObject({ outcome: 'created' });
    });

    test("a key of an answer is the request's alone, and free again after 24 h", async () => {
      const [one, other] = [await ask({ answers: 2, expiresAt: NOW + 3 * DAY }), await ask()];
      const { idempotency } = newAnswer(one).secret;
      await give(one, newAnswer(one, { idempotency }));
      expect(await give(other, newAnswer(other, { idempotency }))).toMatchObject({ outcome: 'created' });
      const late = newAnswer(one, { idempotency, createdAt: NOW + DAY });
      expect(await give(one, late)).toMatchObject({ outcome: 'created', id: late.secret.id });
      expect((await collect(one, NOW + DAY)).received).toHaveLength(2);
    });

    test('none is taken at the expiry or later, nor after a purge by a clock that is set back', async () => {
      const request = await ask({ answers: 2 });
      const last = newAnswer(request, { createdAt: NOW + HOUR - 1 });
      expect(await give(request, last)).toMatchObject({ outcome: 'created' });
      const expired = { outcome: 'closed', state: 'expired' };
      expect(await give(request, newAnswer(request, { createdAt: NOW + HOUR }))).toEqual(expired);
      await store.purge(NOW + HOUR);
      expect(await give(request, newAnswer(request))).toEqual(expired);
      expect((await collect(request, NOW + HOUR)).received).toHaveLength(1);
    });
  });

  describe('what is shown', () => {
    test('decides before anything else is told', async () => {
      const open = await ask();
      const answered = await ask();
      const cancelled = await ask();
      const expired = await ask({ expiresAt: NOW });
      await give(answered);
      await cancel(cancelled);
      await store.purge(NOW);
      for (const { id } of [open, answered, cancelled, expired]) {
        for (const [shown, outcome] of [
          [null, 'proof required'],
          ['w'.repeat(43), 'wrong key'],
          ['', 'wrong key'],
        ] as const) {
          const answer = newAnswer(newRequest({ id }));
          expect(await store.requests.findRequest(id, shown, NOW)).toEqual({ outcome });
          expect(await store.requests.answer(id, answer, shown)).toEqual({ outcome });
          expect(await store.requests.listAnswers(id, shown, NOW)).toEqual({ outcome });
          expect(await store.requests.cancelRequest(id, { receiptHash: shown }, NOW)).toEqual({ outcome });
        }
        // Neither of the two does for the other.
        expect(await store.requests.findRequest(id, RECEIPT_HASH, NOW)).toEqual({ outcome: 'wrong key' });
        expect(await store.requests.listAnswers(id, LINK_HASH, NOW)).toEqual({ outcome: 'wrong key' });
        const asker = { receiptHash: LINK_HASH };
        expect(await store.requests.cancelRequest(id, asker, NOW)).toEqual({ outcome: 'wrong key' });
      }
      expect((await collect(open)).answersLeft).toBe(1);
    });

    test('does not matter where there is no request', async () => {
      const request = newRequest();
      const { id } = request;
      expect(await find(id, NOW)).toEqual({ outcome: 'unknown' });
      expect(await give(request)).toEqual({ outcome: 'unknown' });
      expect(await store.requests.listAnswers(id, null, NOW)).toEqual({ outcome: 'unknown' });
      expect(await cancel(request)).toEqual({ outcome: 'unknown' });
    });
  });

  describe('cancelling', () => {
    test('lets no more answers in, and leaves those that are there', async () => {
      const request = await ask({ answers: 3 });
      const answer = newAnswer(request);
      const { secret, wrappedKey } = answer;
      await give(request, answer);
      expect(await cancel(request)).toEqual({ outcome: 'cancelled' });
      expect(await cancel(request, NOW + 1)).toEqual({ outcome: 'cancelled' });
      expect(await give(request)).toEqual({ outcome: 'closed', state: 'cancelled' });
      const found = await collect(request);
      expect(found).toMatchObject({ cancelledAt: NOW, answersLeft: 2, received: [{ wrappedKey }] });
      expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
      expect(await find(request.id, NOW)).toMatchObject({
        sealedMessage: null,
      });
    });

    test('comes too late for what is answered or expired', async () => {
      const [answered, expired] = [await ask(), await ask()];
      await give(answered);
      expect(await cancel(answered)).toEqual({ outcome: 'closed', state: 'answered' });
      expect(await cancel(expired, NOW + HOUR)).toEqual({ outcome: 'closed', state: 'expired' });
    });

    test('is for the caller who asked too, and for no other', async () => {
      const request = await ask({ caller: 'key_of_somebody' });
      const by = (caller: string) => store.requests.cancelRequest(request.id, { caller }, NOW);
      expect(await by('key_of_another')).toEqual({ outcome: 'unknown' });
      expect(await stateAt(request)).toBe('open');
      expect(await by('key_of_somebody')).toEqual({ outcome: 'cancelled' });
      expect(await stateAt(request)).toBe('cancelled');
    });

    test('at the same time as answers, it and they agree about who was first', async () => {
      const request = await ask({ answers: 40 });
      const answers = Array.from({ length: 20 }, () => newAnswer(request));
      const [cancelled, ...outcomes] = await Promise.all([
        cancel(request),
        ...answers.map((answer) => give(request, answer)),
      ]);
      expect(cancelled).toEqual({ outcome: 'cancelled' });
      const { received, answersLeft } = await collect(request);
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(received.length);
      expect(answersLeft).toBe(40 - received.length);
      for (const outcome of outcomes) {
        if (outcome.outcome !== 'created') expect(outcome).toEqual({ outcome: 'closed', state: 'cancelled' });
      }
    });
  });

  describe('the end', () => {
    test('a message goes at the expiry, and stays until then if the request is answered', async () => {
      const request = await ask();
      await give(request);
      const messageAt = async (now: number) => {
        await store.purge(now);
        return find(request.id, now);
      };
      expect(await messageAt(NOW + HOUR - 1)).toMatchObject({ sealedMessage: request.sealedMessage });
      expect(await messageAt(NOW + HOUR)).toMatchObject({ sealedMessage: null, destroyed: true });
      expect(await stateAt(request, NOW + HOUR)).toBe('answered');
    });

    test.each(['read', 'acknowledged', 'revoked', 'expired', 'lease over'])(
      'a wrapped key goes when its secret is gone: %s',
      async (how) => {
        const request = await ask({ answers: 2 });
        const [one, other] = [newAnswer(request), newAnswer(request)];
        await give(request, one);
        const { id } = one.secret;
        const now = how === 'expired' ? NOW + 2 * HOUR : NOW + LEASE_MS;
        if (how === 'read') await take(store, id, null, NOW);
        if (how === 'revoked') await revoke(store, id, NOW);
        if (how === 'acknowledged' || how === 'lease over') await take(store, id, 'claim', NOW);
        if (how === 'acknowledged') await store.secrets.acknowledge(id, 'claim', NOW);
        if (how === 'lease over') {
          expect((await collect(request, NOW)).received).toMatchObject([{ wrappedKey: one.wrappedKey }]);
        }
        if (how !== 'expired') await give(request, other);
        await store.purge(now);
        const [gone, left] = (await collect(request, now)).received;
        expect(gone).toMatchObject({ id, wrappedKey: null, destroyed: true });
        expect(gone && stateOf(gone, now)).toBe({ revoked: 'revoked', expired: 'expired' }[how] ?? 'read');
        expect(left?.wrappedKey).toEqual(how === 'expired' ? undefined : other.wrappedKey);
      },
    );

    test("answers outlive the request's expiry, and can be read and found until theirs", async () => {
      const request = await ask({ answers: 5, secretExpiry: 3 * 24 * 60 });
      const answer = newAnswer(request);
      await give(request, answer);
      const end = NOW + 3 * DAY;
      await store.purge(end - 1);
      expect(await collect(request, end - 1)).toMatchObject({
        received: [{ wrappedKey: answer.wrappedKey }],
      });
      expect(await stateAt(request, end - 1)).toBe('expired');
      expect(await take(store, answer.secret.id, null, end - 1)).not.toBeNull();
    });

    test('a tombstone stays until 24 h after the last answer has ended, then nothing', async () => {
      const [answered, empty] = [await ask({ answers: 2 }), await ask()];
      await give(answered, newAnswer(answered, { createdAt: NOW + MINUTE }));
      const ends = [
        [empty, NOW + HOUR + TOMBSTONE_MS],
        [answered, NOW + 2 * HOUR + MINUTE + TOMBSTONE_MS],
      ] as const;
      for (const [{ id }, end] of ends) {
        await store.purge(end - 1);
        expect(await find(id, end - 1)).toMatchObject({ outcome: 'found' });
        expect(await find(id, end)).toEqual({ outcome: 'unknown' });
        await store.purge(end);
        expect(await find(id, NOW)).toEqual({ outcome: 'unknown' });
      }
      expect(await recordOf(store, answered.id, NOW)).toBeNull();
    });

    test('a purge gets through more than a batch, and counts what it forgets', async () => {
      await Promise.all(Array.from({ length: 450 }, () => ask()));
      expect(await store.purge(NOW + HOUR)).toEqual({ destroyed: 0, forgotten: 0 });
      expect(await store.purge(NOW + HOUR + DAY)).toEqual({ destroyed: 0, forgotten: 450 });
    });
  });

  describe('events', () => {
    test('each answer is told, and nothing after the last', async () => {
      const request = await ask({ answers: 2, callback: CALLBACK });
      const answers = [0, 1].map((minutes) => newAnswer(request, { createdAt: NOW + minutes * MINUTE }));
      for (const answer of answers) {
        await give(request, answer);
        await give(request, answer);
      }
      await give(request);
      await store.purge(NOW + HOUR);
      const told = [NOW, NOW + MINUTE].map((at) => ({
        event: 'request.answered',
        request_id: request.id,
        occurred_at: new Date(at).toISOString(),
      }));
      expect(await events()).toEqual(told);
    });

    test('an expiry is told once, as of the expiry, and only while answers are left', async () => {
      const [open, answered] = [
        await ask({ answers: 2, callback: CALLBACK }),
        await ask({ callback: CALLBACK }),
      ];
      await give(open);
      await give(answered);
      await events();
      for (const late of [5, 6]) await store.purge(NOW + HOUR + late);
      expect(await events()).toEqual([
        {
          event: 'request.expired',
          request_id: open.id,
          occurred_at: new Date(NOW + HOUR).toISOString(),
        },
      ]);
    });

    test('a cancellation is told once, and no expiry after it', async () => {
      const request = await ask({ callback: CALLBACK });
      for (const later of [1, 2]) await cancel(request, NOW + later);
      await store.purge(NOW + HOUR);
      expect(await events()).toEqual([
        {
          event: 'request.cancelled',
          request_id: request.id,
          occurred_at: new Date(NOW + 1).toISOString(),
        },
      ]);
    });

    test('of what has no callback nothing is told, and of an answer itself neither', async () => {
      const [request, silent] = [await ask({ callback: CALLBACK }), await ask()];
      const answer = newAnswer(request);
      await give(request, answer);
      await give(silent);
      await events();
      await take(store, answer.secret.id, null, NOW);
      await store.purge(NOW + 3 * HOUR);
      expect(await events()).toEqual([]);
    });
  });

  describe('lists', () => {
    const page = (changes: Partial<RequestPage> = {}): RequestPage => ({
      ...{ state: null, after: null, limit: 100 },
      ...changes,
    });
    const idsOf = async (caller: string, changes: Partial<RequestPage>, now = NOW) =>
      (await store.requests.listRequests(caller, page(changes), now)).map(({ id }) => id);

    test("have the caller's own, the newest first, in pages", async () => {
      const times = [0, 1, 1, 1, 2, 0];
      const requests = [];
      for (const later of times) requests.push(await ask({ caller: 'key_1', createdAt: NOW + later }));
      await ask({ caller: 'key_2' });
      const expected = requests
        .sort((one, other) => other.createdAt - one.createdAt || (one.id < other.id ? 1 : -1))
        .map(({ id }) => id);
      expect(await idsOf('key_1', {})).toEqual(expected);
      const pages: string[] = [];
      let after: RequestPage['after'] = null;
      for (let turn = 0; turn < 3; turn += 1) {
        const records = await store.requests.listRequests('key_1', page({ after, limit: 2 }), NOW);
        pages.push(...records.map(({ id }) => id));
        after = records.at(-1) ?? null;
      }
      expect(pages).toEqual(expected);
      expect(await idsOf('key_1', { after })).toEqual([]);
    });

    test('go on where they were, whatever came, ended or was forgotten meanwhile', async () => {
      const caller = 'key_1';
      const made: NewRequest[] = [];
      for (let count = 0; count < 8; count += 1) {
        const expiresAt = NOW + HOUR * (count % 2 ? 1 : 99);
        made.push(await ask({ caller, createdAt: NOW - count, expiresAt }));
      }
      const [, , , last = null] = await store.requests.listRequests(caller, page({ limit: 4 }), NOW);
      expect(last?.id).toBe(made[3]?.id);
      const later = NOW + 2 * HOUR + TOMBSTONE_MS;
      await store.purge(later);
      await cancel(made[4] as NewRequest, later);
      await ask({ caller, createdAt: later, expiresAt: later + HOUR });
      expect(await idsOf(caller, { after: last }, later)).toEqual([made[4]?.id, made[6]?.id]);
    });

    test('can have one state only, and forget what is forgotten', async () => {
      const caller = 'key_1';
      const expiresAt = NOW + 2 * HOUR;
      const open = await ask({ caller, expiresAt });
      const [answered, cancelled] = [await ask({ caller, expiresAt }), await ask({ caller })];
      const expired = await ask({ caller });
      await give(answered);
      await cancel(cancelled);
      const now = NOW + HOUR;
      for (const purged of [false, true]) {
        if (purged) await store.purge(now);
        expect(await idsOf(caller, { state: 'open' }, now)).toEqual([open.id]);
        expect(await idsOf(caller, { state: 'answered' }, now)).toEqual([answered.id]);
        expect(await idsOf(caller, { state: 'cancelled' }, now)).toEqual([cancelled.id]);
        expect(await idsOf(caller, { state: 'expired' }, now)).toEqual([expired.id]);
      }
      expect(new Set(await idsOf(caller, {}, now + DAY))).toEqual(new Set([open.id, answered.id]));
      expect(await idsOf(caller, {}, NOW + 3 * DAY)).toEqual([]);
    });
  });
}

/** Bytes of any class of a driver's, to compare. */
function plain(bytes: Uint8Array | null): Bytes | null {
  return bytes && Uint8Array.from(bytes);
}
