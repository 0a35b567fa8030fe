/**
 * The chunks of the PostgreSQL store: the SQL of each verb, then the verbs. All that decides about an upload is in its own
 * row, which each verb locks first: a statement that had to wait for it sees its latest state, but of the chunks only
 * those of before.
 */

import {
  CHUNK_BYTES,
  CHUNK_TAG_BYTES,
  type ChunkRange,
  SEALED_CHUNK_BYTES,
  streamBytesOf,
} from '../../../core/protocol/chunks.js';
import {
  type BeginOutcome,
  type ChunkOutcome,
  type ChunkStore,
  type NewUpload,
  type PutOutcome,
  rangesOf,
  renewedLease,
  UPLOAD_IDLE_MS,
  UPLOAD_LIFE_MS,
  type Upload,
  uploadEnd,
} from '../contracts/chunks.js';
import { IDEMPOTENCY_MS, unreadable } from '../contracts/lifecycle.js';
import type { KeyRefusal, ShownProofs } from '../contracts/proofs.js';
import { ANSWERER } from '../contracts/requests.js';
import type { Unreadable } from '../contracts/secrets.js';
import { StoreError, StoreFullError } from '../contracts/store.js';
import {
  isAnswer,
  isDeadlock,
  isDiskFull,
  type PostgresPool,
  RolledBack,
  statement,
  uniqueViolation,
} from './connections/pool.js';
import { isShown, knowing, type ShownValues, STATE, shownValues } from './proofs.js';

type ChunkBytes = Uint8Array<ArrayBuffer>;

/** Chunks under way to PostgreSQL or from it at once: the driver has each of them several times in memory. */
const AT_ONCE = 6;

/** How often a statement is tried when others come in between. */
const TRIES = 50;

/** Chunks that one transaction of a purge destroys. */
const PURGE_BATCH = 16;

/** That an upload is open at `$2`. */
const OPEN = 'bound_at IS NULL AND due_at > $2';

/** What an upload takes of the room. */
const TAKEN = 'CASE WHEN reserved AND bound_at IS NULL AND due_at > 0 THEN max_bytes ELSE bytes END';

/**
 * The names by which the caller `$1` has taken room: its own, and those of who answered its requests. Ids of requests are
 * sorted otherwise than names of callers, and an index is used by its own order only.
 */
const OWN = `(
    SELECT $1::text UNION ALL SELECT ('${ANSWERER}' || id) COLLATE "default" FROM requests WHERE caller = $1
  )`;

type BegunRow = { readonly begun: boolean; readonly is_free: boolean } & (
  | {
      readonly id: string;
      readonly begin_hash: string;
      readonly max_bytes: number;
      readonly created_at: number;
    }
  | { readonly id: null }
);

/**
 * Begins an upload in one of the caller's places, any that is free. Of two at once in one place, or with one key, the
 * second violates a unique index, which also undoes its count.
 */
export const BEGIN_UPLOAD = statement<
  [
    id: string,
    now: number,
    caller: string,
    key: string | null,
    bodyHash: string | null,
    maxBytes: number,
    reserved: boolean,
    counter: string | null,
    quotaEndsAt: number | null,
    quotaLimit: number | null,
    end: number,
    mostOpen: number,
  ],
  BegunRow
>(`
  WITH earlier AS MATERIALIZED (
    SELECT id, begin_hash, max_bytes, created_at FROM uploads WHERE caller = $3 AND idempotency_key = $4
  ), free AS MATERIALIZED (
    SELECT place FROM generate_series(1, $12::integer) AS free (place) WHERE NOT EXISTS (
      SELECT FROM uploads WHERE uploads.caller = $3 AND uploads.place = free.place
    ) AND (SELECT COUNT(*) FROM uploads WHERE uploads.caller = $3 AND uploads.place IS NOT NULL) < $12
    AND NOT EXISTS (SELECT FROM earlier) ORDER BY random() LIMIT 1
  ), counted AS (
    INSERT INTO counts (counter, ends_at, used) SELECT $8, $9, 1 FROM free WHERE $8::text IS NOT NULL AND $10 > 0
    ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + 1 WHERE counts.used < $10 RETURNING used
  ), made AS (
    INSERT INTO uploads (id, caller, place, idempotency_key, begin_hash, max_bytes, reserved, created_at, due_at)
    SELECT $1, $3, place, $4, $5, $6, $7, $2, $11 FROM free WHERE $8::text IS NULL OR EXISTS (SELECT FROM counted)
    RETURNING id
  )
  SELECT EXISTS (SELECT FROM made) AS begun, EXISTS (SELECT FROM free) AS is_free, earlier.*
  FROM (SELECT) AS outcome LEFT JOIN earlier ON TRUE`);

