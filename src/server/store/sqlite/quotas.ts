/** The quotas of the SQLite store: a table in the same file. */

import type { Quota, QuotaStore } from '../contracts/quotas.js';
import type { SqliteDatabase } from './file/driver.js';
import type { Transactions } from './file/transaction.js';

/** A {@link QuotaStore} in an SQLite file. */
export class SqliteQuotas implements QuotaStore {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepareStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepareStatements(database);
  }

  async usage(endsAt: number): Promise<ReadonlyMap<string, number>> {
    const rows = this.#transactions.read(() => this.#sql.usage.all(endsAt));
    return new Map(rows.map(({ counter, used }) => [counter, used]));
  }

  /**
   * Counts `amount` creates, in the transaction of what they are for, unless fewer are left of the quota.
   * @returns whether it counted.
   */
  count({ counter, endsAt, limit }: Quota, amount = 1): boolean {
    return this.#sql.count.get(endsAt, counter, amount, amount, limit, limit) !== undefined;
  }

  /** Forgets at most `limit` counts that have ended. Call it inside a transaction. @returns how many. */
  forget(now: number, limit: number): number {
    const ended = this.#sql.ended.all(now, limit);
    for (const { ends_at: endsAt, counter } of ended) this.#sql.forget.run(endsAt, counter);
    return ended.length;
  }
}

function prepareStatements(db: SqliteDatabase) {
  return {
    /** Decides who creates: no row if too few are left. */
    count: db.prepare<{ used: number }>(
      `INSERT INTO counts (ends_at, counter, used) SELECT ?, ?, ? WHERE ? <= ?
       ON CONFLICT (ends_at, counter) DO UPDATE SET used = used + excluded.used WHERE used + excluded.used <= ?
       RETURNING used`,
    ),
    usage: db.prepare<{ counter: string; used: number }>(
      'SELECT counter, used FROM counts WHERE ends_at = ?',
    ),
    ended: db.prepare<{ ends_at: number; counter: string }>(
      'SELECT ends_at, counter FROM counts WHERE ends_at <= ? LIMIT ?',
    ),
    forget: db.prepare('DELETE FROM counts WHERE ends_at = ? AND counter = ?'),
  };
}
