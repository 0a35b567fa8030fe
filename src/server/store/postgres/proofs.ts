/**
 * Judging what a caller shows, in PostgreSQL: pieces of SQL with which a verb's one statement decides whether its
 * caller may, by the rules of `contracts/proofs.ts`. `$1` is the secret's id, `$2` the time. A key is compared by what
 * PostgreSQL never changes; only a right one locks the secret's row, and sees its latest state.
 */

import { hash, randomUUID } from 'node:crypto';
import { TOMBSTONE_MS } from '../contracts/lifecycle.js';
import {
  FIRST_LOCK_MS,
  FREE_TRIES,
  LONGEST_LOCK_MS,
  type ShownBySender,
  type ShownProofs,
} from '../contracts/proofs.js';

/** What the statements are given for what a caller shows, as `$3` to `$5`. */
export type ShownValues = [nonce: string, proof: string | null, linkProof: string | null];

/**
 * Hashes under a nonce of this request, as the statements compare them: how long a comparison takes then depends on
 * nothing that the caller knows or can choose.
 */
export function shownValues({ proofHash, linkProofHash }: ShownProofs): ShownValues {
  const nonce = randomUUID();
  return [nonce, under(nonce, proofHash), under(nonce, linkProofHash)];
}

/** What the statements of a sender are given, as `$3` to `$5`. */
export type SenderValues = [nonce: string, receipt: string | null, caller: string | null];

/** The same of what a sender shows. */
export function senderValues(shown: ShownBySender): SenderValues {
  const nonce = randomUUID();
  if ('caller' in shown) return [nonce, null, shown.caller];
  return [nonce, under(nonce, shown.receiptHash), null];
}

function under(nonce: string, text: string | null): string | null {
  return text === null ? null : hash('sha256', nonce + text, 'hex');
}

/** The same for a caller who has one hash to show. */
export function shownValue(text: string | null): [nonce: string, shown: string | null] {
  const nonce = randomUUID();
  return [nonce, under(nonce, text)];
}

/** Whether a caller showed what `column` holds the hash of. The nonce is `$3`. */
export const isShown = (column: string, value: string) =>
  `COALESCE(encode(sha256(($3::text || ${column})::bytea), 'hex') = ${value}::text, FALSE)`;

const RIGHT_KEY = `CASE WHEN link_proof_hash IS NULL THEN ${isShown('proof_hash', '$4')}
      ELSE ${isShown('link_proof_hash', '$5')} END`;

/** Milliseconds for which no passphrase is judged after the `wrong`th wrong one. */
const lockMs = (wrong: string) => `(CASE WHEN ${wrong} < ${FREE_TRIES} THEN 0
    ELSE LEAST(${FIRST_LOCK_MS} * 2 ^ LEAST(${wrong} - ${FREE_TRIES}, 20), ${LONGEST_LOCK_MS}) END)::bigint`;

const WAIT_MS = `GREATEST(0, LEAST(locked_until - $2::bigint, ${lockMs('wrong_passphrases')}))`;

/** The state of a secret, as `stateOf` has it. */
export const STATE = `CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN views_left <= 0 THEN 'read'
      WHEN needed_until IS NULL OR expires_at <= $2 THEN 'expired' ELSE 'waiting' END`;

/** How a verb judges, in SQL. */
interface Judging {
  /** What is wrong with the key of a caller who asks for a version 1 secret. */
  readonly versionOne: string;
  /** Whether a claim has shown the right passphrase before, so that it is not counted. Default: none has. */
  readonly leased?: string;
  /** Which secrets are locked and judged, if their key is right; with the others nothing is wrong. Default: all. */
  readonly locks?: string;
  /**
   * More columns of `judged`: what a verb tells of the row as it is once it is locked. The rest of its statement may see the
   * row as it was before another one changed it.
   */
  readonly columns?: string;
}

/** The first of the queries in front of every verb that proofs open. @param versionOne as for {@link Judging}. */
export function knowing(versionOne: string): string {
  return `known AS MATERIALIZED (
    SELECT id AS known_id, CASE WHEN version = 1 THEN ${versionOne} WHEN $4::text IS NULL THEN 'proof required'
      WHEN ${RIGHT_KEY} THEN NULL ELSE 'wrong key' END AS refusal
    FROM secrets WHERE id = $1 AND expires_at > $2::bigint - ${TOMBSTONE_MS}
  )`;
}

/**
 * The queries in front of every verb that proofs open.
 *
 * - `known`: the secret, if there is one, and in `refusal` what is wrong with the key.
 * - `judged`: the secret of a right key, locked, and in `verdict` what is wrong with the passphrase. No column has the
 *   name of one in `secrets` that a verb changes or depends on.
 */
export function judging({ versionOne, leased = 'FALSE', locks = 'TRUE', columns = '' }: Judging): string {
  return `
  ${knowing(versionOne)}
  , judged AS MATERIALIZED (
    SELECT id AS judged_id, ${STATE} AS state, ${leased} AS leased, ${WAIT_MS} AS wait_ms,
      callback_url AS was_url, callback_host AS was_host, callback_secret AS was_secret,${columns}
      CASE WHEN link_proof_hash IS NULL OR (${isShown('proof_hash', '$4')} AND ${leased}) THEN 'right'
        WHEN ${WAIT_MS} > 0 THEN 'locked'
        WHEN ${isShown('proof_hash', '$4')} THEN 'right' ELSE 'wrong passphrase' END AS verdict
    FROM secrets WHERE id = (SELECT known_id FROM known WHERE refusal IS NULL) AND ${locks} FOR UPDATE
  )`;
}

/** The queries in front of a verb that a sender calls, with the same names and columns as {@link judging} has. */
export const JUDGING_SENDER = `
  known AS MATERIALIZED (
    SELECT id AS known_id,
      CASE WHEN $5::text IS NOT NULL OR ${isShown('receipt_hash', '$4')} THEN NULL ELSE 'wrong key' END AS refusal
    FROM secrets
    WHERE id = $1 AND expires_at > $2::bigint - ${TOMBSTONE_MS} AND ($5::text IS NULL OR caller = $5::text)
  ), judged AS MATERIALIZED (
    SELECT id AS judged_id, ${STATE} AS state, FALSE AS leased, 0::bigint AS wait_ms,
      callback_url AS was_url, callback_host AS was_host, callback_secret AS was_secret, 'right' AS verdict
    FROM secrets WHERE id = (SELECT known_id FROM known WHERE refusal IS NULL) FOR UPDATE
  )`;

/**
 * Counts a wrong passphrase, and shortens a lock that a clock which was set back has made too long. A right one is
 * written as well: where nothing can be written, right and wrong get the same answer.
 * @param condition under which no other query of the statement changes the secret.
 */
export function counting(condition: string): string {
  return `
  UPDATE secrets SET
    wrong_passphrases = wrong_passphrases + CASE verdict WHEN 'wrong passphrase' THEN 1 ELSE 0 END,
    locked_until = CASE verdict WHEN 'locked' THEN $2::bigint + wait_ms
      WHEN 'wrong passphrase' THEN COALESCE($2::bigint + NULLIF(${lockMs('wrong_passphrases + 1')}, 0), 0)
      ELSE locked_until END
  FROM judged WHERE id = judged_id AND link_proof_hash IS NOT NULL AND NOT leased AND ${condition}
    AND (verdict <> 'locked' OR locked_until > $2::bigint + wait_ms)`;
}
