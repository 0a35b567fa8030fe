/** How much of each quota is used, in the SQLite store. Everything here runs inside the caller's transaction. */

import type { Quota } from '../contracts/store.js';
import type { SqliteDatabase } from './driver.js';

/** The counts in an SQLite file. */
export class SqliteCounts {
  readonly #sql: ReturnType<typeof prepareStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase) {
    this.#sql = prepareStatements(database);
  }

  /** Counts a create, unless the quota is used up. Says whether it did. */
  count({ counter, endsAt, limit }: Quota): boolean {
    return this.#sql.count.get(endsAt, counter, limit) !== undefined;
  }

  /** What is counted until `endsAt`, by counter. */
  until(endsAt: number): Map<string, number> {
    return new Map(this.#sql.until.all(endsAt).map(({ counter, used }) => [counter, used]));
  }

  /** Forgets at most `limit` counts that ended, and says how many. */
  forget(now: number, limit: number): number {
    const ended = this.#sql.ended.all(now, limit);
    for (const { ends_at: endsAt, counter } of ended) this.#sql.forget.run(endsAt, counter);
    return ended.length;
  }
}

function prepareStatements(db: SqliteDatabase) {
  return {
    /** The decision who creates: no row if the quota is used up. */
    count: db.prepare<{ used: number }>(
      `INSERT INTO counts (ends_at, counter, used) VALUES (?, ?, 1)
       ON CONFLICT (ends_at, counter) DO UPDATE SET used = used + 1 WHERE used < ? RETURNING used`,
    ),
    until: db.prepare<{ counter: string; used: number }>(
      'SELECT counter, used FROM counts WHERE ends_at = ?',
    ),
    ended: db.prepare<{ ends_at: number; counter: string }>(
      'SELECT ends_at, counter FROM counts WHERE ends_at <= ? LIMIT ?',
    ),
    forget: db.prepare('DELETE FROM counts WHERE ends_at = ? AND counter = ?'),
  };
}
