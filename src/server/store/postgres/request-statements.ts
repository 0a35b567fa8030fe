/**
 * The SQL of requests in PostgreSQL. Who has no proof locks nothing. What decides about a request is in its row, and
 * statements that change one lock it first: so they see its latest state, however many answers come at once.
 */

import type { Bytes } from '../../../core/bytes.js';
import { TOMBSTONE_MS } from '../contracts/lifecycle.js';
import type { Closed, RequestRefused } from '../contracts/requests.js';
import { REQUEST_COLUMNS, type RequestRow } from '../contracts/rows.js';
import { statement } from './connections/pool.js';
import {
  binding,
  type EarlierRow,
  insertSecret,
  type SecretValues,
  type UploadFound,
  type UploadValues,
} from './creates/create.js';
import { forgetCallback } from './destruction.js';
import { announce } from './outbox.js';
import { isShown } from './proofs.js';

type ShownAt = [id: string, now: number, nonce: string, shown: string | null];

/** What every statement of a caller who has to prove something says. */
interface JudgedRow {
  readonly refusal: RequestRefused['outcome'] | null;
}

export interface ClosedRow extends JudgedRow {
  /** `null` if the caller is refused. */
  readonly state: Closed['state'] | 'open' | null;
}

/** The state at `$2`, as `requestStateOf` has it. */
export const REQUEST_STATE = `CASE WHEN cancelled_at IS NOT NULL THEN 'cancelled' WHEN answers_left <= 0 THEN 'answered'
      WHEN sealed_message IS NULL OR expires_at <= $2 THEN 'expired' ELSE 'open' END`;

/** That a request is known at `$2`. */
const KNOWN = `last_end > $2::bigint - ${TOMBSTONE_MS}`;

const COLUMNS = `${REQUEST_COLUMNS.replaceAll(/\w+/g, 'requests.$&')}, sealed_message IS NULL AS destroyed`;

/** What is wrong with what was shown, `$4`, of what `column` is the hash of. */
const refusalBy = (column: string) =>
  `CASE WHEN $4::text IS NULL THEN 'proof required' WHEN ${isShown(column, '$4')} THEN NULL ELSE 'wrong key' END`;

/**
 * The queries in front of every statement that changes the request `$1`: `known`, with what is wrong in `refusal`, and
 * `judged`, the request of whom nothing is wrong with, locked.
 * @param refusal and `condition` for being known: expressions in SQL.
 */
const judging = (refusal: string, condition = 'TRUE') => `
  known AS MATERIALIZED (
    SELECT id AS known_id, ${refusal} AS refusal FROM requests WHERE id = $1 AND ${KNOWN} AND ${condition}
  ), judged AS MATERIALIZED (
    SELECT id AS judged_id, ${REQUEST_STATE} AS state,
      callback_url AS was_url, callback_host AS was_host, callback_secret AS was_secret, gates AS was_gates
    FROM requests WHERE id = (SELECT known_id FROM known WHERE refusal IS NULL) FOR UPDATE
  )`;

/** The row in `settled`, with the callback that it had before, for what is announced of it. */
const SETTLED = `id, NULL AS hint, caller, answers_left, expires_at,
      was_url AS callback_url, was_host AS callback_host, was_secret AS callback_secret`;

export type RequestValues = [
  id: string,
  publicKey: string,
  sealedMessage: Bytes,
  proofHash: string,
  receiptHash: string,
  secretExpiry: number,
  answers: number,
  answerViews: number,
  longestBlob: number,
  longestUpload: number,
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
  amount: number | null,
  gates: string | null,
];

type EarlierRequestRow = Pick<EarlierRow, 'body_hash' | 'created_at' | 'expires_at'>;

type CreateRow = { readonly created: boolean } & (
  | ({ readonly id: string } & EarlierRequestRow)
  | { readonly id: null }
);

