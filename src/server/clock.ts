/**
 * What time it is for everything that a server decides by time: expiry, leases, waits, purges. Several servers over one
 * store must agree on it, or one whose clock is fast destroys what others still promise. So the time is the store's own
 * where it has a clock (core/protocol/PROTOCOL.md section 5). Between two looks at that clock the machine's monotonic
 * one counts, which nobody sets.
 */

import type { Store } from './store/contracts/store.js';
import { StoreError } from './store/contracts/store.js';
import { describeError, type Log } from './telemetry/log.js';

/** From here on the operator is told that this machine's clock is off; from there on nothing is served. */
const TELL_MS = 5_000;
const REFUSE_MS = 60_000;

/** Between two looks at the store's clock. */
const PERIOD_MS = 10_000;

/**
 * An answer that took so long tells the time to within half of it. Where the last look still holds, only a quick answer
 * is better than it; where there is none, one that is no farther off than this machine's clock may be unnoticed.
 */
const QUICK_MS = 2_000;
const GOOD_ENOUGH_MS = 2 * TELL_MS;

/** How often the store is asked at the start, until it answers in time. */
const FIRST_LOOKS = 5;

/** How far this machine's two clocks may run apart between two looks, before one of them was set or stood still. */
const APART_MS = 1_000;

/** What a clock depends on. */
export interface ClockOptions {
  readonly store: Pick<Store, 'time'>;
  readonly log: Log;
  /** This machine's clock: milliseconds since 1970. */
  readonly now: () => number;
  /** This machine's monotonic clock, in milliseconds. Default `performance.now`. */
  readonly elapsed?: () => number;
}

/** The store's clock and this machine's two, all at one moment. */
interface Look {
  readonly store: number;
  readonly machine: number;
  readonly elapsed: number;
}

/** The clock of a server. */
export class ServerClock {
  readonly #options: Required<ClockOptions>;
  #look: Look | null = null;
  #looking: Promise<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #told: 'right' | 'off' | 'far off' = 'right';

  private constructor(options: ClockOptions) {
    this.#options = { elapsed: () => performance.now(), ...options };
  }

  /**
   * Looks at the store's clock, and again every 10 s until it is stopped. Does not keep the process alive.
   * @throws StoreError if the store does not answer, or takes over 10 s for it five times.
   */
  static async start(options: ClockOptions): Promise<ServerClock> {
    const clock = new ServerClock(options);
    for (let looks = 0; looks < FIRST_LOOKS; looks += 1) {
      const found = await clock.#lookAtStore();
      if (found === 'too slow') continue;
      // A store without a clock will not get one.
      if (found === 'known') clock.#timer = setInterval(() => clock.#lookAgain(), PERIOD_MS).unref();
      return clock;
    }
    throw new StoreError(new Error('the store takes too long to say what time it is'));
  }

  /**
   * Milliseconds since 1970.
   * @throws StoreError if this machine's clock is more than a minute off, or was just set.
   */
  now(): number {
    const time = this.estimate();
    if (this.#wasSet()) throw new StoreError(new Error('the clock of this machine was set, or stood still'));
    if (this.#told === 'far off') {
      throw new StoreError(
        new Error('the clock of this machine and that of the store differ by over a minute'),
      );
    }
    return time;
  }

  /** The same, also while the machine's clock is off: for what delays or repeats work, and destroys nothing. */
  estimate(): number {
    const { now, elapsed } = this.#options;
    if (this.#wasSet()) this.#lookAgain();
    return this.#look === null ? now() : Math.floor(this.#look.store + elapsed() - this.#look.elapsed);
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #wasSet(): boolean {
    if (this.#look === null) return false;
    const { now, elapsed } = this.#options;
    const apart = now() - this.#look.machine - (elapsed() - this.#look.elapsed);
    return Math.abs(apart) > APART_MS;
  }

  /** Without an answer the last look holds, and the requests that come will tell that the store is away. */
  #lookAgain(): void {
    this.#looking ??= this.#lookAtStore()
      .catch((error: unknown) => this.#options.log.error('time unknown', describeError(error)))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #lookAtStore(): Promise<'known' | 'too slow' | 'no clock'> {
    const { store, now, elapsed } = this.#options;
    const before = elapsed();
    const time = await store.time();
    const took = elapsed() - before;
    if (time === null) return 'no clock';
    const isUnknown = this.#look === null || this.#wasSet();
    if (took > (isUnknown ? GOOD_ENOUGH_MS : QUICK_MS)) return 'too slow';
    this.#look = { store: time + took / 2, machine: now(), elapsed: elapsed() };
    this.#tell(this.#look.machine - this.#look.store);
    return 'known';
  }

  /** Says once that the machine's clock is off, and once that it is right again. */
  #tell(offMs: number): void {
    const found = Math.abs(offMs) > REFUSE_MS ? 'far off' : Math.abs(offMs) > TELL_MS ? 'off' : 'right';
    if (found === this.#told) return;
    this.#told = found;
    const { log } = this.#options;
    const fields = { aheadMs: Math.round(offMs) };
    if (found === 'right') log.info('clock right', fields);
    else if (found === 'off') log.warn('clock off', fields);
    else log.error('clock far off', { ...fields, message: 'nothing is served until it is set right' });
  }
}
