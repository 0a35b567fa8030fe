/**
 * Waiting for something in the store to change. Thousands can wait at once: each costs a timer and an entry in a map,
 * and after a change all who wait for the same share one look at the store.
 */

import type { Notices } from './notices.js';

/** Looks at the store under way at once: a change must not take the store away from all other requests. */
const LOOKS = 32;

/** Nobody looks again sooner than this after a look, whatever the clock says, in milliseconds. */
const SHORTEST_MS = 10;

/** What somebody waits for. */
export interface Wait<Found> {
  /** Looks first, for the one who waits: whether it may, too. What it throws ends the wait. */
  readonly first: () => Promise<Found>;
  /** Whether this is what it waits for. */
  readonly isNews: (found: Found) => boolean;
  /** In how many milliseconds time alone changes what was found, such as by an expiry; `null` for never. */
  readonly changesIn?: (found: Found) => number | null;
  /** Longest, in milliseconds. */
  readonly ms: number;
}

/** What those share who wait for the same. */
interface Shared<Found> {
  /** How many they are. */
  count: number;
  /** A look that has not begun: who joins it sees all that has changed until now. */
  next: Promise<Found> | undefined;
}

/** Waits for changes of one kind of thing. */
export class Watch<Found> {
  readonly #notices: Notices;
  readonly #look: ((name: string) => Promise<Found>) | undefined;
  readonly #shared = new Map<string, Shared<Found>>();
  readonly #queue: (() => void)[] = [];
  #free = LOOKS;

  /**
   * @param look gives what `name` is like now, to anybody who waits for it. Default: what let one of them wait is done
   * again, for all.
   */
  constructor(notices: Notices, look?: (name: string) => Promise<Found>) {
    this.#notices = notices;
    this.#look = look;
  }

  /**
   * Looks until there is news or the time is up; looks after each notice of `name`, and once more at the end. A server
   * that closes ends it at once.
   * @returns what was found last.
   * @throws what the looks throw.
   */
  async until(name: string, { first, isNews, changesIn = () => null, ms }: Wait<Found>): Promise<Found> {
    const shared = this.#join(name);
    const bell = new Bell();
    const forget = this.#notices.onClose(() => bell.ring());
    const unwatch = await this.#notices.watch(name, () => bell.ring());
    try {
      const end = performance.now() + ms;
      let found = await first();
      while (!isNews(found) && !this.#notices.isClosed) {
        const left = end - performance.now();
        if (left <= 0) break;
        const soon = Math.max(changesIn(found) ?? left, SHORTEST_MS);
        await bell.heard(Math.min(left, soon));
        if (this.#notices.isClosed) break;
        found = await this.#lookWithOthers(name, shared, first);
      }
      return found;
    } finally {
      unwatch();
      forget();
      shared.count -= 1;
      if (shared.count === 0) this.#shared.delete(name);
    }
  }

  #join(name: string): Shared<Found> {
    const shared = this.#shared.get(name) ?? { count: 0, next: undefined };
    shared.count += 1;
    this.#shared.set(name, shared);
    return shared;
  }

  #lookWithOthers(name: string, shared: Shared<Found>, first: () => Promise<Found>): Promise<Found> {
    shared.next ??= this.#inTurn(() => {
      shared.next = undefined;
      return this.#look === undefined ? first() : this.#look(name);
    });
    return shared.next;
  }

  /** Does `work` in a later turn of the event loop, when fewer than {@link LOOKS} are under way. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (this.#free === 0) await new Promise<void>((resolve) => void this.#queue.push(resolve));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** Wakes one who waits, also when it rang before that. */
class Bell {
  #hasRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  /** Resolves when it rings, or has since it was last heard; or after so many milliseconds. */
  heard(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#hasRung = false;
        resolve();
      };
      if (this.#hasRung) this.#wake();
    });
  }
}
