/** A store that is watched: how much waits for it, which is bounded, and how long it takes to answer. */

import type { Metrics, StoreVerb } from '../telemetry/metrics.js';
import { type Store, StoreBusyError } from './contracts/store.js';

/** How a store is watched. */
export interface Watch {
  /** Verbs under way at once; more are refused at once. Default 1,000. */
  readonly limit?: number;
  /** Counts what it answers, and how long that takes. */
  readonly metrics?: Metrics | undefined;
}

/** Above this, whoever comes waits longer than a client does. */
const LIMIT = 1_000;

/**
 * `store` for the use of requests. What serves no request (purge, ping, close, counts, the outbox) is passed on.
 * A verb above the limit rejects with StoreBusyError, and the store never hears of it.
 */
export function instrumentedStore(store: Store, watch: Watch = {}): Store {
  const { limit = LIMIT, metrics } = watch;
  let waiting = 0;
  const watched = <Args extends unknown[], Result>(
    verb: StoreVerb,
    ask: (...args: Args) => Promise<Result>,
  ): ((...args: Args) => Promise<Result>) => {
    return async (...args) => {
      if (waiting >= limit) throw new StoreBusyError();
      waiting += 1;
      const start = performance.now();
      let ok = false;
      try {
        const result = await ask(...args);
        ok = true;
        return result;
      } finally {
        waiting -= 1;
        metrics?.store(verb, ok, (performance.now() - start) / 1000);
      }
    };
  };
  const { callerSalt, outbox, keys } = store;
  return {
    callerSalt,
    outbox,
    keys: {
      addKey: (key) => keys.addKey(key),
      findKey: watched('findKey', (hash) => keys.findKey(hash)),
      listKeys: () => keys.listKeys(),
      revokeKey: (nameOrId, now) => keys.revokeKey(nameOrId, now),
    },
    create: watched('create', async (secret) => {
      const outcome = await store.create(secret);
      if (outcome.outcome === 'created') metrics?.secrets('created', 1);
      return outcome;
    }),
    find: watched('find', (id, now) => store.find(id, now)),
    take: watched('take', async (id, claim, now) => {
      const taken = await store.take(id, claim, now);
      if (taken !== null) metrics?.secrets('read', 1);
      return taken;
    }),
    acknowledge: watched('acknowledge', (id, claim, now) => store.acknowledge(id, claim, now)),
    revoke: watched('revoke', async (id, now) => {
      const revocation = await store.revoke(id, now);
      if (revocation === 'revoked') metrics?.secrets('revoked', 1);
      return revocation;
    }),
    recordProofAttempt: watched('recordProofAttempt', (id, caller, right, now) =>
      store.recordProofAttempt(id, caller, right, now),
    ),
    counts: (endsAt) => store.counts(endsAt),
    async purge(now, signal) {
      const purged = await store.purge(now, signal);
      metrics?.secrets('expired', purged.destroyed);
      return purged;
    },
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
