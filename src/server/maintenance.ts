/** What the server does without being asked: every few seconds the store destroys and forgets what is past its time. */

import type { Store } from './store/contracts/store.js';
import { describeError, type Log } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';

/** Often enough that what has expired is gone within a minute, with its traces (core/protocol/PROTOCOL.md section 5). */
const PERIOD_MS = 10_000;

/** What maintenance depends on. */
export interface MaintenanceOptions {
  readonly store: Pick<Store, 'purge'>;
  readonly log: Log;
  /** Counts the secrets that expired. */
  readonly metrics?: Metrics | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From the end of one purge to the beginning of the next, in milliseconds. Default 10 s. */
  readonly periodMs?: number;
}

/** Maintenance under way. */
export interface Maintenance {
  /** Ends it, after the batch that may be under way. */
  stop(): Promise<void>;
}

/**
 * Purges the store now, and again a period after each purge has ended. A purge that fails is logged, and the next one
 * tries again. Does not keep the process alive.
 */
export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const { store, log, metrics, now, periodMs = PERIOD_MS } = options;
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void>;
  const purge = async (): Promise<void> => {
    try {
      const { destroyed, forgotten } = await store.purge(now(), stopped.signal);
      metrics?.secrets('expired', destroyed);
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
