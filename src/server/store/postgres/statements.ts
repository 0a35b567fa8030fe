/**
 * The statements of the PostgreSQL store, with their values and rows. Most verbs are one statement, which is a
 * transaction and a round trip of its own. They are made for READ COMMITTED and any number of processes: what an
 * UPDATE requires of a row, and what it makes of it, is worked out anew if another transaction changed the row first.
 */

import { LEASE_MS } from '../../../core/protocol/limits.js';
import { lockMs, TOMBSTONE_MS } from '../contracts/lifecycle.js';
import type { EventName } from '../contracts/outbox.js';
import type { FateRow, RecordRow } from '../contracts/rows.js';
import type { CreateRequest } from '../contracts/store.js';

/** What a statement can be given. */
export type PostgresValue = string | number | boolean | null;

/** The text of a statement, and what that says about the values it takes and the rows it gives. */
export interface Statement<Values extends PostgresValue[], Row> {
  readonly text: string;
  /** Never there: they hold the types. */
  readonly values?: Values;
  readonly row?: Row;
}

export interface ReadingRow {
  readonly blob: string;
  readonly hint: string | null;
  readonly views_left: number;
}

/** Whether a create made something, and the one that had its idempotency key before, if there is one. */
export interface CreateRow {
  readonly created: boolean;
  readonly id: string | null;
  readonly version: CreateRequest['version'];
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

type CreateValues = [
  id: string,
  version: CreateRequest['version'],
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

/** The name of the index that holds creates with one idempotency key apart. */
export const CREATE_INDEX = 'secrets_create';

/** At `$2` a view can be taken. */
const WAITING = 'views_left > 0 AND revoked_at IS NULL AND expires_at > $2 AND needed_until IS NOT NULL';

/** When the lease of `$3` ends, 0 once it is acknowledged, or null if there is none. */
const LEASE_END = 'lease_ends[array_position(claims, $3)]';

/** The end of the last lease that is live at `$2`, or null: then nobody can come for the ciphertext any more. */
const LAST_LEASE_END = lastLeaseEnd('TRUE');

function lastLeaseEnd(condition: string): string {
  return `(SELECT MAX(ends_at) FROM unnest(claims, lease_ends) AS lease (claim, ends_at)
           WHERE ends_at > $2 AND ${condition})`;
}

/** Deletes the ciphertexts that the rows in `settled` say are not needed. */
const DESTROY = `
  DELETE FROM ciphertexts USING settled
  WHERE ciphertexts.id = settled.id AND settled.needed_until IS NULL RETURNING ciphertexts.id`;

/** Appends an event, due at `$2`, for each row in `settled` that has a callback and meets `condition`. */
function announce(event: EventName, occurredAt: string, condition: string): string {
  return `
  INSERT INTO outbox (event, secret_id, hint, url, host, callback_secret, occurred_at, appended_at, due_at)
  SELECT '${event}', id, hint, callback_url, callback_host, callback_secret, ${occurredAt}, $2::bigint, $2::bigint
  FROM settled WHERE callback_url IS NOT NULL AND ${condition}`;
}

const ANNOUNCE_CONSUMED = announce('secret.consumed', '$2::bigint', 'views_left = views - 1');
/** Ciphertext is destroyed once, so that is told once. Of all ways to end, only the expiry leaves this state. */
const ANNOUNCE_EXPIRED = announce(
  'secret.expired',
  'expires_at',
  'needed_until IS NULL AND first_read_at IS NULL AND revoked_at IS NULL',
);
const ANNOUNCE_REVOKED = announce('secret.revoked', '$2::bigint', 'revoked_at IS NOT NULL');

/** How long each wrong proof locks, in milliseconds, the last one standing for all that follow. */
const LOCKS = `ARRAY[${Array.from({ length: 20 }, (_, index) => lockMs(index + 1))}]`;

/** Until when the wrong proof with this number locks, or 0: not `$2`, which would lock when the clock is set back. */
function lockedUntil(number: string): string {
  return `COALESCE($2::bigint + NULLIF((${LOCKS})[LEAST(${number}, cardinality(${LOCKS}))], 0), 0)`;
}

/**
 * Makes a secret unless its idempotency key was used or its quota is used up. Of two at once with one key the second
 * breaks {@link CREATE_INDEX}, which also undoes its count; when it is repeated it finds the first.
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

/** Takes a view for good: with the last one the ciphertext goes, unless a lease is live. */
export const TAKE = statement<At, ReadingRow>(`
  WITH settled AS (
    UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, $2),
      needed_until = CASE WHEN views_left > 1 THEN needed_until ELSE ${LAST_LEASE_END} END
    WHERE id = $1 AND ${WAITING} RETURNING *
  ), destroyed AS (${DESTROY}
  ), announced AS (${ANNOUNCE_CONSUMED}
  )
  SELECT blob, hint, views_left FROM settled JOIN ciphertexts USING (id)`);

/** Takes a view for a claim that never had one. */
export const TAKE_FOR_CLAIM = statement<ClaimAt, ReadingRow>(`
  WITH settled AS (
    UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, $2),
      claims = array_append(claims, $3), lease_ends = array_append(lease_ends, $2::bigint + ${LEASE_MS}),
      needed_until = CASE WHEN views_left > 1 THEN needed_until
        ELSE GREATEST($2::bigint + ${LEASE_MS}, ${LAST_LEASE_END}) END
    WHERE id = $1 AND ${WAITING} AND $3 <> ALL (claims) RETURNING *
  ), announced AS (${ANNOUNCE_CONSUMED}
  )
  SELECT blob, hint, views_left FROM settled JOIN ciphertexts USING (id)`);

/** What a claim took, while its lease lasts. */
export const TAKE_AGAIN = statement<ClaimAt, ReadingRow & { readonly ends_at: number }>(`
  SELECT blob, hint, views_left, ${LEASE_END} AS ends_at FROM secrets JOIN ciphertexts USING (id)
  WHERE id = $1 AND ${LEASE_END} > $2`);

/** Ends the lease of a claim, unless that was done before. */
export const ACKNOWLEDGE = statement<ClaimAt, { readonly id: string }>(`
  WITH settled AS (
    UPDATE secrets SET ${LEASE_END} = 0,
      needed_until = CASE WHEN ${WAITING} THEN needed_until ELSE ${lastLeaseEnd('claim <> $3')} END
    WHERE id = $1 AND ${LEASE_END} > 0 AND needed_until IS NOT NULL RETURNING *
  )${DESTROY}`);

/** Ends what still has ciphertext, and therefore was not revoked before. */
export const REVOKE = statement<At, FateRow>(`
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

/** Counts a wrong proof, unless others have locked its caller in the meantime. */
export const ENTER_WRONG_PROOF = statement<
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

/**
 * Destroys what is due, as far as no other process is at it. The array here and in the next two makes PostgreSQL go
 * by the index to the rows it changes, also where it plans without knowing the limit.
 */
export const PURGE = statement<
  [limit: number, now: number],
  { readonly looked: number; readonly destroyed: number }
>(`
  WITH due AS (
    SELECT id FROM secrets WHERE needed_until <= $2 ORDER BY needed_until LIMIT $1 FOR UPDATE SKIP LOCKED
  ), settled AS (
    UPDATE secrets SET needed_until = ${LAST_LEASE_END} WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING *
  ), destroyed AS (${DESTROY}
  ), announced AS (${ANNOUNCE_EXPIRED}
  )
  SELECT (SELECT COUNT(*) FROM settled) AS looked, (SELECT COUNT(*) FROM destroyed) AS destroyed`);

export const FORGET = statement<[limit: number, now: number], { readonly id: string }>(`
  WITH due AS (
    SELECT id FROM secrets WHERE needed_until IS NULL AND expires_at <= $2::bigint - ${TOMBSTONE_MS}
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM secrets WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING id`);

export const COUNTS = statement<[endsAt: number], { readonly counter: string; readonly used: number }>(
  'SELECT counter, used FROM counts WHERE ends_at = $1',
);

export const FORGET_COUNTS = statement<[limit: number, now: number], { readonly counter: string }>(`
  WITH due AS (
    SELECT ctid FROM counts WHERE ends_at <= $2 ORDER BY ends_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM counts WHERE ctid = ANY (ARRAY(SELECT ctid FROM due)) RETURNING counter`);

/** A replica, and a server that an operator made read-only, answer but can't do the work. */
export const PING = statement<[], { readonly read_only: 'on' | 'off' }>(
  "SELECT current_setting('transaction_read_only') AS read_only FROM zephr LIMIT 1",
);

/** Where values stand for `$1`, `$2` and so on, in the order of `Values`. */
export function statement<Values extends PostgresValue[], Row>(text: string): Statement<Values, Row> {
  return { text };
}