export const FIND_UPLOAD = statement<
  [id: string, now: number],
  {
    readonly owner: string;
    readonly max_bytes: number;
    readonly reserved: boolean;
    readonly bytes: number;
    readonly due_at: number;
  }
>(`
  SELECT COALESCE(requests.caller, uploads.caller) AS owner, max_bytes, reserved, bytes, due_at
  FROM uploads LEFT JOIN requests
    ON uploads.caller LIKE '${ANSWERER}%' AND requests.id = substr(uploads.caller, ${ANSWERER.length + 1})
  WHERE uploads.id = $1 AND ${OPEN}`);

export const UPLOADED_CHUNKS = statement<[id: string, now: number], { readonly idx: number }>(
  `SELECT idx FROM uploads JOIN chunks ON upload = id WHERE id = $1 AND ${OPEN} ORDER BY idx`,
);

/** Puts a chunk into its table, by {@link rowOf}. */
const COPY_CHUNK = 'COPY chunks (upload, idx, bytes) FROM STDIN (FORMAT binary)';

/**
 * Counts a chunk that was put into its table in the same transaction, with nothing in its place before, if that is all
 * that there is to it: the upload is open, and the chunk fits. What follows a failed COPY fails as well.
 */
export const COUNT_CHUNK = statement<
  [id: string, now: number, index: number, streamBytes: number, isShort: boolean],
  { readonly id: string }
>(`
  UPDATE uploads SET bytes = bytes + $4::bigint, chunks = chunks + 1, highest = GREATEST(highest, $3::integer),
    short_index = CASE WHEN $5::boolean THEN $3 ELSE short_index END,
    due_at = LEAST($2::bigint + ${UPLOAD_IDLE_MS}, created_at + ${UPLOAD_LIFE_MS})
  WHERE id = $1 AND ${OPEN} AND $3 < GREATEST(1, ceil(max_bytes / ${CHUNK_BYTES}.0)) AND bytes + $4 <= max_bytes
    AND NOT ($5 AND short_index IS NOT NULL)
  RETURNING id`);

/**
 * Keeps a chunk. Where others were kept while this one waited for the row, one of them may be of its own place, and is not
 * seen: to keep it then violates the primary key, and what the row alone would refuse is `outdated`.
 */
export const PUT_CHUNK = statement<
  [id: string, now: number, index: number, bytes: Uint8Array],
  { readonly outcome: Exclude<PutOutcome, 'unknown'> | 'outdated' }
>(`
  WITH open AS MATERIALIZED (
    SELECT id, max_bytes, bytes AS there, chunks, short_index FROM uploads WHERE id = $1 AND ${OPEN} FOR UPDATE
  ), before AS MATERIALIZED (
    SELECT chunks FROM uploads WHERE id = $1
  ), judged AS MATERIALIZED (
    SELECT id, CASE WHEN bytes = $4::bytea THEN 'present' WHEN bytes IS NOT NULL THEN 'conflict'
      WHEN $3 >= GREATEST(1, ceil(max_bytes / ${CHUNK_BYTES}.0)) THEN 'too large'
      WHEN there + length($4::bytea) - ${CHUNK_TAG_BYTES} > max_bytes THEN 'too large'
      WHEN length($4::bytea) < ${SEALED_CHUNK_BYTES} AND short_index IS NOT NULL THEN 'second short chunk'
      ELSE 'kept' END AS outcome
    FROM open LEFT JOIN chunks ON upload = id AND idx = $3
  ), kept AS (
    INSERT INTO chunks (upload, idx, bytes) SELECT id, $3, $4::bytea FROM judged WHERE outcome = 'kept' RETURNING upload
  ), counted AS (
    UPDATE uploads SET bytes = uploads.bytes + length($4::bytea) - ${CHUNK_TAG_BYTES}, chunks = uploads.chunks + 1,
      highest = GREATEST(highest, $3),
      short_index = CASE WHEN length($4::bytea) < ${SEALED_CHUNK_BYTES} THEN $3 ELSE short_index END,
      due_at = LEAST($2::bigint + ${UPLOAD_IDLE_MS}, created_at + ${UPLOAD_LIFE_MS})
    FROM kept WHERE id = upload
  )
  SELECT CASE WHEN outcome IN ('too large', 'second short chunk') AND (SELECT chunks FROM before) <> (SELECT chunks FROM open)
    THEN 'outdated' ELSE outcome END AS outcome FROM judged`);

