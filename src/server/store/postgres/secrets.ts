/**
 * The secrets of the PostgreSQL store: the SQL of each verb, then the verbs. Most verbs are one statement, which is a
 * transaction and a round trip of its own. The statements are written for READ COMMITTED and any number of processes:
 * what an UPDATE requires of a row, and what it makes of it, is worked out anew if another transaction changed the row
 * first.
 */

import { LEASE_MS } from '../../../core/protocol/limits.js';
import { forgottenAt, IDEMPOTENCY_MS, lockMs, revocationOf, stateOf } from '../contracts/lifecycle.js';
import { type LifecycleRow, lifecycleOf, type RecordRow, recordOf } from '../contracts/rows.js';
import type {
  CreateOutcome,
  NewSecret,
  Reading,
  Revocation,
  SecretRecord,
  SecretStore,
} from '../contracts/secrets.js';
import { StoreError } from '../contracts/store.js';
import { ANNOUNCE_EXPIRED, DESTROY, LAST_LEASE_END, lastLeaseEnd, WAITING } from './destruction.js';
import { announce } from './outbox.js';
import { type PostgresPool, statement } from './pool.js';

interface ReadingRow {
  readonly blob: string;
  readonly hint: string | null;
  readonly views_left: number;
}

/** Whether a create made a secret, and the one that its idempotency key was used for before, if there is one. */
interface CreateRow {
  readonly created: boolean;
  readonly id: string | null;
  readonly version: NewSecret['version'];
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

type CreateValues = [
  id: string,
  version: NewSecret['version'],
  blob: string,
  hint: string | null,
  splitUrlMode: boolean,
  proofHash: string | null,
  views: number,
  callbackUrl: string | null,
  callbackHost: string | null,
  callbackSecret: string | null,
  caller: string,
  idempotencyKey: string | null,
  bodyHash: string | null,
  createdAt: number,
  expiresAt: number,
  counter: string | null,
  quotaEndsAt: number | null,
  quotaLimit: number | null,
];

type At = [id: string, now: number];
type ClaimAt = [id: string, now: number, claim: string];

/** The name of the unique index that finds a second create with one idempotency key. */
const CREATE_INDEX = 'secrets_create';

/** When the lease of `$3` ends, 0 once it is acknowledged, or null if there is none. */
const LEASE_END = 'lease_ends[array_position(claims, $3)]';

const ANNOUNCE_CONSUMED = announce('secret.consumed', '$2::bigint', 'views_left = views - 1');
const ANNOUNCE_REVOKED = announce('secret.revoked', '$2::bigint', 'revoked_at IS NOT NULL');

/** How long each wrong proof locks its caller out, in milliseconds; the last length holds for all that follow. */
const LOCKS = `ARRAY[${Array.from({ length: 20 }, (_, index) => lockMs(index + 1))}]`;

/** Until when the wrong proof of this number locks, or 0: `$2` instead of 0 would lock when the clock is set back. */
function lockedUntil(number: string): string {
  return `COALESCE($2::bigint + NULLIF((${LOCKS})[LEAST(${number}, cardinality(${LOCKS}))], 0), 0)`;
}

/**
 * Makes a secret unless its idempotency key was used or its quota is used up. Of two at once with one key the second
 * violates {@link CREATE_INDEX}, which also undoes its count; when it is tried again it finds the first.
 */
export const CREATE = statement<CreateValues, CreateRow>(`
  WITH earlier AS (
    SELECT id, version, views, body_hash, created_at, expires_at FROM secrets
    WHERE caller = $11 AND idempotency_key = $12
  ), counted AS (
    INSERT INTO counts (counter, ends_at, used) SELECT $16, $17, 1
    WHERE $16::text IS NOT NULL AND NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + 1 WHERE counts.used < $18 RETURNING used
  ), made AS (
    INSERT INTO secrets (id, version, blob_size, hint, split_url_mode, proof_hash, views, views_left,
      callback_url, callback_host, callback_secret, caller, idempotency_key, body_hash, created_at, expires_at,
      needed_until)
    SELECT $1, $2, length($3), $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15
    WHERE NOT EXISTS (SELECT FROM earlier) AND ($16::text IS NULL OR EXISTS (SELECT FROM counted))
    RETURNING id
  ), kept AS (
    INSERT INTO ciphertexts (id, blob) SELECT id, $3 FROM made
  )
  SELECT created, earlier.* FROM (SELECT EXISTS (SELECT FROM made) AS created) AS outcome
  LEFT JOIN earlier ON TRUE`);

export const FREE_IDEMPOTENCY_KEY = statement<[id: string], never>(
  'UPDATE secrets SET idempotency_key = NULL WHERE id = $1',
);

export const FIND = statement<[id: string], RecordRow>(`
  SELECT version, hint, proof_hash, views, views_left, created_at, expires_at, first_read_at, revoked_at,
    needed_until IS NULL AS destroyed
  FROM secrets WHERE id = $1`);

/**
 * Decides who reads: of any number of readers, as many as there are views get a row. Without a claim a view is consumed
 * for good: the last one destroys the ciphertext, unless a lease is live.
 */
export const CONSUME = statement<At, ReadingRow>(`
  WITH settled AS (
    UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, $2),
      needed_until = CASE WHEN views_left > 1 THEN needed_until ELSE ${LAST_LEASE_END} END
    WHERE id = $1 AND ${WAITING} RETURNING *
  ), destroyed AS (${DESTROY}
  ), announced AS (${ANNOUNCE_CONSUMED}
  )
  SELECT blob, hint, views_left FROM settled JOIN ciphertexts USING (id)`);

/** Decides who reads with a claim that never had a view. */
export const CONSUME_FOR_CLAIM = statement<ClaimAt, ReadingRow>(`
  WITH settled AS (
    UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, $2),
      claims = array_append(claims, $3), lease_ends = array_append(lease_ends, $2::bigint + ${LEASE_MS}),
      needed_until = CASE WHEN views_left > 1 THEN needed_until
        ELSE GREATEST($2::bigint + ${LEASE_MS}, ${LAST_LEASE_END}) END
    WHERE id = $1 AND ${WAITING} AND $3 <> ALL (claims) RETURNING *
  ), announced AS (${ANNOUNCE_CONSUMED}
  )
  SELECT blob, hint, views_left FROM settled JOIN ciphertexts USING (id)`);

/** What a claim has read, while its lease lasts. */
export const REPEAT = statement<ClaimAt, ReadingRow & { readonly ends_at: number }>(`
  SELECT blob, hint, views_left, ${LEASE_END} AS ends_at FROM secrets JOIN ciphertexts USING (id)
  WHERE id = $1 AND ${LEASE_END} > $2`);

/** Ends the lease of a claim, unless that was done before. */
export const ACKNOWLEDGE = statement<ClaimAt, { readonly id: string }>(`
  WITH settled AS (
    UPDATE secrets SET ${LEASE_END} = 0,
      needed_until = CASE WHEN ${WAITING} THEN needed_until ELSE ${lastLeaseEnd('claim <> $3')} END
    WHERE id = $1 AND ${LEASE_END} > 0 AND needed_until IS NOT NULL RETURNING *
  )${DESTROY}`);

/** Ends a secret that still has its ciphertext, and therefore was not revoked before. */
export const REVOKE = statement<At, LifecycleRow>(`
  WITH settled AS (
    UPDATE secrets SET revoked_at = CASE WHEN ${WAITING} THEN $2 END, needed_until = NULL
    WHERE id = $1 AND needed_until IS NOT NULL RETURNING *
  ), destroyed AS (${DESTROY}
  ), revoked AS (${ANNOUNCE_REVOKED}
  ), expired AS (${ANNOUNCE_EXPIRED}
  )
  SELECT views_left, expires_at, revoked_at, TRUE AS destroyed FROM settled`);

export const ATTEMPTS = statement<[id: string, caller: string], { readonly locked_until: number }>(
  'SELECT locked_until FROM attempts WHERE id = $1 AND caller = $2',
);

/** Counts a wrong proof, unless other attempts have locked its caller out in the meantime. */
export const RECORD_WRONG_PROOF = statement<
  [id: string, now: number, caller: string],
  { readonly locked_until: number }
>(`
  INSERT INTO attempts (id, caller, wrong, locked_until)
  SELECT id, $3, 1, ${lockedUntil('1')} FROM secrets WHERE id = $1
  ON CONFLICT (id, caller) DO UPDATE SET
    wrong = attempts.wrong + CASE WHEN attempts.locked_until > $2 THEN 0 ELSE 1 END,
    locked_until = CASE WHEN attempts.locked_until > $2 THEN attempts.locked_until
      ELSE ${lockedUntil('attempts.wrong + 1')} END
  RETURNING locked_until`);

export const CLEAR_ATTEMPTS = statement<[id: string, now: number, caller: string], never>(
  'DELETE FROM attempts WHERE id = $1 AND caller = $3 AND locked_until <= $2',
);

/** How often a create is tried when other creates with its idempotency key come in between. */
const CREATE_TRIES = 5;

/** SQLSTATE of a broken unique index. */
const UNIQUE_VIOLATION = '23505';

/** A {@link SecretStore} in PostgreSQL. */
export class PostgresSecrets implements SecretStore {
  readonly #pool: PostgresPool;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async create(secret: NewSecret): Promise<CreateOutcome> {
    for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
      const outcome = await this.#tryToCreate(secret);
      if (outcome !== null) return outcome;
    }
    throw new StoreError(new Error('others kept using the idempotency key'));
  }

  async find(id: string, now: number): Promise<SecretRecord | null> {
    const [row] = await this.#pool.query(FIND, id);
    return row && forgottenAt(row.expires_at) > now ? recordOf(row) : null;
  }

  async consume(id: string, claim: string | null, now: number): Promise<Reading | null> {
    if (claim === null) {
      const [row] = await this.#pool.query(CONSUME, id, now);
      return row ? readingOf(row, now) : null;
    }
    const [row] = await this.#pool.query(CONSUME_FOR_CLAIM, id, now, claim);
    if (row) return readingOf(row, now + LEASE_MS);
    // This comes second: while the first statement waited, the same claim may have got its view in another request.
    const [again] = await this.#pool.query(REPEAT, id, now, claim);
    return again ? readingOf(again, again.ends_at) : null;
  }

  async acknowledge(id: string, claim: string, now: number): Promise<void> {
    await this.#pool.query(ACKNOWLEDGE, id, now, claim);
  }

  async revoke(id: string, now: number): Promise<Revocation> {
    const [revoked] = await this.#pool.query(REVOKE, id, now);
    const [row] = revoked ? [revoked] : await this.#pool.query(FIND, id);
    if (!row) return 'unknown';
    return revocationOf(stateOf(lifecycleOf(row), now));
  }

  async recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
    const [earlier] = await this.#pool.query(ATTEMPTS, id, caller);
    if (earlier && earlier.locked_until > now) return earlier.locked_until;
    if (right) {
      if (earlier) await this.#pool.query(CLEAR_ATTEMPTS, id, now, caller);
      return null;
    }
    const [recorded] = await this.#pool.query(RECORD_WRONG_PROOF, id, now, caller);
    return recorded && recorded.locked_until > now ? recorded.locked_until : null;
  }

  /** The outcome of a create, or `null` if another create with its idempotency key came in between: try again. */
  async #tryToCreate(secret: NewSecret): Promise<CreateOutcome | null> {
    const { id, version, views, expiresAt, idempotency } = secret;
    const row = await this.#insert(secret);
    if (row === null) return null;
    if (row.created) return { outcome: 'created', id, version, views, expiresAt };
    if (row.id === null) return { outcome: 'limited' };
    if (secret.createdAt - row.created_at >= IDEMPOTENCY_MS) {
      await this.#pool.query(FREE_IDEMPOTENCY_KEY, row.id);
      return null;
    }
    if (row.body_hash !== idempotency?.bodyHash) return { outcome: 'conflict' };
    return {
      outcome: 'replayed',
      id: row.id,
      version: row.version,
      views: row.views,
      expiresAt: row.expires_at,
    };
  }

  async #insert(secret: NewSecret): Promise<CreateRow | null> {
    const { callback, idempotency, quota } = secret;
    try {
      const [row] = await this.#pool.query(
        CREATE,
        secret.id,
        secret.version,
        secret.blob,
        secret.hint,
        secret.splitUrlMode,
        secret.proofHash,
        secret.views,
        callback?.url ?? null,
        callback === null ? null : new URL(callback.url).host,
        callback?.secret ?? null,
        secret.caller,
        idempotency?.key ?? null,
        idempotency?.bodyHash ?? null,
        secret.createdAt,
        secret.expiresAt,
        quota?.counter ?? null,
        quota?.endsAt ?? null,
        quota?.limit ?? null,
      );
      return row ?? null;
    } catch (error) {
      if (isKeyUsedMeanwhile(error)) return null;
      throw error;
    }
  }
}

/** Whether another create with the same idempotency key came first while this one was under way. */
function isKeyUsedMeanwhile(error: unknown): boolean {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return false;
  const { code, constraint_name: index } = error.cause as { code?: unknown; constraint_name?: unknown };
  return code === UNIQUE_VIOLATION && index === CREATE_INDEX;
}

function readingOf(row: ReadingRow, purgeAt: number): Reading {
  return { blob: row.blob, hint: row.hint, viewsLeft: row.views_left, purgeAt };
}
