/** Transactions in SQLite, and how the nouns of the store get theirs. */

import type { SqliteDatabase } from './driver.js';

/** How a noun of the store reads and writes: an error in its work becomes a StoreError. */
export interface Transactions {
  /** Runs `work` at once. It sees what is committed. */
  read<T>(work: () => T): T;
  /**
   * Runs `work` in a transaction, which it may share with others; resolves after the commit.
   * @param work synchronous, touching nothing but the database: it may run a second time.
   * @param entitled whether it may use the room that the store keeps in reserve. Default yes. If not, it rejects with
   *   StoreFullError where there is no other.
   */
  write<T>(work: () => T, entitled?: boolean): Promise<T>;
}

/**
 * Runs `work` in a transaction that may write: committed when this returns, undone when it throws.
 * @throws the errors of `work` and of the driver; AggregateError when the rollback failed as well.
 */
export function inTransaction(database: SqliteDatabase, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (reason) {
    rollBack(database, reason);
    throw reason;
  }
}

function rollBack(database: SqliteDatabase, reason: unknown): void {
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    // After some failures (a full disk) SQLite has rolled back by itself and refuses a second time.
    throw new AggregateError([reason, error], 'a transaction failed, and so did its rollback', {
      cause: reason,
    });
  }
}