export const FORGET_UPLOAD = statement<[id: string, now: number], { readonly id: string }>(
  `UPDATE uploads SET due_at = 0, place = NULL, idempotency_key = NULL WHERE id = $1 AND ${OPEN} RETURNING id`,
);

interface FetchedRow {
  readonly refusal: KeyRefusal | null;
  readonly state: Unreadable['state'] | 'waiting';
  /** When the lease ends if it is live and may be used, else null. */
  readonly ends_at: number | null;
  readonly claimed_at: number;
  /** By which the chunks go; `null` where there are none. */
  readonly upload: string | null;
}

/** The end of the lease of the claim `$6` where that can still be used. */
const LIVE_END = `CASE WHEN needed_until IS NOT NULL AND lease_ends[array_position(claims, $6::text)] > $2
    THEN lease_ends[array_position(claims, $6::text)] END`;

/** Whether a claim may fetch chunks, without a lock: what becomes of the secret meanwhile comes after it. */
export const FETCH_CHUNK = statement<
  [id: string, now: number, ...shown: ShownValues, claim: string],
  FetchedRow
>(`
  WITH ${knowing("CASE WHEN $4::text IS NOT NULL THEN 'wrong key' END")}
  , found AS MATERIALIZED (
    SELECT id AS secret_id, refusal, ${STATE} AS state, read_at[array_position(claims, $6::text)] AS claimed_at,
      CASE WHEN link_proof_hash IS NULL OR ${isShown('proof_hash', '$4')} THEN ${LIVE_END} END AS ends_at
    FROM known JOIN secrets ON id = known_id
  )
  SELECT refusal, state, ends_at, claimed_at, uploads.id AS upload
  FROM found LEFT JOIN uploads ON secret = secret_id AND refusal IS NULL AND ends_at IS NOT NULL`);

/** Makes a lease that is live longer. */
export const RENEW_LEASE = statement<
  [id: string, now: number, claim: string, end: number],
  { readonly id: string }
>(`
  UPDATE secrets SET lease_ends[array_position(claims, $3::text)] = $4
  WHERE id = $1 AND needed_until IS NOT NULL AND lease_ends[array_position(claims, $3::text)] > $2 RETURNING id`);

export const STORED_BYTES = statement<[], { readonly bytes: number }>(
  `SELECT COALESCE(SUM(${TAKEN}), 0)::bigint AS bytes FROM uploads`,
);

export const STORED_BYTES_OF = statement<[caller: string], { readonly bytes: number }>(`
  SELECT (
    (SELECT COALESCE(SUM(${TAKEN}), 0) FROM uploads WHERE caller IN ${OWN})
    + (SELECT COALESCE(SUM(blob_size), 0) FROM secrets WHERE caller IN ${OWN} AND needed_until IS NOT NULL)
  )::bigint AS bytes`);

export const UPLOADED_BYTES_OF = statement<[caller: string], { readonly bytes: number }>(
  `SELECT COALESCE(SUM(${TAKEN}), 0)::bigint AS bytes FROM uploads WHERE caller IN ${OWN} AND bound_at IS NULL`,
);

/**
 * Destroys some chunks of an upload that is due, unless another process does. One that has none left is forgotten, or
 * kept for creates that are repeated.
 */
