/**
 * Creates that arrive together, in one statement: one round trip, one transaction and one commit for all. While a
 * batch is under way the next one gathers. A batch decides each of its creates as if they came one after the other;
 * what it cannot decide, or a batch that fails, is tried again one create at a time.
 */

import type { CreateOutcome, NewSecret } from '../../contracts/secrets.js';
import { StoreError } from '../../contracts/store.js';
import { isAnswer, type PostgresPool, type Progress, statement } from '../connections/pool.js';
import { createAlone, created, createValues, type EarlierRow, gateState, repeatOf } from './create.js';

/** Batches under way at once. */
const BATCHES = 4;

/** Most creates in a batch. */
const CREATES = 64;

/** Most bytes of ciphertext in a batch, unless it is one create. */
const BYTES = 3 << 18;

/**
 * How long a batch waits for a row that somebody else has locked, in milliseconds. Then its creates are tried alone,
 * so that only the one that needs the row waits longer.
 */
const LOCK_PATIENCE_MS = 1_000;

/** What became of one create of a batch. `undecided`: others used its key or its quota at the same time. */
type BatchRow = { readonly place: number } & (
  | ({ readonly outcome: 'earlier' } & EarlierRow)
  | { readonly outcome: 'created' | 'limited' | 'undecided' }
);

/** A create on its way. */
interface Create {
  readonly secret: NewSecret;
  readonly progress: Progress;
  readonly resolve: (outcome: CreateOutcome) => void;
  readonly reject: (error: unknown) => void;
  /** Creates with the same caller and idempotency key that came while this one was on its way. */
  readonly twins: Create[];
}

/** The columns of `wanted` that are values of a create, in the order of `createValues`. JSON has blobs in base64. */
const COLUMNS = `id TEXT, version INTEGER, blob TEXT, hint TEXT, split_url_mode BOOLEAN, proof_hash TEXT,
      link_proof_hash TEXT, views INTEGER, callback_url TEXT, callback_host TEXT, callback_secret TEXT, caller TEXT,
      idempotency_key TEXT, body_hash TEXT, created_at BIGINT, expires_at BIGINT, receipt_hash TEXT,
      gates TEXT, counter TEXT, ends_at BIGINT, quota_limit INTEGER`;

const NAMES = COLUMNS.split(',').map((column) => column.trim().split(' ')[0] ?? '');

/**
 * Makes the secrets in `$1`, a JSON array of objects, as `CREATE` would one by one. No two have one idempotency
 * key, and all with one counter have one limit.
 *
 * - `quotas`: what is asked of each, with its row locked, so that `granted` holds until the commit.
 * - `counted`: the quotas that grant something. One is missing if somebody else began to count it at the same time,
 *   and there is not enough left for all.
 *
 * Rows are locked in the order of their keys, so that no two batches wait for each other. The lateral queries make
 * PostgreSQL go by the index for each create, whatever it thinks of the size of a table.
 */
