/** A store for the use of requests: it bounds how many verbs are under way, and measures how long they take. */

import type { Metrics } from '../telemetry/metrics.js';
import { type RequestVerb, type Store, StoreBusyError } from './contracts/store.js';

/** How a store is instrumented. */
export interface InstrumentedOptions {
  /** Verbs under way at once; a call above that is rejected. Default 1,000. */
  readonly limit?: number;
  /** Gets the duration and the outcome of each verb. Default: nothing is measured. */
  readonly metrics?: Metrics | undefined;
}

/** With more under way, the last one waits longer than a client does. */
const LIMIT = 1_000;

/**
 * `store` with every verb of the nouns that serve requests bounded and measured. Other nouns, and the verbs of the
 * engine, are passed on as they are. A verb above the limit rejects with {@link StoreBusyError}, and the store is not
 * called.
 */
export function instrumentedStore(store: Store, options: InstrumentedOptions = {}): Store {
  const { limit = LIMIT, metrics } = options;
  let underWay = 0;

  async function measured(verb: RequestVerb, call: () => Promise<unknown>): Promise<unknown> {
    if (underWay >= limit) throw new StoreBusyError();
    underWay += 1;
    const start = performance.now();
    let ok = false;
    try {
      const result = await call();
      ok = true;
      return result;
    } finally {
      underWay -= 1;
      metrics?.store(verb, ok, (performance.now() - start) / 1000);
    }
  }

  /** `noun` with each of its verbs measured. */
  function instrumented<Noun extends object>(noun: Noun): Noun {
    return new Proxy(noun, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        // To callers of a Store a noun has no other methods than its contract's.
        const verb = name as RequestVerb;
        return (...values: readonly unknown[]) => measured(verb, () => Reflect.apply(method, target, values));
      },
    });
  }

  const { callerSalt, channel, secrets, requests, chunks, lists, quotas, keys, outbox } = store;
  return {
    callerSalt,
    channel,
    secrets: instrumented(secrets),
    chunks: instrumented(chunks),
    requests: instrumented(requests),
    lists: instrumented(lists),
    quotas,
    keys: instrumented(keys),
    outbox,
    purge: (now, signal) => store.purge(now, signal),
    time: () => store.time(),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
