/** Transactions in SQLite. */

import type { SqliteDatabase } from './driver.js';

/**
 * Runs `work` in a transaction that may write: committed when this returns, undone when it throws.
 * @throws whatever `work` or the driver throws; AggregateError when that could not be undone either.
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
