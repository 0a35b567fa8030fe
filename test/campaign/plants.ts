/** Faults planted into the product itself: they prove that the checker finds what it is there for. */

import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { stateOf } from '../../src/server/store/contracts/lifecycle.js';
import type { EventName, Outbox } from '../../src/server/store/contracts/outbox.js';
import type { NewSecret, Store } from '../../src/server/store/contracts/store.js';

/** A fault, and how rare it is: one in so many. */
export interface Plant {
  readonly name: PlantName;
  readonly oneIn: number;
}

export type PlantName = keyof typeof PLANTS;

/** What a planted server is told of its fault, JSON. */
export const PLANT_VARIABLE = 'ZEPHR_CAMPAIGN_PLANT';

/** Says that it is time, once in so many calls on average. */
type Chance = () => boolean;

/** Each fault as a store that is wrong. */
export const PLANTS = {
  /** Hands a secret out and forgets that it did. */
  'forgotten-read': (store: Store, chance: Chance): Store => {
    const made = new Map<string, NewSecret>();
    return {
      ...verbsOf(store),
      async create(secret) {
        const outcome = await store.create(secret);
        if (outcome.outcome === 'created') made.set(secret.id, secret);
        return outcome;
      },
      async take(id, claim, now) {
        const secret = made.get(id);
        const record = secret !== undefined && chance() ? await store.find(id, now) : null;
        if (!secret || !record || stateOf(record, now) !== 'waiting') return store.take(id, claim, now);
        const purgeAt = claim === null ? now : now + LEASE_MS;
        return { blob: secret.blob, hint: secret.hint, viewsLeft: record.viewsLeft - 1, purgeAt };
      },
    };
  },

  /** Says that a secret is kept before it is, and then is not. */
  'lost-create': (store: Store, chance: Chance): Store => ({
    ...verbsOf(store),
    async create(secret) {
      if (!chance()) return store.create(secret);
      const { id, version, views, expiresAt } = secret;
      return { outcome: 'created', id, version, views, expiresAt };
    },
  }),

  /** Lets somebody read who comes too late. */
  'late-read': (store: Store, chance: Chance): Store => ({
    ...verbsOf(store),
    take: (id, claim, now) => store.take(id, claim, chance() ? now - 30 * 60_000 : now),
  }),

  /** Loses an event before it is delivered. */
  'lost-event': (store: Store, chance: Chance): Store => ({
    ...verbsOf(store),
    outbox: outboxWithout(store.outbox, () => chance()),
  }),
};

function outboxWithout(outbox: Outbox, loses: (event: EventName) => boolean): Outbox {
  return {
    async leaseEvents(now, limit, leaseMs, exceptHosts) {
      const leased = await outbox.leaseEvents(now, limit, leaseMs, exceptHosts);
      const lost = leased.filter(({ name }) => loses(name));
      await Promise.all(lost.map(({ id }) => outbox.eventDelivered(id)));
      return leased.filter((event) => !lost.includes(event));
    },
    eventDelivered: (id) => outbox.eventDelivered(id),
    eventFailed: (id, attempt, retryAt) => outbox.eventFailed(id, attempt, retryAt),
    forgetEvents: (before) => outbox.forgetEvents(before),
  };
}

/** A store's verbs, bound to it. */
function verbsOf(store: Store): Store {
  const { callerSalt, outbox, keys } = store;
  return {
    callerSalt,
    outbox,
    keys,
    create: (secret) => store.create(secret),
    find: (id, now) => store.find(id, now),
    take: (id, claim, now) => store.take(id, claim, now),
    acknowledge: (id, claim, now) => store.acknowledge(id, claim, now),
    revoke: (id, now) => store.revoke(id, now),
    recordProofAttempt: (id, caller, right, now) => store.recordProofAttempt(id, caller, right, now),
    counts: (endsAt) => store.counts(endsAt),
    purge: (now, signal) => store.purge(now, signal),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
