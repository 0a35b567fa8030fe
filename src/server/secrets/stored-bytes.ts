/**
 * How much is stored, of all callers and of each, without asking the store each time: what it counted last, and what
 * this process has added since. Several processes over one store may together take as much more as each of them adds
 * between two counts; for a limit on a disk's room that is close enough.
 */

import type { ChunkStore } from '../store/contracts/chunks.js';
import { isKeyId } from './callers.js';

/** How old a count may be, in milliseconds: while there is much room, and when there is less than half. */
const MAX_AGE_MS = 60_000;
const MAX_AGE_WHEN_FULLER_MS = 5_000;

/** How long a count holds of which it is known that there is no room, in milliseconds: counting costs the store. */
const MIN_AGE_MS = 1_000;

/** Most callers whose counts are kept in memory. */
const REMEMBERED = 1_000;

/** How much may be stored, in bytes. */
export interface StorageLimits {
  /** All chunks together. */
  readonly stored: number;
  /** All that a caller without an API key has stored, blobs too. Default: a tenth of `stored`. */
  readonly storedPerCaller?: number | undefined;
}

/** Bytes of the store that are held for what is about to be written. */
export interface Held {
  /** They are written, or not needed after all: the next count says. @param kept whether they were written. */
  settle(kept: boolean): void;
}

/** Watches what one store has room for. */
export class StoredBytes {
  readonly #store: ChunkStore;
  readonly #limits: StorageLimits;
  readonly #all: Meter;
  /** By caller, those used last at the end. */
  readonly #callers = new Map<string, Meter>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970. */
  constructor(store: ChunkStore, limits: StorageLimits, now: () => number) {
    this.#store = store;
    this.#limits = limits;
    this.#now = now;
    this.#all = new Meter(() => store.storedBytes(null), limits.stored, now);
  }

  /**
   * Holds room for chunks of a caller.
   * @param caller its name. @returns `null` if there is none.
   */
  async holdChunks(caller: string, bytes: number): Promise<Held | null> {
    const ofAll = await this.#all.hold(bytes);
    try {
      return both(ofAll, await this.#ofCaller(caller).hold(bytes));
    } catch (error) {
      // The store did not answer: what stayed held for it would never be free again.
      ofAll?.settle(false);
      throw error;
    }
  }

  /** Holds room for a blob, which only callers without an API key have a limit for. @returns `null` if there is none. */
  async holdBlob(caller: string, bytes: number): Promise<Held | null> {
    return isKeyId(caller) ? NOTHING : this.#ofCaller(caller).hold(bytes);
  }

  #ofCaller(name: string): Meter {
    const known = this.#callers.get(name) ?? this.#newMeter(name);
    this.#callers.delete(name);
    this.#callers.set(name, known);
    for (const oldest of this.#callers.keys()) {
      if (this.#callers.size <= REMEMBERED) break;
      this.#callers.delete(oldest);
    }
    return known;
  }

  /** Whoever has an API key may fill the store with secrets, but not with uploads that become none. */
  #newMeter(name: string): Meter {
    const tenth = Math.floor(this.#limits.stored / 10);
    return isKeyId(name)
      ? new Meter(() => this.#store.uploadedBytes(name), tenth, this.#now)
      : new Meter(() => this.#store.storedBytes(name), this.#limits.storedPerCaller ?? tenth, this.#now);
  }
}

/** For what needs no room. */
const NOTHING: Held = { settle: () => undefined };

function both(one: Held | null, other: Held | null): Held | null {
  if (one !== null && other !== null) {
    return {
      settle(kept) {
        one.settle(kept);
        other.settle(kept);
      },
    };
  }
  one?.settle(false);
  other?.settle(false);
  return null;
}

/** One count and its limit. */
class Meter {
  readonly #count: () => Promise<number>;
  readonly #limit: number;
  readonly #now: () => number;
  #counted = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  /** What was held since the count began, or before and is not settled. */
  #added = 0;
  /** What is held and not settled. */
  #held = 0;
  #counting: Promise<void> | undefined;

  constructor(count: () => Promise<number>, limit: number, now: () => number) {
    this.#count = count;
    this.#limit = limit;
    this.#now = now;
  }

  async hold(bytes: number): Promise<Held | null> {
    const isFuller = this.#counted + this.#added + bytes > this.#limit / 2;
    await this.#countIfOlder(isFuller ? MAX_AGE_WHEN_FULLER_MS : MAX_AGE_MS);
    if (!this.#fits(bytes)) await this.#countIfOlder(MIN_AGE_MS);
    if (!this.#fits(bytes)) return null;
    this.#added += bytes;
    this.#held += bytes;
    return {
      settle: (kept) => {
        this.#held -= bytes;
        if (!kept) this.#added = Math.max(this.#held, this.#added - bytes);
      },
    };
  }

  #fits(bytes: number): boolean {
    return this.#counted + this.#added + bytes <= this.#limit;
  }

  async #countIfOlder(ageMs: number): Promise<void> {
    // A clock that is set back makes no count hold for longer.
    if (Math.abs(this.#now() - this.#countedAt) < ageMs) return;
    this.#counting ??= this.#recount().finally(() => {
      this.#counting = undefined;
    });
    await this.#counting;
  }

  async #recount(): Promise<void> {
    const before = this.#added - this.#held;
    const counted = await this.#count();
    this.#counted = counted;
    this.#countedAt = this.#now();
    this.#added -= before;
  }
}
