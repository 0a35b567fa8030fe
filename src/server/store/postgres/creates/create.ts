/**
 * One create in PostgreSQL: a statement that decides it, in a transaction of its own. Creates that arrive together
 * share one (create-batches.ts), and come here when that could not decide them.
 */

import { encodeGates, encodeState, UNTOUCHED } from '../../contracts/gates.js';
import { IDEMPOTENCY_MS } from '../../contracts/lifecycle.js';
import { ANSWERER } from '../../contracts/requests.js';
import type { CreateOutcome, KeepOutcome, NewSecret } from '../../contracts/secrets.js';
import { StoreError } from '../../contracts/store.js';
import { type PostgresPool, statement, uniqueViolation } from '../connections/pool.js';

/** The secret that an idempotency key was used for before. */
export interface EarlierRow {
  readonly id: string;
  readonly version: NewSecret['version'];
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** What is the matter with the upload of a create, if anything: a secret may have got it by the same create before. */
export interface UploadFound {
  readonly upload: 'unknown' | 'incomplete' | 'bound' | null;
  readonly secret: string | null;
}

/** Whether a create made a secret, and the one that its idempotency key was used for before, if there is one. */
type CreateRow = { readonly created: boolean } & UploadFound & (EarlierRow | { readonly id: null });

/** The upload whose chunks a secret gets. */
export type UploadValues = [id: string | null, chunks: number | null, bodyHash: string | null];

/** The values of a secret's columns, as {@link insertSecret} counts them. */
export type SecretValues = [
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
  receiptHash: string | null,
  gates: string | null,
];

type CreateValues = [
  ...SecretValues,
  counter: string | null,
  quotaEndsAt: number | null,
  quotaLimit: number | null,
];

/** The names of the unique indexes that find a second create with one idempotency key. */
const CREATE_INDEXES: readonly string[] = ['secrets_create', 'requests_create'];

/**
 * A piece of SQL that makes a secret, and gives its id.
 * @param first the number of the first of its {@link SecretValues}.
 * @param requestId of the request that it answers, and `chunks` how many it comes with: expressions in SQL. So is
 *   `gates`, for what else than the {@link SecretValues} they come from.
 * @param where whether to make it: what follows the selected columns.
 */
export function insertSecret(
  first: number,
  {
    requestId,
    chunks,
    gates,
  }: { readonly requestId: string; readonly chunks: string; readonly gates: string },
  where: string,
): string {
  const value = (place: number) => `$${first + place}`;
  const values = Array.from({ length: 17 }, (_, place) => value(place));
  const [id, version, blob, ...rest] = values;
  const [hint, split, proof, linkProof, views, ...others] = rest;
  const selected = [
    id,
    version,
    `length(${blob}::bytea)`,
    hint,
    split,
    proof,
    linkProof,
    views,
    views,
    ...others,
  ];
  return `
    INSERT INTO secrets (id, version, blob_size, hint, split_url_mode, proof_hash, link_proof_hash, views, views_left,
      callback_url, callback_host, callback_secret, caller, idempotency_key, body_hash, created_at, expires_at,
      receipt_hash, needed_until, request_id, chunks, gate_state)
    SELECT ${selected.join(', ')}, ${value(15)}, ${requestId}, ${chunks}, ${gateState(gates)} ${where}
    RETURNING id`;
}

/** What has happened at new gates, in SQL. */
export function gateState(gates: string): string {
  return `CASE WHEN ${gates} IS NOT NULL THEN '${encodeState(UNTOUCHED)}' END`;
}

/**
 * Pieces of SQL that give a secret the chunks of its upload: `locked`, a query that locks it and says what it found; whether
 * the secret can have it, or wants none; `bound`, what gives it to the one in `made`; and the columns of {@link UploadFound}.
 * @param first the number of the first of its {@link UploadValues}.
 * @param caller and `now` who makes the secret, and when: expressions in SQL, as `condition` for anything to be locked.
 */
export function binding(first: number, caller: string, now: string, condition = 'TRUE') {
  const [id, chunks, bodyHash] = [0, 1, 2].map((place) => `$${first + place}`);
  return {
    locked: `
    SELECT secret, CASE
      WHEN caller <> ${caller} AND (caller LIKE '${ANSWERER}%' OR ${caller} LIKE '${ANSWERER}%') THEN 'unknown'
      WHEN bound_at IS NOT NULL AND create_hash = ${bodyHash} AND bound_at > ${now}::bigint - ${IDEMPOTENCY_MS}
        AND secret IS NOT NULL THEN 'bound'
      WHEN bound_at IS NOT NULL OR due_at <= ${now} THEN 'unknown'
      WHEN chunks = ${chunks} AND highest = ${chunks} - 1 AND COALESCE(short_index, highest) = highest THEN 'whole'
      ELSE 'incomplete' END AS found
    FROM uploads WHERE id = ${id} AND ${condition} FOR UPDATE`,
    isWhole: `(${id}::text IS NULL OR EXISTS (SELECT FROM locked WHERE found = 'whole'))`,
    bound: `
    UPDATE uploads SET secret = made.id, create_hash = ${bodyHash}, bound_at = ${now}, place = NULL, due_at = NULL
    FROM made WHERE uploads.id = ${id}`,
    columns: `secret, CASE WHEN ${id}::text IS NOT NULL THEN NULLIF(COALESCE(found, 'unknown'), 'whole') END AS upload`,
  };
}

const UPLOAD = binding(22, '$12', '$15');

/**
 * Makes a secret unless its idempotency key was used or its quota is used up. Of two at once with one key the second
 * violates one of {@link CREATE_INDEXES}, which also undoes its count; when it is tried again it finds the first.
 */
export const CREATE = statement<[...CreateValues, ...UploadValues], CreateRow>(`
  WITH locked AS MATERIALIZED (${UPLOAD.locked}
  ), earlier AS (
    SELECT id, version, views, body_hash, created_at, expires_at FROM secrets
    WHERE caller = $12 AND idempotency_key = $13
  ), counted AS (
    INSERT INTO counts (counter, ends_at, used) SELECT $19, $20, 1
    WHERE $19::text IS NOT NULL AND $21 > 0 AND NOT EXISTS (SELECT FROM earlier)
      AND ${UPLOAD.isWhole}
    ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + 1 WHERE counts.used < $21 RETURNING used
  ), made AS (${insertSecret(
    1,
    { requestId: 'NULL', chunks: '$23', gates: '$18::text' },
    `WHERE NOT EXISTS (SELECT FROM earlier) AND ($19::text IS NULL OR EXISTS (SELECT FROM counted))
      AND ${UPLOAD.isWhole}`,
  )}
  ), kept AS (
    INSERT INTO ciphertexts (id, blob, gates) SELECT id, $3::bytea, $18 FROM made
  ), bound AS (${UPLOAD.bound}
  )
  SELECT created, ${UPLOAD.columns}, earlier.*
  FROM (SELECT EXISTS (SELECT FROM made) AS created) AS outcome
  LEFT JOIN locked ON TRUE LEFT JOIN earlier ON TRUE`);

export const FIND_MADE = statement<[id: string], EarlierRow>(
  'SELECT id, version, views, body_hash, created_at, expires_at FROM secrets WHERE id = $1',
);

export const FREE_IDEMPOTENCY_KEY = statement<[id: string], never>(
  'UPDATE secrets SET idempotency_key = NULL WHERE id = $1',
);

/** How often a create is tried when other creates with its idempotency key come in between. */
const CREATE_TRIES = 5;

/**
 * Creates a secret, alone.
 * @param pool the create is part of an operation of it.
 * @throws StoreError, also if others keep using the idempotency key and giving it free.
 */
export async function createAlone(pool: PostgresPool, secret: NewSecret): Promise<CreateOutcome> {
  return untilDecided(() => tryToCreate(pool, secret));
}

/**
 * Tries a create until it is decided.
 * @param attempt gives `null`, or violates the unique index of idempotency keys, if another one with the same key came
 *   in between.
 * @throws StoreError, also if others keep using the idempotency key and giving it free.
 */
export async function untilDecided<Outcome>(attempt: () => Promise<Outcome | null>): Promise<Outcome> {
  for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
    try {
      const outcome = await attempt();
      if (outcome !== null) return outcome;
    } catch (error) {
      const index = uniqueViolation(error);
      if (index === null || !CREATE_INDEXES.includes(index)) throw error;
    }
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
): KeepOutcome | null {
  if (createdAt - earlier >= IDEMPOTENCY_MS) return null;
  if (bodyHash !== idempotency?.bodyHash) return { outcome: 'conflict' };
  return { outcome: 'replayed', id, version, views, expiresAt };
}

/** The outcome of a create that made `secret`. */
export function created({ id, version, views, expiresAt }: NewSecret): KeepOutcome {
  return { outcome: 'created', id, version, views, expiresAt };
}

/** The values of a create, as {@link CREATE} takes them. */
export function createValues(secret: NewSecret): CreateValues {
  const { quota } = secret;
  return [...secretValues(secret), quota?.counter ?? null, quota?.endsAt ?? null, quota?.limit ?? null];
}

/** The values of a secret's columns, as the statements take them. */
export function secretValues(secret: NewSecret): SecretValues {
  const { callback, idempotency } = secret;
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
    secret.receiptHash,
    encodeGates(secret.gates),
  ];
}

