/** What every store is held to about gates, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { GateName } from '../../src/core/protocol/gates.js';
import { type Gates, STRANGER, type Visitor } from '../../src/server/store/contracts/gates.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
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
  Record<
    Exclude<GateName, 'code'>,
    { gates: Partial<Gates>; passes: Partial<Visitor>; now?: number; refusal: object }
  >
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

  const read = (id: string, visitor: Partial<Visitor>, now = NOW, claim: string | null = null) =>
    store.secrets.consume(id, claim, RIGHT, now, false, { ...STRANGER, ...visitor });

  test('all sets of gates let in who passes each of them, and nobody whom one refuses', async () => {
    const merged = (names: readonly (keyof typeof EACH)[], of: 'gates' | 'passes') =>
      Object.assign({}, ...names.map((name) => EACH[name][of]));
    for (const set of SETS) {
      const id = await keep(set.length === 0 ? null : merged(set, 'gates'));
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