export const PURGE_CHUNKS = statement<[limit: number, now: number], { readonly looked: number }>(`
  WITH due AS MATERIALIZED (
    SELECT id, bound_at FROM uploads WHERE due_at <= $2 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
  ), picked AS MATERIALIZED (
    SELECT upload, idx, length(bytes) - ${CHUNK_TAG_BYTES} AS length FROM due JOIN chunks ON upload = id
    ORDER BY idx LIMIT $1
  ), destroyed AS (
    DELETE FROM chunks USING picked WHERE chunks.upload = picked.upload AND chunks.idx = picked.idx
  ), reduced AS (
    UPDATE uploads SET place = NULL, bytes = bytes - (SELECT COALESCE(SUM(length), 0) FROM picked),
      due_at = CASE WHEN EXISTS (SELECT FROM picked) THEN 0 ELSE due.bound_at + ${IDEMPOTENCY_MS} END
    FROM due WHERE uploads.id = due.id AND (EXISTS (SELECT FROM picked) OR due.bound_at > $2::bigint - ${IDEMPOTENCY_MS})
  ), forgotten AS (
    DELETE FROM uploads USING due WHERE uploads.id = due.id AND NOT EXISTS (SELECT FROM picked)
      AND COALESCE(due.bound_at <= $2::bigint - ${IDEMPOTENCY_MS}, TRUE)
  )
  SELECT COUNT(*) AS looked FROM due`);

/** One batch of the chunks' part of `Engine.purge`. @returns whether there may be more to do. */
export async function purgeChunks(pool: PostgresPool, now: number): Promise<boolean> {
  const [row] = await pool.query(PURGE_CHUNKS, PURGE_BATCH, now);
  return (row?.looked ?? 0) > 0;
}

function othersKeptComing(): StoreError {
  return new StoreError(new Error('others kept coming in between'));
}

/** An id of an upload as SQL. */
function literal(id: string): string {
  if (!/^[\w-]+$/.test(id)) throw new StoreError(new Error('an upload has an id that is none'));
  return `'${id}'`;
}

/** What a table in PostgreSQL's binary format begins with: a signature, no flags, and no more of a head. */
const TABLE_HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/** What it ends with: -1 in the place of a number of columns. */
const TABLE_END = Buffer.from([0xff, 0xff]);

/** A table of one chunk in that format (PostgreSQL's manual, COPY). */
function rowOf(upload: string, index: number, bytes: ChunkBytes): Uint8Array[] {
  const name = Buffer.from(upload);
  const columns = Buffer.alloc(2 + 4 + name.length + 4 + 4 + 4);
  let at = columns.writeInt16BE(3);
  at = columns.writeInt32BE(name.length, at);
  at += name.copy(columns, at);
  at = columns.writeInt32BE(4, at);
  at = columns.writeInt32BE(index, at);
  columns.writeInt32BE(bytes.length, at);
  return [Buffer.concat([TABLE_HEAD, columns]), bytes, TABLE_END];
}

