/** Columns that both SQL engines have by the same names, and the contracts' types made from them. */

import type { Bytes } from '../../../core/bytes.js';
import type { Version } from '../../../core/key.js';
import type { KeyTier } from '../../../core/protocol/limits.js';
import type { Gates } from './gates.js';
import type { ApiKey, KeyUse } from './keys.js';
import type { Lifecycle } from './lifecycle.js';
import type { Cursor, StateCount } from './lists.js';
import type { Attempts, KeptProofs } from './proofs.js';
import type { AnswerRecord, RequestRecord } from './requests.js';
import type { ReadRecord, SecretRecord } from './secrets.js';

/** What decides a secret's state. */
export interface LifecycleRow {
  readonly views_left: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  /** A boolean in PostgreSQL, 0 or 1 in SQLite. */
  readonly destroyed: boolean | number;
}

/** The columns of a secret that its record shows. */
export interface RecordRow extends LifecycleRow {
  readonly version: Version;
  readonly hint: string | null;
  readonly views: number;
  readonly created_at: number;
  readonly first_read_at: number | null;
  readonly wrong_passphrases: number;
  /** Of files; null for none. */
  readonly chunks: number | null;
}

/** The columns that decide what of a key is right. */
export interface ProofRow {
  readonly proof_hash: string | null;
  readonly link_proof_hash: string | null;
  readonly wrong_passphrases: number;
  readonly locked_until: number;
}

/** What stays known of a request. */
export interface RequestRow {
  readonly id: string;
  readonly public_key: string;
  readonly secret_expiry: number;
  readonly answers: number;
  readonly answers_left: number;
  readonly answer_views: number;
  readonly longest_blob: number;
  readonly longest_upload: number;
  readonly caller: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly cancelled_at: number | null;
  /** As for a secret. */
  readonly destroyed: boolean | number;
}

/** The columns of a {@link RequestRow} but `destroyed`. */
export const REQUEST_COLUMNS = `id, public_key, secret_expiry, answers, answers_left, answer_views, longest_blob,
  longest_upload, caller, created_at, expires_at, cancelled_at`;

/** An answer to a request. */
export interface AnswerRow extends LifecycleRow {
  readonly id: string;
  readonly created_at: number;
}

/** An API key. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly tier: KeyTier;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** With its network, or both null. */
  readonly used_at: number | null;
  readonly used_from: string | null;
  /** Likewise, of the last one of `refusals`. */
  readonly refused_at: number | null;
  readonly refused_from: string | null;
  readonly refusals: number;
}

/** The columns of a {@link KeyRow}. */
export const KEY_COLUMNS = `id, name, tier, created_at, expires_at, revoked_at, used_at, used_from, refused_at,
  refused_from, refusals`;

/** What decides the state of the secret in this row. */
export function lifecycleOf(row: LifecycleRow): Lifecycle {
  return {
    viewsLeft: row.views_left,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    destroyed: Boolean(row.destroyed),
  };
}

/** The record of the secret in this row. @param reads of it, the last ones. */
export function recordOf(row: RecordRow, reads: readonly ReadRecord[], gates: Gates | null): SecretRecord {
  return {
    version: row.version,
    hint: row.hint,
    views: row.views,
    createdAt: row.created_at,
    firstReadAt: row.first_read_at,
    chunks: row.chunks,
    ...lifecycleOf(row),
    reads,
    wrongPassphrases: row.wrong_passphrases,
    gates,
  };
}

/** The proofs that the secret in this row is kept with. */
export function proofsOf(row: ProofRow): KeptProofs {
  return { proofHash: row.proof_hash, linkProofHash: row.link_proof_hash };
}

/** The passphrases that were tried for the secret in this row. */
export function attemptsOf(row: ProofRow): Attempts {
  return { wrong: row.wrong_passphrases, lockedUntil: row.locked_until };
}

/** The record of the request in this row. */
export function requestRecordOf(row: RequestRow): RequestRecord {
  return {
    id: row.id,
    publicKey: row.public_key,
    secretExpiry: row.secret_expiry,
    answers: row.answers,
    answersLeft: row.answers_left,
    answerViews: row.answer_views,
    longestBlob: row.longest_blob,
    longestUpload: row.longest_upload,
    caller: row.caller,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    cancelledAt: row.cancelled_at,
    destroyed: Boolean(row.destroyed),
  };
}

/** The record of the answer in this row. @param wrappedKey as the contract has it. */
export function answerRecordOf(row: AnswerRow, wrappedKey: Bytes | null): AnswerRecord {
  return { id: row.id, wrappedKey, createdAt: row.created_at, ...lifecycleOf(row) };
}

/** The key in this row; `null` without a row. */
export function keyOf(row: KeyRow | undefined): ApiKey | null {
  if (row === undefined) return null;
  const { id, name, tier, created_at: createdAt, expires_at: expiresAt, revoked_at: revokedAt } = row;
  const refused = useOf(row.refused_at, row.refused_from);
  return {
    ...{ id, name, tier, createdAt, expiresAt, revokedAt },
    lastUse: useOf(row.used_at, row.used_from),
    refusals: refused && { ...refused, count: row.refusals },
  };
}

/** A place in a list. */
export interface PlaceRow {
  readonly created_at: number;
  readonly id: string;
}

/** How many records are in a state. */
export interface CountRow<State> {
  readonly state: State;
  readonly total: number;
  readonly today: number;
  readonly this_week: number;
  readonly this_month: number;
  readonly bytes: number;
}

/** The place in this row; `null` without a row. */
export function cursorOf(row: PlaceRow | undefined): Cursor | null {
  return row === undefined ? null : { createdAt: row.created_at, id: row.id };
}

/** The count in this row. */
export function stateCountOf<State>(row: CountRow<State>): StateCount<State> {
  const { state, total, today, this_week: thisWeek, this_month: thisMonth, bytes } = row;
  return { state, total, today, thisWeek, thisMonth, bytes };
}

function useOf(at: number | null, network: string | null): KeyUse | null {
  return at === null || network === null ? null : { at, network };
}
