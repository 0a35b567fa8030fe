/** What every store is held to about gates, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { GateName } from '../../src/core/protocol/gates.js';
import { type Gates, STRANGER, type Visitor } from '../../src/server/store/contracts/gates.js';
import type { NewCode, NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { newAnswer, newRequest, RECEIPT_HASH } from '../support/new-request.js';
import { gatesWith, NOW, newSecret } from '../support/new-secret.js';
import { RIGHT, recordOf, WRONG } from '../support/reading.js';

const MINUTE = 60_000;
const LINK_HASH = 'l'.repeat(43);

/** A puzzle that was solved. */
const puzzle = (name: string, endsAt = NOW + 10 * MINUTE) => ({ name, endsAt });

/** What each gate is made of, what passes it, and how one is refused who does not. */
const EACH: Readonly<
  Record<GateName, { gates: Partial<Gates>; passes: Partial<Visitor>; now?: number; refusal: object }>
> = {
  addresses: {
    gates: { addresses: ['203.0.113.0/24', '2001:db8::/32'] },
    passes: { address: '203.0.113.9' },
    refusal: { outcome: 'address not allowed' },
  },
  countries: {
    gates: { countries: ['FR', 'DE'] },
    passes: { country: 'DE' },
    refusal: { outcome: 'country not allowed' },
  },
  not_before: {
    gates: { notBefore: NOW + MINUTE },
    passes: {},
    now: NOW + MINUTE,
    refusal: { outcome: 'too early', waitMs: MINUTE },
  },
  captcha: {
    gates: { captcha: true },
    passes: { puzzle: puzzle('solved') },
    refusal: { outcome: 'captcha required' },
  },
  code: {
    gates: { code: { by: 'email', to: 'reader@example.org' } },
    passes: { codeMac: 'right' },
    refusal: { outcome: 'code required' },
  },
};

const NAMES = Object.keys(EACH) as (keyof typeof EACH)[];