/** A {@link ChunkStore} in PostgreSQL. */
export class PostgresChunks implements ChunkStore {
  readonly #pool: PostgresPool;
  #free = AT_ONCE;
  readonly #waiting: (() => void)[] = [];

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async beginUpload(upload: NewUpload): Promise<BeginOutcome> {
    const { id, caller, mostOpen, idempotency, quota, maxBytes, isReserved, createdAt } = upload;
    const { key = null, bodyHash = null } = idempotency ?? {};
    const { counter = null, endsAt = null, limit = null } = quota ?? {};
    const end = uploadEnd(createdAt, createdAt);
    const row = await this.#untilAlone(() =>
      this.#pool.query(
        BEGIN_UPLOAD,
        ...([
          id,
          createdAt,
          caller,
          key,
          bodyHash,
          maxBytes,
          isReserved,
          counter,
          endsAt,
          limit,
          end,
          mostOpen,
        ] as const),
      ),
    );
    if (row?.begun) return { outcome: 'begun', id, maxBytes, expiresAt: end };
    if (!row || row.id === null) return { outcome: row?.is_free ? 'limited' : 'too many' };
    if (row.begin_hash !== bodyHash) return { outcome: 'conflict' };
    const expiresAt = uploadEnd(row.created_at, row.created_at);
    return { outcome: 'replayed', id: row.id, maxBytes: row.max_bytes, expiresAt };
  }

  async findUpload(id: string, now: number): Promise<Upload | null> {
    const [row] = await this.#pool.query(FIND_UPLOAD, id, now);
    if (!row) return null;
    const { owner, max_bytes: maxBytes, reserved: isReserved, bytes, due_at: expiresAt } = row;
    return { owner, maxBytes, isReserved, bytes, expiresAt };
  }

  async uploadedChunks(id: string, now: number): Promise<readonly ChunkRange[]> {
    const rows = await this.#pool.query(UPLOADED_CHUNKS, id, now);
    return rangesOf(rows.map(({ idx }) => idx));
  }

  async putChunk(id: string, index: number, bytes: ChunkBytes, now: number): Promise<PutOutcome> {
    return this.#inTurn(async () => {
      if (await this.#copy(id, index, bytes, now)) return 'kept';
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const row = await this.#untilAlone(() => this.#pool.query(PUT_CHUNK, id, now, index, bytes));
        if (row?.outcome !== 'outdated') return row?.outcome ?? 'unknown';
      }
      throw othersKeptComing();
    });
  }

  async forgetUpload(id: string, now: number): Promise<boolean> {
    return (await this.#pool.query(FORGET_UPLOAD, id, now)).length > 0;
  }

  async fetchChunk(
    id: string,
    claim: string,
    index: number,
    shown: ShownProofs,
    now: number,
  ): Promise<ChunkOutcome> {
    const found = await this.#find(id, claim, shown, now);
    if ('outcome' in found) return found;
    const { state, ends_at: endsAt, claimed_at: claimedAt, upload } = found;
    const renewed = renewedLease(endsAt, claimedAt, now);
    if (renewed !== endsAt) {
      const [lease] = await this.#pool.query(RENEW_LEASE, id, now, claim, renewed);
      if (!lease) return unreadable(state);
    }
    const bytes = upload === null ? undefined : await this.#inTurn(() => this.#chunk(upload, index));
    if (bytes !== undefined) return { outcome: 'chunk', bytes };
    // Either there never was one, or it was destroyed since.
    const again = await this.#find(id, claim, shown, now);
    return 'outcome' in again ? again : { outcome: 'no such chunk' };
  }

  /** A live lease by which chunks can be fetched, or why there is none. */
  async #find(
    id: string,
    claim: string,
    shown: ShownProofs,
    now: number,
  ): Promise<(FetchedRow & { readonly ends_at: number }) | Exclude<ChunkOutcome, { outcome: 'chunk' }>> {
    const [row] = await this.#pool.query(FETCH_CHUNK, id, now, ...shownValues(shown), claim);
    if (!row) return { outcome: 'unknown' };
    if (row.refusal !== null) return { outcome: row.refusal };
    return row.ends_at === null ? unreadable(row.state) : { ...row, ends_at: row.ends_at };
  }

  async #chunk(upload: string, index: number): Promise<ChunkBytes | undefined> {
    const [bytes] = await this.#pool.bytes(
      `SELECT bytes FROM chunks WHERE upload = ${literal(upload)} AND idx = ${index}`,
    );
    return bytes;
  }

  /**
   * Keeps a chunk that is new to an open upload and fits into it, in half of the time that {@link PUT_CHUNK} takes.
   * @returns whether it did. If not, that statement finds out why.
   */
  async #copy(id: string, index: number, bytes: ChunkBytes, now: number): Promise<boolean> {
    try {
      await this.#pool.transaction(async (send, copy) => {
        await copy(COPY_CHUNK, rowOf(id, index, bytes));
        const isShort = bytes.length < SEALED_CHUNK_BYTES;
        const counted = await send(COUNT_CHUNK, id, now, index, streamBytesOf(bytes.length), isShort);
        if (counted.length === 0) throw new RolledBack();
      });
      return true;
    } catch (error) {
      const { cause } = Object(error) as { cause?: unknown };
      if (cause instanceof RolledBack || isAnswer(cause)) return false;
      throw error;
    }
  }

  async storedBytes(caller: string | null): Promise<number> {
    const [row] =
      caller === null
        ? await this.#pool.query(STORED_BYTES)
        : await this.#pool.query(STORED_BYTES_OF, caller);
    return row?.bytes ?? 0;
  }

  async uploadedBytes(caller: string): Promise<number> {
    const [row] = await this.#pool.query(UPLOADED_BYTES_OF, caller);
    return row?.bytes ?? 0;
  }

  /** The row of a statement, which is tried again while others do the same at the same time. */
  async #untilAlone<Row>(ask: () => Promise<Row[]>): Promise<Row | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        return (await ask())[0];
      } catch (error) {
        if (isDiskFull(error)) throw new StoreFullError(error);
        if (uniqueViolation(error) === null && !isDeadlock(error)) throw error;
        if (tries === TRIES) throw othersKeptComing();
      }
    }
  }

  /** Does `work` when few enough others are under way that hold a chunk. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
