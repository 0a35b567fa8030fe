/** Faults planted into the product itself: they prove that the checker finds what it is there for. */

import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { stateOf } from '../../src/server/store/contracts/lifecycle.js';
import type { NewSecret, SecretStore } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { overridden } from '../support/overridden.js';

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
    return withSecrets(store, {
      async create(secret) {
        const outcome = await store.secrets.create(secret);
        if (outcome.outcome === 'created') made.set(secret.id, secret);
        return outcome;
      },
      async consume(id, claim, shown, now) {
        const secret = made.get(id);
        const record = secret !== undefined && chance() ? await store.secrets.status(id, shown, now) : null;
        if (!secret || record?.outcome !== 'found' || stateOf(record, now) !== 'waiting') {
          return store.secrets.consume(id, claim, shown, now);
        }
        const purgeAt = claim === null ? now : now + LEASE_MS;
        const { version, blob, hint } = secret;
        return {
          outcome: 'consumed',
          version,
          blob,
          hint,
          viewsLeft: record.viewsLeft - 1,
          purgeAt,
          chunks: null,
        };
      },
    });
  },

  /** Says that a secret is kept before it is, and then is not. */
  'lost-create': (store: Store, chance: Chance): Store =>
    withSecrets(store, {
      async create(secret) {
        if (!chance()) return store.secrets.create(secret);
        const { id, version, views, expiresAt } = secret;
        return { outcome: 'created', id, version, views, expiresAt };
      },
    }),

  /** Lets somebody read who comes too late. */
  'late-read': (store: Store, chance: Chance): Store =>
    withSecrets(store, {
      consume: (id, claim, shown, now) =>
        store.secrets.consume(id, claim, shown, chance() ? now - 30 * 60_000 : now),
    }),

  /** Loses an event before it is delivered. */
  'lost-event': (store: Store, chance: Chance): Store => {
    const { outbox } = store;
    return overridden(store, {
      outbox: overridden(outbox, {
        async leaseEvents(now, limit, leaseMs, except) {
          const leased = await outbox.leaseEvents(now, limit, leaseMs, except);
          const lost = leased.filter(() => chance());
          await Promise.all(lost.map(({ id }) => outbox.markDelivered(id)));
          return leased.filter((event) => !lost.includes(event));
        },
      }),
    });
  },
};

/** `store` with some verbs of its secrets replaced. */
function withSecrets(store: Store, verbs: Partial<SecretStore>): Store {
  return overridden(store, { secrets: overridden(store.secrets, verbs) });
}
