/**
 * One create in PostgreSQL: a statement that decides it, in a transaction of its own. Creates that arrive together
 * share one (create-batches.ts), and come here when that could not decide them.
 */

import { IDEMPOTENCY_MS } from '../contracts/lifecycle.js';
import type { CreateOutcome, NewSecret } from '../contracts/secrets.js';
import { StoreError } from '../contracts/store.js';
import { type PostgresPool, statement } from './connections/pool.js';

/** The secret that an idempotency key was used for before. */
export interface EarlierRow {
  readonly id: string;
  readonly version: NewSecret['version'];
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** Whether a create made a secret, and the one that its idempotency key was used for before, if there is one. */
type CreateRow = { readonly created: boolean } & (EarlierRow | { readonly id: null });

type CreateValues = [
  id: string,
  version: NewSecret['version'],
  blob: Uint8Array,
  hint: string | null,
  splitUrlMode: boolean,
  proofHash: string | null,
  linkProofHash: string | null,
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
  receiptHash: string | null,
];

/** The name of the unique index that finds a second create with one idempotency key. */
const CREATE_INDEX = 'secrets_create';

/**
 * Makes a secret unless its idempotency key was used or its quota is used up. Of two at once with one key the second
 * violates {@link CREATE_INDEX}, which also undoes its count; when it is tried again it finds the first.
 */
export const CREATE = statement<CreateValues, CreateRow>(`
  WITH earlier AS (
    SELECT id, version, views, body_hash, created_at, expires_at FROM secrets
    WHERE caller = $12 AND idempotency_key = $13
  ), counted AS (
    INSERT INTO counts (counter, ends_at, used) SELECT $17, $18, 1
    WHERE $17::text IS NOT NULL AND NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + 1 WHERE counts.used < $19 RETURNING used
  ), made AS (
    INSERT INTO secrets (id, version, blob_size, hint, split_url_mode, proof_hash, link_proof_hash, views, views_left,
      callback_url, callback_host, callback_secret, caller, idempotency_key, body_hash, created_at, expires_at,
      needed_until, receipt_hash)
    SELECT $1, $2, length($3::bytea), $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $20
    WHERE NOT EXISTS (SELECT FROM earlier) AND ($17::text IS NULL OR EXISTS (SELECT FROM counted))
    RETURNING id
  ), kept AS (
    INSERT INTO ciphertexts (id, blob) SELECT id, $3::bytea FROM made
  )
  SELECT created, earlier.* FROM (SELECT EXISTS (SELECT FROM made) AS created) AS outcome
  LEFT JOIN earlier ON TRUE`);

export const FREE_IDEMPOTENCY_KEY = statement<[id: string], never>(
  'UPDATE secrets SET idempotency_key = NULL WHERE id = $1',
);

/** How often a create is tried when other creates with its idempotency key come in between. */
const CREATE_TRIES = 5;

/** SQLSTATE of a broken unique index. */
const UNIQUE_VIOLATION = '23505';

/**
 * Creates a secret, alone.
 * @param pool the create is part of an operation of it.
 * @throws StoreError, also if others keep using the idempotency key and giving it free.
 */
export async function createAlone(pool: PostgresPool, secret: NewSecret): Promise<CreateOutcome> {
  for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
    const outcome = await tryToCreate(pool, secret);
    if (outcome !== null) return outcome;
  }
  throw new StoreError(new Error('others kept using the idempotency key'));
}

/**
 * The outcome of a create whose idempotency key was used before, or `null` if that was so long ago that the key is
 * free to use again.
 */
export function repeatOf(
  { createdAt, idempotency }: NewSecret,
  { id, version, views, body_hash: bodyHash, created_at: earlier, expires_at: expiresAt }: EarlierRow,
): CreateOutcome | null {
  if (createdAt - earlier >= IDEMPOTENCY_MS) return null;
  if (bodyHash !== idempotency?.bodyHash) return { outcome: 'conflict' };
  return { outcome: 'replayed', id, version, views, expiresAt };
}

/** The outcome of a create that made `secret`. */
export function created({ id, version, views, expiresAt }: NewSecret): CreateOutcome {
  return { outcome: 'created', id, version, views, expiresAt };
}

/** The values of a secret's columns, as the statements take them. */
export function createValues(secret: NewSecret): CreateValues {
  const { callback, idempotency, quota } = secret;
  return [
    secret.id,
    secret.version,
    secret.blob,
    secret.hint,
    secret.splitUrlMode,
    secret.proofHash,
    secret.linkProofHash,
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
    secret.receiptHash,
  ];
}

/** The outcome of a create, or `null` if another create with its idempotency key came in between: try again. */
async function tryToCreate(pool: PostgresPool, secret: NewSecret): Promise<CreateOutcome | null> {
  const row = await insert(pool, secret);
  if (row === null) return null;
  if (row.created) return created(secret);
  if (row.id === null) return { outcome: 'limited' };
  const repeat = repeatOf(secret, row);
  if (repeat === null) await pool.send(FREE_IDEMPOTENCY_KEY, row.id);
  return repeat;
}

async function insert(pool: PostgresPool, secret: NewSecret): Promise<CreateRow | null> {
  try {
    const [row] = await pool.send(CREATE, ...createValues(secret));
    return row ?? null;
  } catch (error) {
    if (isKeyUsedMeanwhile(error)) return null;
    throw error;
  }
}

/** Whether another create with the same idempotency key came first while this one was under way. */
function isKeyUsedMeanwhile(error: unknown): boolean {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return false;
  const { code, constraint_name: index } = error.cause as { code?: unknown; constraint_name?: unknown };
  return code === UNIQUE_VIOLATION && index === CREATE_INDEX;
}
