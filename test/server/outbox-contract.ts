/** What the outbox of every store is held to, with simulated time. Part of the store contract. */

import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import type { Excepted, LeasedEvent } from '../../src/server/store/contracts/outbox.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { recordOf, revoke, take } from '../support/reading.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LEASE = 30_000;
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeOutboxContract(current: () => Store): void {
  const callback = { url: 'https://hooks.example.com:8443/zephr?x=1', secret: 'pa\u00dfwort' };
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  /** Keeps a secret with a callback and gives its id. */
  async function keep(changes: Partial<NewSecret> = {}): Promise<string> {
    const secret = newSecret({ callback, ...changes });
    await store.secrets.create(secret);
    return secret.id;
  }

  /** Leases all that is due. */
  const due = (now = NOW, limit = 10_000, except: Partial<Excepted> = {}) =>
    store.outbox.leaseEvents(now, limit, LEASE, { hosts: [], callers: [], ...except });

  /** What the events say, without their ids, by time and name. */
  const told = (events: readonly LeasedEvent[]) =>
    events
      .map(({ body }) => JSON.parse(body) as Record<string, string>)
      .map(({ event, secret_id, occurred_at }) => ({ event, secret_id, occurred_at }))
      .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

  const iso = (ms: number) => new Date(ms).toISOString();

  describe('an event', () => {
    test('is as the protocol has it, signed over its exact bytes', async () => {
      const id = await keep({ hint: 'db "password"' });
      await take(store, id, null, NOW + 5);
      const [event, ...others] = await due(NOW + 5);
      expect(others).toEqual([]);
      expect(event).toEqual({
        id: expect.stringMatching(UUID_V4),
        name: 'secret.consumed',
        url: callback.url,
        host: 'hooks.example.com:8443',
        caller: 'somebody',
        body: JSON.stringify({
          event: 'secret.consumed',
          event_id: event?.id,
          secret_id: id,
          occurred_at: iso(NOW + 5),
          hint: 'db "password"',
        }),
        signature: createHmac('sha256', callback.secret)
          .update(event?.body ?? '')
          .digest('hex'),
        attempt: 1,
      });
    });

    test('has no hint where the secret has none', async () => {
      await take(store, await keep(), null, NOW);
      const [event] = await due();
      expect(Object.keys(JSON.parse(event?.body ?? ''))).not.toContain('hint');
    });

    test('is nobody\u2019s concern without a callback', async () => {
      const ids = await Promise.all([1, 2, 3].map(() => keep({ callback: null })));
      await take(store, ids[0] ?? '', null, NOW);
      await revoke(store, ids[1] ?? '', NOW);
      await store.purge(NOW + HOUR);
      expect(await due(NOW + HOUR)).toEqual([]);
    });
  });

  describe('secret.consumed', () => {
    test('is told at the first of several views, and never again', async () => {
      const id = await keep({ views: 3 });
      expect(await due()).toEqual([]);
      await take(store, id, null, NOW);
      expect(told(await due())).toEqual([{ event: 'secret.consumed', secret_id: id, occurred_at: iso(NOW) }]);
      await take(store, id, 'claim', NOW + 1);
      await take(store, id, null, NOW + 2);
      await store.purge(NOW + 2 * HOUR);
      expect(await due(NOW + 1)).toEqual([]);
    });

    test('is told once for a claim that repeats its read and acknowledges it', async () => {
      const id = await keep();
      await take(store, id, 'claim', NOW);
      await take(store, id, 'claim', NOW + 1);
      await store.secrets.acknowledge(id, 'claim', NOW + 2);
      await store.purge(NOW + HOUR);
      expect(await due(NOW + HOUR)).toHaveLength(1);
    });

    test('is told once when many read at once', async () => {
      const id = await keep({ views: 5 });
      await Promise.all(
        Array.from({ length: 16 }, (_, i) => take(store, id, i % 2 ? null : `claim-${i}`, NOW)),
      );
      expect(await due()).toHaveLength(1);
    });

    test('is not told when there was nothing to take', async () => {
      const id = await keep();
      await take(store, id, null, NOW + HOUR);
      await take(store, 'unknown', null, NOW);
      expect(await due(NOW + HOUR)).toEqual([]);
    });
  });

  describe('secret.expired', () => {
    test('is told once, as of the expiry, when nobody read', async () => {
      const id = await keep();
      await store.purge(NOW + HOUR - 1);
      expect(await due(NOW + HOUR)).toEqual([]);
      await store.purge(NOW + HOUR + 7);
      await store.purge(NOW + HOUR + 8);
      expect(told(await due(NOW + HOUR + 8))).toEqual([
        { event: 'secret.expired', secret_id: id, occurred_at: iso(NOW + HOUR) },
      ]);
      await store.purge(NOW + HOUR + TOMBSTONE_MS);
      expect(await due(NOW + HOUR + 8)).toEqual([]);
    });

    test('is not told of what was read, even if views were left', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, 'claim', NOW + HOUR - 1);
      await store.purge(NOW + HOUR);
      await store.purge(NOW + 2 * HOUR);
      expect(told(await due(NOW + 2 * HOUR))).toMatchObject([{ event: 'secret.consumed', secret_id: id }]);
    });

    test('is told by a revocation that comes too late, instead of the purge', async () => {
      const id = await keep();
      expect(await revoke(store, id, NOW + HOUR)).toBe('expired');
      await revoke(store, id, NOW + HOUR + 1);
      await store.purge(NOW + 2 * HOUR);
      expect(told(await due(NOW + 2 * HOUR))).toEqual([
        { event: 'secret.expired', secret_id: id, occurred_at: iso(NOW + HOUR) },
      ]);
    });

    test('is told of every secret that nobody looked after for days', async () => {
      const ids = await Promise.all(Array.from({ length: 450 }, () => keep()));
      const late = NOW + 5 * TOMBSTONE_MS;
      expect(await store.purge(late)).toEqual({ destroyed: 450, forgotten: 450 });
      const events = told(await due(late));
      expect(events.map(({ secret_id }) => secret_id).sort()).toEqual(ids.sort());
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['secret.expired']));
    });
  });

  describe('secret.revoked', () => {
    test('is told once, and nothing after it', async () => {
      const id = await keep();
      await revoke(store, id, NOW + 1);
      await revoke(store, id, NOW + 2);
      await store.purge(NOW + 2 * HOUR);
      expect(told(await due(NOW + 2 * HOUR))).toEqual([
        { event: 'secret.revoked', secret_id: id, occurred_at: iso(NOW + 1) },
      ]);
    });

    test('follows secret.consumed when views were left', async () => {
      const id = await keep({ views: 2 });
      await take(store, id, null, NOW);
      await revoke(store, id, NOW + 1);
      expect(told(await due(NOW + 1)).map(({ event }) => event)).toEqual([
        'secret.consumed',
        'secret.revoked',
      ]);
    });

    test('is not told when all views were taken', async () => {
      const id = await keep();
      await take(store, id, 'claim', NOW);
      await revoke(store, id, NOW + 1);
      expect(told(await due(NOW + 1))).toMatchObject([{ event: 'secret.consumed' }]);
    });
  });

  describe('a lease of an event', () => {
    /** An event that is due at {@link NOW}, not leased yet. */
    async function announce(url = callback.url): Promise<string> {
      const id = await keep({ callback: { ...callback, url } });
      await take(store, id, null, NOW);
      return id;
    }

    test('keeps it from everybody else until it ends, then gives the same bytes again', async () => {
      await announce();
      const [first] = await due();
      expect(await due(NOW + LEASE - 1)).toEqual([]);
      expect(await due(NOW + LEASE)).toEqual([{ ...first, attempt: 2 }]);
    });

    test('is given to one of many who ask at once', async () => {
      await announce();
      const answers = await Promise.all(Array.from({ length: 16 }, () => due()));
      expect(answers.flat()).toHaveLength(1);
    });

    test('takes no more than asked for, those first that have been due longest', async () => {
      const ids: string[] = [];
      for (const at of [3, 1, 2]) {
        const id = await keep();
        await take(store, id, null, NOW + at);
        ids[at] = id;
      }
      const secretsOf = (events: readonly LeasedEvent[]) => told(events).map(({ secret_id }) => secret_id);
      expect(secretsOf(await due(NOW + 9, 2)).sort()).toEqual([ids[1], ids[2]].sort());
      expect(secretsOf(await due(NOW + 9, 2))).toEqual([ids[3]]);
    });

    test('passes over hosts that are excepted', async () => {
      await announce('https://one.example/a');
      const other = await announce('https://two.example:8443/');
      await announce('https://one.example/b');
      expect(await due(NOW, 10, { hosts: ['one.example', 'two.example:8443'] })).toEqual([]);
      expect(told(await due(NOW, 10, { hosts: ['one.example'] }))).toMatchObject([{ secret_id: other }]);
      expect(await due(NOW, 10, { hosts: ['two.example:8443', 'three.example'] })).toHaveLength(2);
    });

    test('passes over callers that are excepted, whatever their events are about', async () => {
      const ids: Record<string, string> = {};
      for (const caller of ['key_one', 'read', 'revoked', 'expired'])
        ids[caller] = await keep({ caller, views: 2 });
      await take(store, ids.key_one ?? '', null, NOW);
      await take(store, ids.read ?? '', 'claim', NOW);
      await revoke(store, ids.revoked ?? '', NOW);
      await store.purge(NOW + HOUR);
      const callers = ['read', 'revoked', 'expired'];
      expect(await due(NOW + HOUR, 10, { callers: [...callers, 'key_one'] })).toEqual([]);
      const first = await due(NOW + HOUR, 10, { callers });
      expect(first.map(({ caller }) => caller)).toEqual(['key_one']);
      const rest = await due(NOW + HOUR, 10, { callers: ['key_one', 'unknown'] });
      expect(rest.map(({ caller }) => caller).sort()).toEqual(callers.sort());
    });

    test('ends for good when the event is delivered, be it late', async () => {
      await announce();
      const [event] = await due();
      await store.outbox.markDelivered(event?.id ?? '');
      await store.outbox.markDelivered(event?.id ?? '');
      expect(await due(NOW + HOUR)).toEqual([]);
    });

    test('that fails makes the event due at the time given', async () => {
      await announce();
      const [first] = await due();
      await store.outbox.markFailed(first?.id ?? '', 1, NOW + 5_000);
      expect(await due(NOW + 4_999)).toEqual([]);
      expect(await due(NOW + 5_000)).toEqual([{ ...first, attempt: 2 }]);
    });

    test('that fails for the last time forgets the event', async () => {
      await announce();
      const [event] = await due();
      await store.outbox.markFailed(event?.id ?? '', 1, null);
      expect(await due(NOW + 24 * HOUR)).toEqual([]);
    });

    test('that has passed to another is not ended by the one who had it', async () => {
      await announce();
      const [event] = await due();
      const later = NOW + LEASE;
      expect(await due(later)).toHaveLength(1);
      await store.outbox.markFailed(event?.id ?? '', 1, later + 1);
      await store.outbox.markFailed(event?.id ?? '', 1, null);
      expect(await due(later + 1)).toEqual([]);
      expect(await due(later + LEASE)).toMatchObject([{ id: event?.id, attempt: 3 }]);
    });

    test('of an unknown event is nothing to report on', async () => {
      await store.outbox.markDelivered('unknown');
      await store.outbox.markFailed('unknown', 1, NOW);
      expect(await due()).toEqual([]);
    });

    test('and the event are forgotten after a time, tried or not', async () => {
      await announce();
      await due();
      await take(store, await keep(), null, NOW + 1);
      expect(await store.outbox.forgetEvents(NOW)).toBe(0);
      expect(await store.outbox.forgetEvents(NOW + 1)).toBe(1);
      expect(await due(NOW + HOUR)).toMatchObject([{ attempt: 1 }]);
      expect(await store.outbox.forgetEvents(NOW + 2)).toBe(1);
      expect(await due(NOW + HOUR)).toEqual([]);
    });

    test('outlives the record and its tombstone', async () => {
      const id = await announce();
      const end = NOW + HOUR + TOMBSTONE_MS;
      await store.purge(end);
      expect(await recordOf(store, id, NOW)).toBeNull();
      expect(told(await due(end))).toMatchObject([{ event: 'secret.consumed', secret_id: id }]);
    });
  });
}
