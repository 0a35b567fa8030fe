/**
 * The lists of the PostgreSQL store: the SQL, then the verbs. Each verb first finds by the index alone how far it looks,
 * and then what is in that part of the caller's records. What changes in between changes no place.
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
import { type PostgresPool, type Statement, statement } from './connections/pool.js';
import { STATE } from './proofs.js';
import { REQUEST_STATE } from './request-statements.js';
import { type KeptRow, RECORD_COLUMNS, recordIn } from './secrets.js';

/** The records of the API key `$1`, in the words of the index of secrets: it has those of no other caller. */
const SECRETS = "secrets WHERE caller = $1 AND substr(caller, 1, 4) = 'key_'";
const REQUESTS = 'requests WHERE caller = $1';

/** How ids are compared, as JavaScript does. */
const ID = 'id COLLATE "C"';

type FromPlace = [caller: string, createdAt: number, id: string];

const edgeOf = (records: string) =>
  statement<FromPlace, PlaceRow>(`
  SELECT created_at, id FROM ${records} AND (created_at, ${ID}) < ($2, $3::text COLLATE "C")
  ORDER BY created_at DESC, ${ID} DESC LIMIT 1 OFFSET ${LOOKED_AT - 1}`);

export const SECRETS_EDGE = edgeOf(SECRETS);
export const REQUESTS_EDGE = edgeOf(REQUESTS);

/** The records at `$2` behind the place of `$3` and `$4`, up to that of `$5` and `$6`. */
const inPart = (records: string, end: string) => `${records} AND ${end} > $2::bigint - ${TOMBSTONE_MS}
    AND (created_at, ${ID}) < ($3, $4::text COLLATE "C") AND (created_at, ${ID}) >= ($5, $6::text COLLATE "C")`;

type InPart = [
  caller: string,
  now: number,
  fromCreatedAt: number,
  fromId: string,
  toCreatedAt: number,
  toId: string,
];

const BYTES = `CASE WHEN needed_until IS NULL THEN 0 WHEN chunks IS NULL THEN blob_size
      ELSE blob_size + COALESCE((SELECT bytes FROM uploads WHERE secret = secrets.id), 0) END`;

export const LIST_SECRETS = statement<
  [...InPart, state: string | null, hint: string | null, limit: number],
  KeptRow & { readonly id: string; readonly bytes: number }
>(`
  SELECT id, ${BYTES} AS bytes, ${RECORD_COLUMNS} FROM ${inPart(SECRETS, 'expires_at')}
    AND ($7::text IS NULL OR ${STATE} = $7) AND ($8::text IS NULL OR strpos(hint, $8) > 0)
  ORDER BY created_at DESC, ${ID} DESC LIMIT $9`);

type CountValues = [...InPart, today: number, thisWeek: number, thisMonth: number];

const counting = <State>(state: string, bytes: string, part: string) =>
  statement<CountValues, CountRow<State>>(`
  SELECT state, COUNT(*) AS total, COUNT(*) FILTER (WHERE created_at >= $7) AS today,
    COUNT(*) FILTER (WHERE created_at >= $8) AS this_week, COUNT(*) FILTER (WHERE created_at >= $9) AS this_month,
    SUM(bytes)::bigint AS bytes
  FROM (SELECT ${state} AS state, created_at, ${bytes} AS bytes FROM ${part}) AS counted GROUP BY state`);

export const COUNT_SECRETS = counting<SecretState>(STATE, BYTES, inPart(SECRETS, 'expires_at'));
export const COUNT_REQUESTS = counting<RequestState>(REQUEST_STATE, '0', inPart(REQUESTS, 'last_end'));

/** A {@link ListStore} in PostgreSQL. */
export class PostgresLists implements ListStore {
  readonly #pool: PostgresPool;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async listSecrets(
    caller: string,
    { state, hint, after, limit }: SecretPage,
    now: number,
  ): Promise<SecretList> {
    const { edge, part } = await this.#part(SECRETS_EDGE, caller, after, now);
    const rows = await this.#pool.query(LIST_SECRETS, ...part, state, hint, limit + 1);
    const found = rows.map((row) => ({ id: row.id, bytes: row.bytes, ...recordIn(row) }));
    return pageOf(found, limit, edge);
  }

  countSecrets(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<SecretState>> {
    return this.#count(SECRETS_EDGE, COUNT_SECRETS, caller, after, since, now);
  }

  countRequests(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<RequestState>> {
    return this.#count(REQUESTS_EDGE, COUNT_REQUESTS, caller, after, since, now);
  }

  async #count<State>(
    edges: typeof SECRETS_EDGE,
    counting: Statement<CountValues, CountRow<State>>,
    caller: string,
    after: Cursor | null,
    { today, thisWeek, thisMonth }: Since,
    now: number,
  ): Promise<CountedPart<State>> {
    const { edge, part } = await this.#part(edges, caller, after, now);
    const rows = await this.#pool.query(counting, ...part, today, thisWeek, thisMonth);
    return { counts: rows.map(stateCountOf), next: edge };
  }

  /** What of a caller's records one call looks at, and where it ends if there may be others. */
  async #part(
    edges: typeof SECRETS_EDGE,
    caller: string,
    after: Cursor | null,
    now: number,
  ): Promise<{ readonly edge: Cursor | null; readonly part: InPart }> {
    const from = after ?? BEGINNING;
    const [row] = await this.#pool.query(edges, caller, from.createdAt, from.id);
    const edge = cursorOf(row);
    const to = edge ?? END;
    return { edge, part: [caller, now, from.createdAt, from.id, to.createdAt, to.id] };
  }
}