/** Every set of gates. */
const SETS = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  NAMES.filter((_name, place) => bits & (1 << place)),
);

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeGatesContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  async function keep(gates: Partial<Gates> | null, changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret({ gates: gates && gatesWith(gates), ...changes });
    await store.secrets.create(secret);
    return secret.id;
  }

  let sent = 0;

  /** A code to send. */
  function newCode(
    mac: string,
    { now = NOW, counter = 'reader', by = 'email' as 'email' | 'phone' } = {},
  ): NewCode {
    sent += 1;
    const message = {
      id: `message-${sent}`,
      by,
      to: 'reader@example.org',
      digits: '123456',
      language: 'en' as const,
    };
    return {
      mac,
      message: { ...message, endsAt: now + 10 * MINUTE },
      quota: { counter, limit: 5, endsAt: NOW + 60 * MINUTE },
    };
  }

  const send = (id: string, mac: string, visitor: Partial<Visitor> = {}, now = NOW, counter = 'reader') =>
    store.secrets.sendCode(id, RIGHT, { ...STRANGER, ...visitor }, newCode(mac, { now, counter }), now);

  const lease = (now = NOW, by: readonly ('email' | 'phone')[] = ['email']) =>
    store.outbox.leaseMessages(now, 10, MINUTE, by);

  const read = (id: string, visitor: Partial<Visitor>, now = NOW, claim: string | null = null) =>
    store.secrets.consume(id, claim, RIGHT, now, false, { ...STRANGER, ...visitor });

  test('all sets of gates let in who passes each of them, and nobody whom one refuses', async () => {
    const merged = (names: readonly (keyof typeof EACH)[], of: 'gates' | 'passes') =>
      Object.assign({}, ...names.map((name) => EACH[name][of]));
    for (const set of SETS) {
      const id = await keep(set.length === 0 ? null : merged(set, 'gates'));
      if (set.includes('code')) {
        // With all above that there are: before, none is sent.
        const above = set.filter((name) => name !== 'code');
        const now = above.includes('not_before') ? NOW + MINUTE : NOW;
        for (const missing of above) {
          const others = above.filter((name) => name !== missing);
          const at = others.includes('not_before') ? NOW + MINUTE : NOW;
          expect(await send(id, 'x', merged(others, 'passes'), at, id)).toEqual(EACH[missing].refusal);
        }
        expect(await send(id, 'right', merged(above, 'passes'), now, id)).toEqual({ outcome: 'queued' });
      }
      for (const missing of set) {
        const others = set.filter((name) => name !== missing);
        const now = others.includes('not_before') ? NOW + MINUTE : NOW;
        expect([set, await read(id, merged(others, 'passes'), now)]).toEqual([set, EACH[missing].refusal]);
      }
      const [first] = set;
      if (first !== undefined) expect(await read(id, {})).toEqual(EACH[first].refusal);
      expect(await recordOf(store, id, NOW)).toMatchObject({
        viewsLeft: 1,
        firstReadAt: null,
        destroyed: false,
      });
      expect(await read(id, merged(set, 'passes'), NOW + MINUTE)).toMatchObject({ outcome: 'consumed' });
    }
  });

  test('a refusal comes after the proof, the passphrase and the state', async () => {
    const id = await keep({ addresses: ['203.0.113.9'] }, { linkProofHash: LINK_HASH });
    const as = (proofHash: string | null, linkProofHash: string | null) =>
      store.secrets.consume(id, null, { proofHash, linkProofHash }, NOW);
    expect(await as(null, null)).toEqual({ outcome: 'proof required' });
    expect(await as(RIGHT.proofHash, null)).toEqual({ outcome: 'wrong key' });
    expect(await as(WRONG.proofHash, LINK_HASH)).toEqual({ outcome: 'wrong passphrase' });
    expect(await as(RIGHT.proofHash, LINK_HASH)).toEqual({ outcome: 'address not allowed' });
    await store.secrets.revoke(id, { proofHash: RIGHT.proofHash, linkProofHash: LINK_HASH }, NOW);
    expect(await as(RIGHT.proofHash, LINK_HASH)).toEqual({ outcome: 'gone', state: 'revoked' });
    const old = await keep({ addresses: ['203.0.113.9'] });
    expect(await read(old, {}, NOW + 60 * MINUTE)).toEqual({ outcome: 'gone', state: 'expired' });
  });

  test('a claim that has its view is not asked again, and one whose lease is over finds the secret read', async () => {
    const id = await keep({ addresses: ['203.0.113.9'] }, { views: 2 });
    const first = await read(id, { address: '203.0.113.9' }, NOW, 'claim');
    expect(first).toMatchObject({ outcome: 'consumed', viewsLeft: 1 });
    expect(await read(id, { address: '198.51.100.1' }, NOW + 1, 'claim')).toMatchObject({
      outcome: 'consumed',
    });
    expect(await read(id, {}, NOW + 1, 'other')).toEqual({ outcome: 'address not allowed' });
    await store.secrets.acknowledge(id, 'claim', NOW + 2);
    expect(await read(id, { address: '203.0.113.9' }, NOW + 3, 'claim')).toEqual({
      outcome: 'gone',
      state: 'read',
    });
    expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 1 });
  });

  test('a puzzle gives one view, and is used up by nothing else', async () => {
    const id = await keep({ captcha: true, countries: ['FR'] }, { views: 3 });
    const solved = { country: 'FR', puzzle: puzzle('one') };
    expect(await read(id, { ...solved, country: 'DE' })).toEqual({ outcome: 'country not allowed' });
    expect(await read(id, solved)).toMatchObject({ outcome: 'consumed', viewsLeft: 2 });
    expect(await read(id, solved)).toEqual({ outcome: 'captcha required' });
    expect(await read(id, { country: 'FR', puzzle: puzzle('two', NOW) })).toEqual({
      outcome: 'captcha required',
    });
    expect(await read(id, { country: 'FR', puzzle: puzzle('two') })).toMatchObject({ viewsLeft: 1 });
    // Puzzles whose time is over are forgotten, and refused for that.
    const late = NOW + 10 * MINUTE;
    expect(await read(id, { country: 'FR', puzzle: puzzle('three', late + 1) }, late)).toMatchObject({
      viewsLeft: 0,
    });
    expect(await read(await keep({ captcha: true }), { puzzle: puzzle('one') })).toMatchObject({
      outcome: 'consumed',
    });
  });

  test('one puzzle that comes many times at once gives one view', async () => {
    const id = await keep({ captcha: true }, { views: 10 });
    const reads = await Promise.all(Array.from({ length: 20 }, () => read(id, { puzzle: puzzle('one') })));
    expect(reads.filter(({ outcome }) => outcome === 'consumed')).toHaveLength(1);
    expect(reads.filter(({ outcome }) => outcome === 'captcha required')).toHaveLength(19);
    expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 9 });
  });

  test('of many readers who pass as many get a view as there are', async () => {
    const id = await keep({ captcha: true, addresses: ['203.0.113.0/24'] }, { views: 4 });
    const reads = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        read(id, { address: '203.0.113.9', puzzle: puzzle(`${i}`) }, NOW, `claim-${i}`),
      ),
    );
    expect(reads.filter(({ outcome }) => outcome === 'consumed')).toHaveLength(4);
    expect(reads.filter(({ outcome }) => outcome === 'gone')).toHaveLength(20);
  });

  test('gates are told with the record, and go with the ciphertext', async () => {
    const gates = { addresses: ['203.0.113.9'], notBefore: NOW - 1 };
    const id = await keep(gates);
    const plain = await keep(null);
    expect(await recordOf(store, id, NOW)).toMatchObject({ gates: gatesWith(gates) });
    expect(await store.secrets.record(id, NOW)).toMatchObject({ gates: gatesWith(gates) });
    expect((await recordOf(store, plain, NOW))?.gates).toBeNull();
    await read(id, { address: '203.0.113.9' });
    expect(await recordOf(store, id, NOW)).toMatchObject({ destroyed: true, gates: null });
    const expired = await keep(gates);
    await store.purge(NOW + 60 * MINUTE);
    expect((await recordOf(store, expired, NOW))?.gates).toBeNull();
  });

  describe('codes', () => {
    const CODE: Partial<Gates> = { code: { by: 'email', to: 'reader@example.org' } };

    test('the right one is used up by the view it was for, and by nothing else', async () => {
      const id = await keep({ ...CODE, countries: ['FR'] }, { views: 3 });
      const reader = { country: 'FR', codeMac: 'right' };
      expect(await read(id, reader)).toEqual({ outcome: 'code required' });
      expect(await send(id, 'right', { country: 'FR' })).toEqual({ outcome: 'queued' });
      expect(await read(id, { country: 'FR' })).toEqual({ outcome: 'code required' });
      expect(await read(id, { ...reader, country: 'DE' })).toEqual({ outcome: 'country not allowed' });
      expect(await read(id, reader, NOW, 'claim')).toMatchObject({ outcome: 'consumed', viewsLeft: 2 });
      // The claim has its view; another reader needs a code of its own.
      expect(await read(id, {}, NOW + 1, 'claim')).toMatchObject({ outcome: 'consumed' });
      expect(await read(id, reader)).toEqual({ outcome: 'code required' });
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 2 });
    });

    test('five wrong ones end a code, and the right one of a second message is taken', async () => {
      const id = await keep(CODE);
      await send(id, 'first');
      for (let count = 1; count <= 5; count += 1) {
        expect(await read(id, { codeMac: `wrong-${count}` })).toEqual({ outcome: 'wrong code' });
      }
      expect(await read(id, { codeMac: 'first' })).toEqual({ outcome: 'code required' });
      expect(await send(id, 'second', {}, NOW + MINUTE)).toEqual({ outcome: 'queued' });
      expect(await read(id, { codeMac: 'first' }, NOW + MINUTE)).toEqual({ outcome: 'wrong code' });
      expect(await recordOf(store, id, NOW)).toMatchObject({ viewsLeft: 1 });
      expect(await read(id, { codeMac: 'second' }, NOW + MINUTE)).toMatchObject({ outcome: 'consumed' });
    });

    test('of any number of wrong ones at once no more than five are judged, and none keeps a later code out', async () => {
      const id = await keep(CODE);
      await send(id, 'right');
      const reads = await Promise.all(
        Array.from({ length: 20 }, (_, i) => read(id, { codeMac: `wrong-${i}` })),
      );
      expect(reads.filter(({ outcome }) => outcome === 'wrong code')).toHaveLength(5);
      expect(reads.filter(({ outcome }) => outcome === 'code required')).toHaveLength(15);
      expect(await read(id, { codeMac: 'right' })).toEqual({ outcome: 'code required' });
    });

    test('the right one many times at once gives one view', async () => {
      const id = await keep(CODE, { views: 5 });
      await send(id, 'right');
      const reads = await Promise.all(
        Array.from({ length: 10 }, (_, i) => read(id, { codeMac: 'right' }, NOW, `${i}`)),
      );
      expect(reads.filter(({ outcome }) => outcome === 'consumed')).toHaveLength(1);
      expect(reads.filter(({ outcome }) => outcome === 'code required')).toHaveLength(9);
    });

    test('one of another secret is wrong, and one whose time is over is none', async () => {
      const [id, other] = [await keep(CODE), await keep(CODE)];
      await send(id, 'of the one', {}, NOW, 'one');
      await send(other, 'of the other', {}, NOW, 'other');
      expect(await read(id, { codeMac: 'of the other' })).toEqual({ outcome: 'wrong code' });
      expect(await read(id, { codeMac: 'of the one' }, NOW + 10 * MINUTE)).toEqual({
        outcome: 'code required',
      });
    });

    test('are sent once a minute, five times an hour and twenty times in all, about one secret', async () => {
      const id = await keep(CODE, { expiresAt: NOW + 48 * 60 * MINUTE });
      let now = NOW;
      for (let count = 1; count <= 20; count += 1) {
        const fresh = `reader-${count}`;
        expect([count, await send(id, `${count}`, {}, now, fresh)]).toEqual([count, { outcome: 'queued' }]);
        if (count === 20) break;
        expect(await send(id, 'x', {}, now + MINUTE - 1, fresh)).toMatchObject({ outcome: 'too many codes' });
        if (count % 5 === 0) {
          const waitMs = 56 * MINUTE - MINUTE;
          expect(await send(id, 'x', {}, now + MINUTE, fresh)).toEqual({ outcome: 'too many codes', waitMs });
          now += 56 * MINUTE;
        } else now += MINUTE;
      }
      expect(await send(id, 'x', {}, now + 120 * MINUTE)).toEqual({
        outcome: 'too many codes',
        waitMs: null,
      });
      // The last one that was sent still counts.
      expect(await read(id, { codeMac: '20' }, now + 1)).toMatchObject({ outcome: 'consumed' });
    });

    test('are sent five times an hour to one recipient, about all secrets together', async () => {
      for (let count = 1; count <= 5; count += 1) {
        expect(await send(await keep(CODE), 'x')).toEqual({ outcome: 'queued' });
      }
      const id = await keep(CODE);
      const waitMs = 60 * MINUTE;
      expect(await send(id, 'x')).toEqual({ outcome: 'too many codes', waitMs });
      expect(await read(id, { codeMac: 'x' })).toEqual({ outcome: 'code required' });
      expect(await send(id, 'x', {}, NOW, 'another')).toEqual({ outcome: 'queued' });
    });

    test('are sent to who has the key of a secret that waits and asks for one', async () => {
      const locked = await keep(CODE, { linkProofHash: LINK_HASH });
      const as = (proofHash: string | null, linkProofHash: string | null, id = locked) =>
        store.secrets.sendCode(
          id,
          { proofHash, linkProofHash },
          STRANGER,
          newCode('x', { counter: 'as' }),
          NOW,
        );
      expect(await as(null, null)).toEqual({ outcome: 'proof required' });
      expect(await as(RIGHT.proofHash, null)).toEqual({ outcome: 'wrong key' });
      expect(await as(WRONG.proofHash, LINK_HASH)).toEqual({ outcome: 'wrong passphrase' });
      expect(await recordOf({ secrets: asLocked() }, locked, NOW)).toMatchObject({ wrongPassphrases: 1 });
      expect(await as(RIGHT.proofHash, LINK_HASH)).toEqual({ outcome: 'queued' });
      expect(await send('unknown', 'x')).toEqual({ outcome: 'unknown' });
      expect(await send(await keep({ captcha: true }), 'x', { puzzle: puzzle('p') })).toEqual({
        outcome: 'no such gate',
      });
      expect(await send(await keep(null), 'x')).toEqual({ outcome: 'no such gate' });
      const gone = await keep(CODE);
      await store.secrets.revoke(gone, RIGHT, NOW);
      expect(await send(gone, 'x')).toEqual({ outcome: 'gone', state: 'revoked' });
      const old = await keep(CODE);
      expect(await send(old, 'x', {}, NOW + 60 * MINUTE)).toEqual({ outcome: 'gone', state: 'expired' });
    });

    /** The store as it is, for one who has the passphrase too. */
    const asLocked = (): Store['secrets'] =>
      Object.assign(Object.create(null), {
        status: (id: string, _: unknown, now: number) =>
          store.secrets.status(id, { proofHash: RIGHT.proofHash, linkProofHash: LINK_HASH }, now),
      });

    test('a message is leased by one, until it is sent or its time is over', async () => {
      const id = await keep(CODE);
      await send(id, 'x');
      expect(await lease(NOW, ['phone'])).toEqual([]);
      const [message] = await lease();
      expect(message).toEqual({
        id: `message-${sent}`,
        by: 'email',
        to: 'reader@example.org',
        digits: '123456',
        language: 'en',
        endsAt: NOW + 10 * MINUTE,
        attempt: 1,
      });
      expect(await lease(NOW + MINUTE - 1)).toEqual([]);
      expect(await lease(NOW + MINUTE)).toMatchObject([{ attempt: 2 }]);
      // The lease that is over changes nothing any more.
      await store.outbox.markUnsent(message?.id ?? '', 1, null);
      await store.outbox.markUnsent(message?.id ?? '', 2, NOW + MINUTE + 5);
      expect(await lease(NOW + MINUTE + 4)).toEqual([]);
      expect(await lease(NOW + MINUTE + 5)).toMatchObject([{ attempt: 3 }]);
      await store.outbox.markSent(message?.id ?? '');
      expect(await lease(NOW + 5 * MINUTE)).toEqual([]);
      await send(await keep(CODE), 'x');
      expect(await lease(NOW + 10 * MINUTE, ['email', 'phone'])).toEqual([]);
      expect(await lease(NOW + 1)).toEqual([]);
    });

    test('a message that was given up is gone, and a newer one takes the place of one that waits', async () => {
      const id = await keep(CODE);
      await send(id, 'first');
      const [first] = await lease();
      await send(id, 'second', {}, NOW + MINUTE);
      await store.outbox.markSent(first?.id ?? '');
      const [second] = await lease(NOW + MINUTE);
      expect([second?.attempt, second?.id === first?.id]).toEqual([1, false]);
      await store.outbox.markUnsent(second?.id ?? '', 1, null);
      expect(await lease(NOW + 5 * MINUTE)).toEqual([]);
    });

    test('messages go with the ciphertext', async () => {
      const read = await keep(CODE);
      await send(read, 'right');
      await store.secrets.consume(read, null, RIGHT, NOW, false, { ...STRANGER, codeMac: 'right' });
      const revoked = await keep(CODE);
      await send(revoked, 'x');
      await store.secrets.revoke(revoked, RIGHT, NOW);
      const expired = await keep(CODE, { expiresAt: NOW + MINUTE });
      await send(expired, 'x');
      await store.purge(NOW + MINUTE);
      expect(await lease(NOW + MINUTE)).toEqual([]);
    });
  });

  describe('of a request', () => {
    test('are those of each of its answers', async () => {
      const gates = gatesWith({ addresses: ['203.0.113.9'], captcha: true });
      const request = newRequest({ answers: 2, gates });
      await store.requests.createRequest(request);
      for (const name of ['one', 'two']) {
        const answer = newAnswer(request);
        expect(await store.requests.answer(request.id, answer, request.proofHash)).toMatchObject({
          outcome: 'created',
        });
        const { id } = answer.secret;
        expect(await recordOf(store, id, NOW)).toMatchObject({ gates });
        expect(await read(id, { address: '203.0.113.9' })).toEqual({ outcome: 'captcha required' });
        expect(await read(id, { address: '203.0.113.9', puzzle: puzzle(name) })).toMatchObject({
          outcome: 'consumed',
        });
      }
      expect(await store.requests.listAnswers(request.id, RECEIPT_HASH, NOW)).toMatchObject({
        answersLeft: 0,
      });
    });

    test('are none where it has none', async () => {
      const request = newRequest();
      await store.requests.createRequest(request);
      const answer = newAnswer(request);
      await store.requests.answer(request.id, answer, request.proofHash);
      expect((await recordOf(store, answer.secret.id, NOW))?.gates).toBeNull();
      expect(await read(answer.secret.id, {})).toMatchObject({ outcome: 'consumed' });
    });
  });
}