/** Makes a request unless its idempotency key was used or too few creates are left of its quota. */
export const CREATE_REQUEST = statement<RequestValues, CreateRow>(`
  WITH earlier AS (
    SELECT id, body_hash, created_at, expires_at FROM requests WHERE caller = $14 AND idempotency_key = $15
  ), counted AS (
    INSERT INTO counts (counter, ends_at, used) SELECT $19, $20, $22::integer
    WHERE $19::text IS NOT NULL AND $22::integer <= $21::integer AND NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT (ends_at, counter) DO UPDATE SET used = counts.used + excluded.used
    WHERE counts.used + excluded.used <= $21::integer RETURNING used
  ), made AS (
    INSERT INTO requests (id, public_key, sealed_message, proof_hash, receipt_hash, secret_expiry, answers,
      answers_left, answer_views, longest_blob, longest_upload, callback_url, callback_host, callback_secret, caller,
      idempotency_key, body_hash, created_at, expires_at, last_end, gates)
    SELECT $1, $2, $3::bytea, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $23
    WHERE NOT EXISTS (SELECT FROM earlier) AND ($19::text IS NULL OR EXISTS (SELECT FROM counted))
    RETURNING id
  )
  SELECT created, earlier.* FROM (SELECT EXISTS (SELECT FROM made) AS created) AS outcome
  LEFT JOIN earlier ON TRUE`);

export const FREE_REQUEST_KEY = statement<[id: string], never>(
  'UPDATE requests SET idempotency_key = NULL WHERE id = $1',
);

export const FIND_REQUEST = statement<
  ShownAt,
  JudgedRow & RequestRow & { readonly sealed_message: Bytes | null }
>(`
  SELECT ${refusalBy('proof_hash')} AS refusal, ${COLUMNS}, sealed_message
  FROM requests WHERE id = $1 AND ${KNOWN}`);

/** The request with each of its answers, or once without any. */
export const LIST_ANSWERS = statement<
  ShownAt,
  JudgedRow &
    RequestRow & {
      readonly answer_id: string | null;
      readonly answered_at: number;
      readonly answer_expires_at: number;
      readonly views_left: number;
      readonly revoked_at: number | null;
      readonly answer_destroyed: boolean;
      readonly wrapped_key: Bytes | null;
    }
>(`
  SELECT ${refusalBy('requests.receipt_hash')} AS refusal, ${COLUMNS}, secrets.id AS answer_id,
    secrets.created_at AS answered_at, secrets.expires_at AS answer_expires_at, views_left, revoked_at,
    needed_until IS NULL AS answer_destroyed, wrapped_key
  FROM requests
  LEFT JOIN secrets ON request_id = requests.id AND secrets.expires_at > $2::bigint - ${TOMBSTONE_MS}
  LEFT JOIN ciphertexts ON ciphertexts.id = secrets.id
  WHERE requests.id = $1 AND ${KNOWN} ORDER BY secrets.created_at, secrets.id`);

/** The gates of an answer: its request's, since an answer comes without any. */
const ANSWER_GATES = 'COALESCE($23::text, was_gates)';

type AnswerRowOrNone = ClosedRow &
  UploadFound & { readonly created: boolean } & (EarlierRow | { readonly id: null });

const UPLOAD = binding(24, '$17', '$2', 'EXISTS (SELECT FROM judged)');

/**
 * Decides who answers: of any number of answers, as many as are left make a secret. Of two at once with one
 * idempotency key the second violates the unique index, or comes too late for the last answer: tried again, it finds
 * the first.
 */
export const ANSWER = statement<
  [...ShownAt, wrappedKey: Bytes, ...SecretValues, ...UploadValues, hasRoom: boolean],
  AnswerRowOrNone
