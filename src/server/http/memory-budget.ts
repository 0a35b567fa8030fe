/** How much memory the bodies and replies of all requests may take together. */

import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { ZephrError } from '../../core/errors.js';

/** How long a request waits for memory before it is told to come again, in milliseconds. */
const PATIENCE_MS = 5_000;

const MB = 1024 * 1024;

/** There is no memory for a request. */
export class OverBudgetError extends ZephrError {
  override readonly name = 'OverBudgetError';

  constructor() {
    super('the server has its memory full of requests: try again', 'SERVER_BUSY');
  }
}

/** A quarter of the memory that the machine or its container has, and at most 512 MB. In bytes. */
export function defaultBudget(): number {
  // 0 or more than there is where nothing limits the process.
  const allowed = constrainedMemory() || totalmem();
  return Math.min(Math.min(allowed, totalmem()) / 4, 512 * MB);
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Whose request it is: an address. `null` for what is nobody's share, such as what a proxy has for many. */
type Owner = string | null;

interface Waiting {
  readonly bytes: number;
  readonly owner: Owner;
  readonly go: () => void;
}

/** A number of bytes that requests share. No owner has more than half of them, however many requests it makes. */
export class MemoryBudget {
  readonly #limit: number;
  #used = 0;
  readonly #owned = new Map<string, number>();
  /** Who waits for room, in the order in which they came. */
  readonly #queue = new Set<Waiting>();
  /** The turn of whoever asked last for one of its own. */
  #turn: Promise<void> = Promise.resolve();

  /** @param bytes `Infinity` sets no limit. */
  constructor(bytes: number) {
    this.#limit = bytes;
  }

  /** Takes bytes if there is room for them. @returns whether there was. */
  take(bytes: number, owner: Owner = null): boolean {
    if (!this.#isFree(bytes) || this.#isBeyondShare(bytes, owner)) return false;
    this.#used += bytes;
    if (owner !== null) this.#owned.set(owner, this.#ownedBy(owner) + bytes);
    return true;
  }

  /**
   * Takes bytes as soon as there is room, after all who waited before, except those who have their share. It resolves in another turn of the event loop:
   * what takes much memory takes long, and hundreds of such requests in one turn would leave all others unheard.
   * @throws OverBudgetError when there is none for long.
   */
  async wait(bytes: number, owner: Owner = null, patienceMs = PATIENCE_MS): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queue.delete(waiting);
        reject(new OverBudgetError());
      }, patienceMs);
      const waiting = {
        bytes,
        owner,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#queue.add(waiting);
      this.#serve();
    });
    await nextTurn();
  }

  /** Gives bytes back. */
  release(bytes: number, owner: Owner = null): void {
    this.#used -= bytes;
    if (owner !== null) {
      const left = this.#ownedBy(owner) - bytes;
      if (left > 0) this.#owned.set(owner, left);
      else this.#owned.delete(owner);
    }
    this.#serve();
  }

  /** Resolves in a turn of the event loop in which nobody else's does. */
  ownTurn(): Promise<void> {
    this.#turn = this.#turn.then(nextTurn);
    return this.#turn;
  }

  #serve(): void {
    for (const waiting of this.#queue) {
      const { bytes, owner, go } = waiting;
      if (!this.#isFree(bytes)) return;
      if (!this.take(bytes, owner)) continue;
      this.#queue.delete(waiting);
      go();
    }
  }

  #isFree(bytes: number): boolean {
    return this.#used + bytes <= this.#limit;
  }

  /** Whoever has nothing may have one request of any size. */
  #isBeyondShare(bytes: number, owner: Owner): boolean {
    if (owner === null) return false;
    const owned = this.#ownedBy(owner);
    return owned > 0 && owned + bytes > this.#limit / 2;
  }

  #ownedBy(owner: string): number {
    return this.#owned.get(owner) ?? 0;
  }
}

/** What one request has of the budget. */
export class MemoryShare {
  readonly #budget: MemoryBudget;
  readonly #owner: Owner;
  #bytes = 0;
  #isOver = false;

  /** @param owner whose request it is. Default: nobody's, whose share is not limited. */
  constructor(budget: MemoryBudget, owner: Owner = null) {
    this.#budget = budget;
    this.#owner = owner;
  }

  /** Takes more at once, for what has come already. @throws OverBudgetError when there is no room. */
  add(bytes: number): void {
    if (!this.#budget.take(bytes, this.#owner)) throw new OverBudgetError();
    this.#keep(bytes);
  }

  /** Waits for more, before the work is begun that needs it. @throws OverBudgetError when there is no room for long. */
  async reserve(bytes: number): Promise<void> {
    await this.#budget.wait(bytes, this.#owner);
    this.#keep(bytes);
  }

  /** Waits for a turn of the event loop in which no other request does what takes long. */
  ownTurn(): Promise<void> {
    return this.#budget.ownTurn();
  }

  /** Gives back all but so many bytes. */
  shrink(bytes: number): void {
    if (bytes >= this.#bytes) return;
    this.#budget.release(this.#bytes - bytes, this.#owner);
    this.#bytes = bytes;
  }

  /** Gives back everything, and from now on at once what is taken. */
  end(): void {
    this.shrink(0);
    this.#isOver = true;
  }

  #keep(bytes: number): void {
    this.#bytes += bytes;
    if (this.#isOver) this.shrink(0);
  }
}