export const CREATE_BATCH = statement<[creates: string], BatchRow>(`
  WITH wanted AS MATERIALIZED (
    SELECT wanted.*, decode(blob, 'base64') AS bytes FROM (SELECT set_config('lock_timeout', '${LOCK_PATIENCE_MS}', TRUE) OFFSET 0) AS patience
    CROSS JOIN json_to_recordset($1::text::json) AS wanted (place INTEGER, ${COLUMNS})
  ), earlier AS MATERIALIZED (
    SELECT place, found.* FROM wanted CROSS JOIN LATERAL (
      SELECT id, version, views, body_hash, created_at, expires_at FROM secrets
      WHERE caller = wanted.caller AND idempotency_key = wanted.idempotency_key LIMIT 1
    ) AS found
  ), ranked AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY counter, ends_at ORDER BY place) AS rank
    FROM wanted WHERE place NOT IN (SELECT place FROM earlier)
  ), quotas AS MATERIALIZED (
    SELECT counter, ends_at, quota_limit, LEAST(asked, GREATEST(quota_limit - COALESCE(used, 0), 0)) AS granted
    FROM (
      SELECT counter, ends_at, quota_limit, COUNT(*) AS asked FROM ranked WHERE counter IS NOT NULL
      GROUP BY counter, ends_at, quota_limit ORDER BY ends_at, counter
    ) AS asked LEFT JOIN LATERAL (
      SELECT used FROM counts WHERE counts.ends_at = asked.ends_at AND counts.counter = asked.counter FOR UPDATE
    ) AS held ON TRUE
  ), counted AS (
    INSERT INTO counts (counter, ends_at, used) SELECT counter, ends_at, granted FROM quotas WHERE granted > 0
    ORDER BY ends_at, counter
    ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + excluded.used
    WHERE counts.used + excluded.used <= (
      SELECT quota_limit FROM quotas WHERE counter = excluded.counter AND ends_at = excluded.ends_at)
    RETURNING counter, ends_at
  ), decided AS MATERIALIZED (
    SELECT ranked.*, CASE
      WHEN ranked.counter IS NULL OR (counted.counter IS NOT NULL AND rank <= granted) THEN 'created'
      WHEN granted = 0 OR counted.counter IS NOT NULL THEN 'limited' ELSE 'undecided' END AS outcome
    FROM ranked LEFT JOIN quotas USING (counter, ends_at) LEFT JOIN counted USING (counter, ends_at)
  ), made AS (
    INSERT INTO secrets (id, version, blob_size, hint, split_url_mode, proof_hash, link_proof_hash, views, views_left,
      callback_url, callback_host, callback_secret, caller, idempotency_key, body_hash, created_at, expires_at,
      needed_until, receipt_hash, gate_state)
    SELECT id, version, length(bytes), hint, split_url_mode, proof_hash, link_proof_hash, views, views, callback_url,
      callback_host, callback_secret, caller, idempotency_key, body_hash, created_at, expires_at, expires_at,
      receipt_hash, ${gateState('gates')}
    FROM decided WHERE outcome = 'created' ORDER BY caller, idempotency_key
    RETURNING id
  ), kept AS (
    INSERT INTO ciphertexts (id, blob, gates) SELECT id, bytes, gates FROM made JOIN wanted USING (id)
  )
  SELECT place, outcome, NULL AS id, NULL AS version, NULL AS views, NULL AS body_hash, NULL AS created_at,
    NULL AS expires_at FROM decided
  UNION ALL SELECT place, 'earlier', id, version, views, body_hash, created_at, expires_at FROM earlier`);

/** Gathers creates and sends them in batches. */
export class CreateBatches {
  readonly #pool: PostgresPool;
  #waiting: Create[] = [];
  /** The first create on its way with each caller and idempotency key. */
  readonly #first = new Map<string, Create>();
  #underWay = 0;
  #scheduled = false;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /** What `SecretStore.create` does. */
  create(secret: NewSecret): Promise<CreateOutcome> {
    // A batch binds no uploads.
    if (secret.upload !== null) return this.#pool.operation(() => createAlone(this.#pool, secret));
    return this.#pool.operation(
      (progress) =>
        new Promise((resolve, reject) => this.#enter({ secret, progress, resolve, reject, twins: [] })),
    );
  }