>(`
  WITH ${judging(refusalBy('proof_hash'))}
  , earlier AS (
    SELECT id, version, views, body_hash, created_at, expires_at FROM secrets
    WHERE caller = $17 AND idempotency_key = $18 AND EXISTS (SELECT FROM judged)
  ), locked AS MATERIALIZED (${UPLOAD.locked}
  ), settled AS (
    UPDATE requests SET answers_left = answers_left - 1, last_end = GREATEST(last_end, $21),
      gates = CASE WHEN answers_left > 1 THEN gates END, ${forgetCallback('answers_left > 1')}
    FROM judged WHERE id = judged_id AND state = 'open' AND answers_left > 0 AND NOT EXISTS (SELECT FROM earlier)
      AND ${UPLOAD.isWhole} AND $27::boolean
    RETURNING ${SETTLED}, was_gates
  ), made AS (${insertSecret(6, { requestId: '$1', chunks: '$25', gates: ANSWER_GATES }, 'FROM settled')}
  ), kept AS (
    INSERT INTO ciphertexts (id, blob, wrapped_key, gates)
    SELECT made.id, $8::bytea, $5::bytea, ${ANSWER_GATES} FROM made CROSS JOIN settled
  ), bound AS (${UPLOAD.bound}
  ), announced AS (${announce('request.answered', '$2::bigint', 'TRUE')}
  )
  SELECT refusal, state, EXISTS (SELECT FROM made) AS created, ${UPLOAD.columns}, earlier.*
  FROM known LEFT JOIN judged ON TRUE LEFT JOIN locked ON TRUE LEFT JOIN earlier ON TRUE`);

export const FIND_ANSWER = statement<[caller: string, idempotencyKey: string], EarlierRow>(`
  SELECT id, version, views, body_hash, created_at, expires_at FROM secrets
  WHERE caller = $1 AND idempotency_key = $2`);

/** @see judging. `$5` is the caller who made the request, in place of what is shown. */
export const CANCEL_REQUEST = statement<[...ShownAt, caller: string | null], ClosedRow>(`
  WITH ${judging(
    `CASE WHEN $5::text IS NULL THEN ${refusalBy('requests.receipt_hash')} END`,
    '($5::text IS NULL OR caller = $5)',
  )}
  , settled AS (
    UPDATE requests SET cancelled_at = $2, sealed_message = NULL, gates = NULL, ${forgetCallback('FALSE')}
    FROM judged WHERE id = judged_id AND state = 'open' AND cancelled_at IS NULL RETURNING ${SETTLED}
  ), announced AS (${announce('request.cancelled', '$2::bigint', 'TRUE')}
  )
  SELECT refusal, CASE state WHEN 'open' THEN 'cancelled' ELSE state END AS state FROM known LEFT JOIN judged ON TRUE`);

export const LIST_REQUESTS = statement<
  [caller: string, now: number, createdAt: number, id: string, state: string | null, limit: number],
  RequestRow
>(`
  SELECT ${COLUMNS} FROM requests
  WHERE caller = $1 AND (created_at, id) < ($3, $4::text COLLATE "C") AND ${KNOWN}
    AND ($5::text IS NULL OR ${REQUEST_STATE} = $5)
  ORDER BY created_at DESC, id DESC LIMIT $6`);

/** Destroys the messages that are due, except in rows that another process has locked. */
export const EXPIRE_REQUESTS = statement<[limit: number, now: number], { readonly id: string }>(`
  WITH due AS (
    SELECT id AS due_id, callback_url AS was_url, callback_host AS was_host, callback_secret AS was_secret
    FROM requests WHERE sealed_message IS NOT NULL AND expires_at <= $2
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
  ), settled AS (
    UPDATE requests SET sealed_message = NULL, gates = NULL, ${forgetCallback('FALSE')}
    FROM due WHERE id = due_id AND id = ANY (ARRAY(SELECT due_id FROM due)) RETURNING ${SETTLED}
  ), announced AS (${announce('request.expired', 'expires_at', 'answers_left > 0')}
  )
  SELECT id FROM settled`);

export const FORGET_REQUESTS = statement<[limit: number, now: number], { readonly id: string }>(`
  WITH due AS (
    SELECT id FROM requests WHERE sealed_message IS NULL AND last_end <= $2::bigint - ${TOMBSTONE_MS}
    ORDER BY last_end LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM requests WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING id`);
