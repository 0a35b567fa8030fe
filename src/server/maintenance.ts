/** Purges the store every few seconds: ciphertext and tombstones that are past their time go. */

import type { Store } from './store/contracts/store.js';
import { describeError, type Log } from './telemetry/log.js';

/**
 * Often enough that expired ciphertext is gone within a minute, and its traces with it (core/protocol/PROTOCOL.md
 * section 5). In milliseconds.
 */
const PERIOD_MS = 10_000;

/** Maintenance under way. */
export interface Maintenance {
  /** Stops it; resolves when the batch that may be under way is done. */
  stop(): Promise<void>;
}

/**
 * Purges `store` now, and again `periodMs` milliseconds after each purge. A purge that fails is logged, and the next
 * one makes up for it. Does not keep the process alive.
 * @param now milliseconds since 1970.
 */
export function startMaintenance(
  store: Store,
  log: Log,
  now: () => number,
  periodMs = PERIOD_MS,
): Maintenance {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void>;
  const purge = async (): Promise<void> => {
    try {
      const { destroyed, forgotten } = await store.purge(now(), stopped.signal);
      if (destroyed + forgotten > 0) log.info('purge', { destroyed, forgotten });
    } catch (error) {
      log.error('purge failed', describeError(error));
    }
    if (stopped.signal.aborted) return;
    timer = setTimeout(() => {
      running = purge();
    }, periodMs).unref();
  };
  running = purge();
  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