  #enter(create: Create): void {
    const key = keyOf(create.secret);
    const first = key === null ? undefined : this.#first.get(key);
    if (first !== undefined) {
      first.twins.push(create);
      return;
    }
    if (key !== null) this.#first.set(key, create);
    this.#waiting.push(create);
    this.#schedule();
  }

  /** What arrives in this turn of the event loop comes along. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay >= BATCHES || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#run(this.#take());
    });
  }

  async #run(batch: readonly Create[]): Promise<void> {
    this.#underWay += 1;
    this.#schedule();
    try {
      const outcomes = await this.#decide(batch);
      const finished = Promise.all(batch.map((create, place) => this.#finish(create, outcomes.get(place))));
      // What a batch could not decide may take long, and must not keep the next batch waiting.
      if (batch.length === 1) await finished;
    } catch (error) {
      for (const create of batch) this.#fail(create, error);
    }
    this.#underWay -= 1;
    this.#schedule();
  }

  /** Takes off what waits as much as fits into a batch, and of each counter only creates with one limit. */
  #take(): Create[] {
    const batch: Create[] = [];
    const left: Create[] = [];
    const limits = new Map<string, number>();
    let bytes = 0;
    for (const create of this.#waiting) {
      const { blob, quota } = create.secret;
      const counter = `${quota?.endsAt} ${quota?.counter}`;
      const isFull = batch.length === CREATES || bytes + blob.length > BYTES;
      if ((isFull && batch.length > 0) || (limits.get(counter) ?? quota?.limit) !== quota?.limit) {
        left.push(create);
        continue;
      }
      if (quota !== null) limits.set(counter, quota.limit);
      bytes += blob.length;
      batch.push(create);
    }
    this.#waiting = left;
    return batch;
  }

  /** The outcomes of a batch, by place. One that is missing has to be tried alone. */
  async #decide(batch: readonly Create[]): Promise<ReadonlyMap<number, CreateOutcome>> {
    const open = [...batch.entries()].filter(([, { progress }]) => !progress.over);
    if (open.length < 2) return new Map();
    try {
      const creates = open.map(([place, { secret }]) => ({ place, ...named(secret) }));
      const rows = await this.#pool.send(CREATE_BATCH, JSON.stringify(creates));
      return new Map(rows.flatMap((row) => outcomeOf(row, batch)));
    } catch (error) {
      // Without an answer the batch may have been committed. Otherwise it failed for one create, perhaps, of many.
      if (error instanceof StoreError && !isAnswer(error.cause)) throw error;
      return new Map();
    }
  }

  /** Tells a create and its twins what became of them. */
  async #finish(create: Create, decided: CreateOutcome | undefined): Promise<void> {
    const { secret, twins } = create;
    if (decided !== undefined) create.resolve(decided);
    const outcome = decided ?? (await this.#alone(create));
    this.#forget(secret);
    await Promise.all(
      twins.map((twin) => {
        const repeat = outcome?.outcome === 'created' ? repeatOf(twin.secret, earlierRow(secret)) : null;
        return repeat === null ? this.#alone(twin) : twin.resolve(repeat);
      }),
    );
  }

  #fail({ secret, reject, twins }: Create, error: unknown): void {
    this.#forget(secret);
    for (const one of [reject, ...twins.map((twin) => twin.reject)]) one(error);
  }

  /** Who comes with this create's key from here on is the first again. */
  #forget(secret: NewSecret): void {
    const key = keyOf(secret);
    if (key !== null) this.#first.delete(key);
  }

  /** @returns `null` if it failed or was over before. */
  async #alone({ secret, progress, resolve, reject }: Create): Promise<CreateOutcome | null> {
    if (progress.over) return null;
    try {
      const outcome = await createAlone(this.#pool, secret);
      resolve(outcome);
      return outcome;
    } catch (error) {
      reject(error);
      return null;
    }
  }
}

/** What names a create of a caller; `null` without an idempotency key. */
function keyOf({ caller, idempotency }: NewSecret): string | null {
  return idempotency === null ? null : JSON.stringify([caller, idempotency.key]);
}

function named(secret: NewSecret): Record<string, unknown> {
  const values = createValues(secret).map((value) => (value instanceof Uint8Array ? base64Of(value) : value));
  return Object.fromEntries(NAMES.map((name, index) => [name, values[index]]));
}

function base64Of({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('base64');
}

function outcomeOf(row: BatchRow, batch: readonly Create[]): [place: number, outcome: CreateOutcome][] {
  const secret = batch[row.place]?.secret;
  if (secret === undefined) return [];
  if (row.outcome === 'earlier') {
    const repeat = repeatOf(secret, row);
    return repeat === null ? [] : [[row.place, repeat]];
  }
  if (row.outcome === 'undecided') return [];
  return [[row.place, row.outcome === 'created' ? created(secret) : { outcome: row.outcome }]];
}

/** What the database holds of a secret that was just made. */
function earlierRow({ id, version, views, idempotency, createdAt, expiresAt }: NewSecret): EarlierRow {
  const bodyHash = idempotency?.bodyHash ?? '';
  return { id, version, views, body_hash: bodyHash, created_at: createdAt, expires_at: expiresAt };
}
