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

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/** A number of bytes that requests share. */
export class MemoryBudget {
  readonly #limit: number;
  #used = 0;
  /** Who waits for room, in the order in which they came. */
  readonly #queue = new Set<Waiting>();

  /** @param bytes `Infinity` sets no limit. */
  constructor(bytes: number) {
    this.#limit = bytes;
  }

  /** Takes bytes if there is room for them. @returns whether there was. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  /**
   * Takes bytes as soon as there is room, after all who waited before. It resolves in another turn of the event loop:
   * what takes much memory takes long, and hundreds of such requests in one turn would leave all others unheard.
   * @throws OverBudgetError when there is none for long.
   */
  async wait(bytes: number, patienceMs = PATIENCE_MS): Promise<void> {
    if (this.#queue.size === 0 && this.take(bytes)) return nextTurn();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queue.delete(waiting);
        reject(new OverBudgetError());
      }, patienceMs);
      const waiting = {
        bytes,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#queue.add(waiting);
    });
    await nextTurn();
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    this.#used -= bytes;
    for (const waiting of this.#queue) {
      if (!this.take(waiting.bytes)) return;
      this.#queue.delete(waiting);
      waiting.go();
    }
  }
}

/** What one request has of the budget. */
export class MemoryShare {
  readonly #budget: MemoryBudget;
  #bytes = 0;
  #isOver = false;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Takes more at once, for what has come already. @throws OverBudgetError when there is no room. */
  add(bytes: number): void {
    if (!this.#budget.take(bytes)) throw new OverBudgetError();
    this.#keep(bytes);
  }

  /** Waits for more, before the work is begun that needs it. @throws OverBudgetError when there is no room for long. */
  async reserve(bytes: number): Promise<void> {
    await this.#budget.wait(bytes);
    this.#keep(bytes);
  }

  /** Gives back all but so many bytes. */
  shrink(bytes: number): void {
    if (bytes >= this.#bytes) return;
    this.#budget.release(this.#bytes - bytes);
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
