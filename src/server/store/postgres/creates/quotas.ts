/** The quotas of the PostgreSQL store: a table in the same database. The statement of each create counts in it. */

import type { QuotaStore } from '../../contracts/quotas.js';
import { type PostgresPool, statement } from '../connections/pool.js';

/** Counts that one transaction forgets: so few that no other caller waits long behind it. */
const FORGET_BATCH = 200;

export const USAGE = statement<[endsAt: number], { readonly counter: string; readonly used: number }>(
  'SELECT counter, used FROM counts WHERE ends_at = $1',
);

export const FORGET_COUNTS = statement<[limit: number, now: number], { readonly counter: string }>(`
  WITH due AS (
    SELECT ctid FROM counts WHERE ends_at <= $2 ORDER BY ends_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM counts WHERE ctid = ANY (ARRAY(SELECT ctid FROM due)) RETURNING counter`);

/** Counts one by a quota: no row if none is left. */
export const COUNT = statement<[counter: string, endsAt: number, limit: number], { readonly used: number }>(`
  INSERT INTO counts (counter, ends_at, used) SELECT $1, $2, 1 WHERE $3 > 0
  ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + 1 WHERE counts.used < $3 RETURNING used`);

/** A {@link QuotaStore} in PostgreSQL. */
export class PostgresQuotas implements QuotaStore {
  readonly #pool: PostgresPool;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async usage(endsAt: number): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#pool.query(USAGE, endsAt);
    return new Map(rows.map(({ counter, used }) => [counter, used]));
  }

  /** Forgets a batch of counts that have ended. @returns whether there may be more. */
  async forget(now: number): Promise<boolean> {
    return (await this.#pool.query(FORGET_COUNTS, FORGET_BATCH, now)).length === FORGET_BATCH;
  }
}
