/**
 * What a server does every few seconds: it purges the store of ciphertext and tombstones that are past their time, and
 * notes the uses of API keys.
 */

import type { Store } from './store/contracts/store.js';
import type { KeyUses } from './telemetry/key-uses.js';
import { describeError, type Log } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';

/**
 * Often enough that expired ciphertext is gone within a minute, and its traces with it (core/protocol/PROTOCOL.md
 * section 5). In milliseconds.
 */
const PERIOD_MS = 10_000;

/** What maintenance depends on. */
export interface MaintenanceOptions {
  readonly store: Pick<Store, 'purge'>;
  /** Told to note what is due. Default: there is nothing to note. */
  readonly keyUses?: Pick<KeyUses, 'flush'>;
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
  /** Stops it; resolves when the batch that may be under way is done. */
  stop(): Promise<void>;
}

/**
 * Purges the store now, and again a period after each purge has ended. A purge that fails is logged, and the next one
 * makes up for it. Does not keep the process alive.
 */
export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const { store, keyUses, log, metrics, now, periodMs = PERIOD_MS } = options;
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
    await keyUses?.flush('due');
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
