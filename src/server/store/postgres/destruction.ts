/**
 * The end of secrets in PostgreSQL: pieces of SQL with which every verb destroys what is no longer needed, and the
 * statements of a purge. A statement that changes a secret names the row it changed `settled`.
 */

import { TOMBSTONE_MS } from '../contracts/lifecycle.js';
import type { Purged } from '../contracts/store.js';
import { type PostgresPool, statement } from './connections/pool.js';
import { announce } from './outbox.js';

/** That a view can be consumed at `$2`. */
export const WAITING =
  'views_left > 0 AND revoked_at IS NULL AND expires_at > $2 AND needed_until IS NOT NULL';

/** The end of the last lease that is live at `$2`, or null: then no reader can get the ciphertext any more. */
export const LAST_LEASE_END = lastLeaseEnd('TRUE');

/** {@link LAST_LEASE_END} of the leases that meet `condition`. */
export function lastLeaseEnd(condition: string): string {
  return `(SELECT MAX(ends_at) FROM unnest(claims, lease_ends) AS lease (claim, ends_at)
           WHERE ends_at > $2 AND ${condition})`;
}

/** Forgets a callback unless `needed`: once no view can be consumed, a secret has nothing more to announce. */
export function forgetCallback(needed: string): string {
  const columns = ['callback_url', 'callback_host', 'callback_secret'];
  return columns.map((column) => `${column} = CASE WHEN ${needed} THEN ${column} END`).join(', ');
}

/** The row in `settled`, with the callback that it had before, for what is announced of it. */
export const SETTLED = `id, hint, caller, views, views_left, expires_at, first_read_at, revoked_at, needed_until,
      was_url AS callback_url, was_host AS callback_host, was_secret AS callback_secret`;

/**
 * Deletes the ciphertexts that the rows in `settled` say are not needed. Their chunks are out of reach with them, and
 * destroyed in steps.
 */
export const DESTROY = `
  DELETE FROM ciphertexts USING settled
  WHERE ciphertexts.id = settled.id AND settled.needed_until IS NULL RETURNING ciphertexts.id
  ), doomed AS (
  UPDATE uploads SET due_at = 0 FROM settled WHERE secret = settled.id AND settled.needed_until IS NULL
  ), unsent AS (
  DELETE FROM unsent_codes USING settled WHERE secret = settled.id AND settled.needed_until IS NULL`;

/** Ciphertext is destroyed once, so this is sent once. Of all ways to end, only the expiry leaves this state. */
export const ANNOUNCE_EXPIRED = announce(
  'secret.expired',
  'expires_at',
  'needed_until IS NULL AND first_read_at IS NULL AND revoked_at IS NULL',
);

/** Rows one transaction of a purge looks at: so few that no other caller waits long behind it. */
const PURGE_BATCH = 200;

/**
 * Destroys what is due, except rows that another process has locked. The array, here and in the statements below that
 * forget, makes PostgreSQL go by the index to the rows it changes, also where it plans without knowing the limit.
 */
export const DESTROY_DUE = statement<
  [limit: number, now: number],
  { readonly looked: number; readonly destroyed: number }
>(`
  WITH due AS (
    SELECT id AS due_id, callback_url AS was_url, callback_host AS was_host, callback_secret AS was_secret
    FROM secrets WHERE needed_until <= $2 ORDER BY needed_until LIMIT $1 FOR UPDATE SKIP LOCKED
  ), settled AS (
    UPDATE secrets SET needed_until = ${LAST_LEASE_END}, ${forgetCallback(WAITING)}
    FROM due WHERE id = due_id AND id = ANY (ARRAY(SELECT due_id FROM due)) RETURNING ${SETTLED}
  ), destroyed AS (${DESTROY}
  ), announced AS (${ANNOUNCE_EXPIRED}
  )
  SELECT (SELECT COUNT(*) FROM settled) AS looked, (SELECT COUNT(*) FROM destroyed) AS destroyed`);

export const FORGET_SECRETS = statement<[limit: number, now: number], { readonly id: string }>(`
  WITH due AS (
    SELECT id FROM secrets WHERE needed_until IS NULL AND expires_at <= $2::bigint - ${TOMBSTONE_MS}
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  DELETE FROM secrets WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING id`);

/** One batch of the secrets' part of `Engine.purge`. @returns also whether there may be more to do. */
export async function purgeSecrets(pool: PostgresPool, now: number): Promise<Purged & { more: boolean }> {
  const [batch] = await pool.query(DESTROY_DUE, PURGE_BATCH, now);
  const forgotten = await pool.query(FORGET_SECRETS, PURGE_BATCH, now);
  return {
    destroyed: batch?.destroyed ?? 0,
    forgotten: forgotten.length,
    more: [batch?.looked, forgotten.length].includes(PURGE_BATCH),
  };
}