/** The outcome of a create, or `null` if its idempotency key has just been set free: try again. */
async function tryToCreate(pool: PostgresPool, secret: NewSecret): Promise<CreateOutcome | null> {
  const [row] = await pool.send(CREATE, ...createValues(secret), ...uploadValues(secret));
  if (!row) return null;
  if (row.created) return created(secret);
  if (row.id === null && row.upload !== null) return withoutUpload(pool, row);
  if (row.id === null) return { outcome: 'limited' };
  const repeat = repeatOf(secret, row);
  if (repeat === null) await pool.send(FREE_IDEMPOTENCY_KEY, row.id);
  return repeat;
}

/** The upload of a secret, as the statements take it. */
export function uploadValues({ upload }: NewSecret): UploadValues {
  return [upload?.id ?? null, upload?.chunks ?? null, upload?.bodyHash ?? null];
}

/** The outcome of a create that could not have its upload, or `null` if the secret that has it was just made. */
export async function withoutUpload(
  pool: PostgresPool,
  { upload, secret }: UploadFound,
): Promise<KeepOutcome | null> {
  if (upload === 'incomplete') return { outcome: 'incomplete upload' };
  if (upload !== 'bound' || secret === null) return { outcome: 'unknown upload' };
  const [made] = await pool.send(FIND_MADE, secret);
  if (!made) return null;
  const { id, version, views, expires_at: expiresAt } = made;
  return { outcome: 'replayed', id, version, views, expiresAt };
}
