/**
 * Group commit: writes that arrive together share one transaction, so that durability costs one fsync a batch and
 * not one a write. While a batch waits for the disk, the next one gathers.
 */

/**
 * Runs `work` in a transaction: committed when this returns, undone when it throws. `entitled` is whether all of it may
 * use the room that the store keeps in reserve.
 */
export type Transaction = (work: () => void, entitled: boolean) => void;

interface Write {
  /** Does the write. @returns what resolves it for its caller, to be called after the commit. */
  readonly run: () => () => void;
  readonly fail: (error: unknown) => void;
  readonly entitled: boolean;
}

/** A queue of writes in front of one synchronous database connection. */
export class GroupCommit {
  readonly #transaction: Transaction;
  #waiting: Write[] = [];

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /**
   * Runs `write` in a transaction shared with the other writes that arrive in this turn of the event loop. Resolves with
   * its result after the commit; rejects if it threw or could not be committed, and then it has had no effect.
   * @param write synchronous, touching nothing but the database: it runs a second time when another write of its batch
   *   fails.
   * @param entitled to the store's reserve. Default yes.
   */
  run<T>(write: () => T, entitled = true): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      this.#waiting.push({
        run: () => {
          const result = write();
          return () => resolve(result);
        },
        fail: reject,
        entitled,
      });
    });
  }

  /** Commits what is waiting, now. */
  flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) this.#commit(batch);
  }

  #commit(batch: readonly Write[]): void {
    let resolves: (() => void)[] = [];
    let begun = false;
    try {
      this.#transaction(
        () => {
          begun = true;
          resolves = batch.map(({ run }) => run());
        },
        batch.every(({ entitled }) => entitled),
      );
    } catch (error) {
      // In a transaction of its own each write succeeds or fails by itself. But where the transaction could not even
      // begin (another process holds the database), each of them would only wait once more.
      if (begun && batch.length > 1) for (const write of batch) this.#commit([write]);
      else for (const { fail } of batch) fail(error);
      return;
    }
    for (const resolve of resolves) resolve();
  }
}
