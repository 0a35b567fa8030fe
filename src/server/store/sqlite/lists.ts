/**
 * The lists of the SQLite store. Each call first finds by the index alone how far it looks, and then what is in that part
 * of the caller's records.
 */

import type { SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { TOMBSTONE_MS } from '../contracts/lifecycle.js';
import {
  BEGINNING,
  type CountedPart,
  type Cursor,
  END,
  type ListStore,
  LOOKED_AT,
  pageOf,
  type SecretList,
  type SecretPage,
  type Since,
} from '../contracts/lists.js';
import { type CountRow, cursorOf, type PlaceRow, stateCountOf } from '../contracts/rows.js';
import { DESTROYED, SECRET_COLUMNS, type SecretRow } from './destruction.js';
import type { SqliteDatabase } from './file/driver.js';
import type { Transactions } from './file/transaction.js';
import { REQUEST_STATE } from './requests.js';
import { readerOfRecords } from './secrets.js';

/** A {@link ListStore} in an SQLite file. */
export class SqliteLists implements ListStore {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #recordOf: ReturnType<typeof readerOfRecords>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepareStatements(database);
    this.#recordOf = readerOfRecords(database);
  }

  async listSecrets(
    caller: string,
    { state, hint, after, limit }: SecretPage,
    now: number,
  ): Promise<SecretList> {
    return this.#transactions.read(() => {
      const { from, edge, to } = part(this.#sql.secretsEdge, caller, after);
      const rows = this.#sql.secrets.all(
        ...[caller, from.createdAt, from.id, to.createdAt, to.id, now],
        ...[state, now, state, hint, hint, limit + 1],
      );
      const found = rows.map((row) => ({ id: row.id, bytes: row.bytes, ...this.#recordOf(row) }));
      return pageOf(found, limit, edge);
    });
  }

  async countSecrets(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<SecretState>> {
    return this.#count(this.#sql.secretsEdge, this.#sql.countSecrets, caller, after, since, now);
  }

  async countRequests(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<RequestState>> {
    return this.#count(this.#sql.requestsEdge, this.#sql.countRequests, caller, after, since, now);
  }

  #count<State extends string>(
    edges: Statements['secretsEdge'],
    counting: { all(...values: (string | number)[]): CountRow<State>[] },
    caller: string,
    after: Cursor | null,
    { today, thisWeek, thisMonth }: Since,
    now: number,
  ): CountedPart<State> {
    return this.#transactions.read(() => {
      const { from, edge, to } = part(edges, caller, after);
      const rows = counting.all(
        ...[today, thisWeek, thisMonth, now],
        ...[caller, from.createdAt, from.id, to.createdAt, to.id, now],
      );
      return { counts: rows.map(stateCountOf), next: edge };
    });
  }
}

type Statements = ReturnType<typeof prepareStatements>;

/** What of a caller's records one call looks at: behind `from`, up to and with `to`. */
function part(edges: Statements['secretsEdge'], caller: string, after: Cursor | null) {
  const from = after ?? BEGINNING;
  const edge = cursorOf(edges.get(caller, from.createdAt, from.id));
  return { from, edge, to: edge ?? END };
}

/** The records of the API key `?`, in the words of its index: it has those of no other caller. */
const OF_KEY = "caller = ? AND substr(caller, 1, 4) = 'key_'";
const BEHIND = '(created_at, id) < (?, ?)';
const IN_PART = `${BEHIND} AND (created_at, id) >= (?, ?)`;
const EDGE = `${BEHIND} ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ${LOOKED_AT - 1}`;

/** The state at `?`, as `stateOf` has it. */
const STATE = `CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN views_left <= 0 THEN 'read'
  WHEN ${DESTROYED} OR expires_at <= ? THEN 'expired' ELSE 'waiting' END`;

const BYTES = `CASE WHEN ${DESTROYED} THEN 0 WHEN chunks IS NULL THEN blob_size
  ELSE blob_size + COALESCE((SELECT bytes FROM uploads WHERE secret = secrets.seq), 0) END`;

/** Counts by the state at `?`, of which those made since `?`, `?` and `?`. */
const counting = (state: string, bytes: string, records: string) => `
  SELECT state, COUNT(*) AS total, SUM(created_at >= today) AS today, SUM(created_at >= week) AS this_week,
    SUM(created_at >= month) AS this_month, SUM(bytes) AS bytes
  FROM (SELECT ? AS today, ? AS week, ? AS month, ${state} AS state, created_at, ${bytes} AS bytes FROM ${records})
  GROUP BY state`;

function prepareStatements(db: SqliteDatabase) {
  return {
    secretsEdge: db.prepare<PlaceRow>(`SELECT created_at, id FROM secrets WHERE ${OF_KEY} AND ${EDGE}`),
    secrets: db.prepare<SecretRow & { readonly bytes: number }>(
      `SELECT ${SECRET_COLUMNS}, ${BYTES} AS bytes FROM secrets
       WHERE ${OF_KEY} AND ${IN_PART} AND expires_at + ${TOMBSTONE_MS} > ?
         AND (? IS NULL OR ${STATE} = ?) AND (? IS NULL OR instr(hint, ?) > 0)
       ORDER BY created_at DESC, id DESC LIMIT ?`,
    ),
    countSecrets: db.prepare<CountRow<SecretState>>(
      counting(STATE, BYTES, `secrets WHERE ${OF_KEY} AND ${IN_PART} AND expires_at + ${TOMBSTONE_MS} > ?`),
    ),
    requestsEdge: db.prepare<PlaceRow>(`SELECT created_at, id FROM requests WHERE caller = ? AND ${EDGE}`),
    countRequests: db.prepare<CountRow<RequestState>>(
      counting(
        REQUEST_STATE,
        '0',
        `requests WHERE caller = ? AND ${IN_PART} AND last_end + ${TOMBSTONE_MS} > ?`,
      ),
    ),
  };
}
