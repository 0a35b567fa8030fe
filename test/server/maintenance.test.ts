/** Maintenance: when the store is purged, and what happens when that fails. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startMaintenance } from '../../src/server/maintenance.js';
import { type Purged, StoreError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { NOW } from '../support/new-secret.js';

const PERIOD = 10_000;

/** Maintenance of a store whose purges end as `purge` says, and what it logged. */
function maintained(purge: (signal: AbortSignal | undefined) => Promise<Purged>) {
  const store = new MemoryStore('salt');
  const times: number[] = [];
  const lines: { level: string; event: string }[] = [];
  store.purge = (now, signal) => {
    times.push(now);
    return purge(signal);
  };
  const log = createLog(
    (line) => lines.push(JSON.parse(line)),
    () => NOW,
  );
  const now = () => NOW + times.length;
  return { maintenance: startMaintenance({ store, log, now, periodMs: PERIOD }), times, lines };
}

const NOTHING = { destroyed: 0, forgotten: 0 };

describe('maintenance', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('purges at once and then every period, with the time it is', async () => {
    const { maintenance, times } = maintained(async () => NOTHING);
    expect(times).toEqual([NOW]);
    await vi.advanceTimersByTimeAsync(3 * PERIOD);
    expect(times).toEqual([NOW, NOW + 1, NOW + 2, NOW + 3]);
    await maintenance.stop();
  });

  test('reports what it destroyed, and says nothing when that is nothing', async () => {
    const results = [NOTHING, { destroyed: 2, forgotten: 1 }];
    const { maintenance, lines } = maintained(async () => results.shift() ?? NOTHING);
    await vi.advanceTimersByTimeAsync(2 * PERIOD);
    expect(lines).toMatchObject([{ level: 'info', event: 'purge', destroyed: 2, forgotten: 1 }]);
    await maintenance.stop();
  });

  test('reports a failure and tries again', async () => {
    const { maintenance, times, lines } = maintained(async () => {
      throw new StoreError(new Error('disk on fire'));
    });
    await vi.advanceTimersByTimeAsync(PERIOD);
    expect(times).toHaveLength(2);
    expect(lines).toMatchObject([{ level: 'error', event: 'purge failed' }, { level: 'error' }]);
    await maintenance.stop();
  });

  test('never purges twice at the same time', async () => {
    const { times } = maintained(() => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(5 * PERIOD);
    expect(times).toHaveLength(1);
  });

  test('stops a purge under way, waits for it, and starts no other', async () => {
    let end: (purged: Purged) => void = () => undefined;
    let asked: AbortSignal | undefined;
    const { maintenance, times } = maintained((signal) => {
      asked = signal;
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    let stopped = false;
    const stop = maintenance.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(PERIOD);
    expect([asked?.aborted, stopped]).toEqual([true, false]);
    end(NOTHING);
    await stop;
    await vi.advanceTimersByTimeAsync(5 * PERIOD);
    expect(times).toHaveLength(1);
  });
});
