/** What both SQL engines call by the same names: from their rows to what a store tells. */

import type { KeyTier } from '../../../core/protocol/limits.js';
import type { ApiKey } from './keys.js';
import type { Fate } from './lifecycle.js';
import type { CreateRequest, SecretRecord } from './store.js';

/** What decides a secret's state. */
export interface FateRow {
  readonly views_left: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  /** SQLite has numbers for it. */
  readonly destroyed: boolean | number;
}

/** A record, as far as a store tells it. */
export interface RecordRow extends FateRow {
  readonly version: CreateRequest['version'];
  readonly hint: string | null;
  readonly proof_hash: string | null;
  readonly views: number;
  readonly created_at: number;
  readonly first_read_at: number | null;
}

/** An API key. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly tier: KeyTier;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

/** The columns of a {@link KeyRow}. */
export const KEY_COLUMNS = 'id, name, tier, created_at, revoked_at';

export function fateOf(row: FateRow): Fate {
  return {
    viewsLeft: row.views_left,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    destroyed: Boolean(row.destroyed),
  };
}

export function recordOf(row: RecordRow): SecretRecord {
  return {
    version: row.version,
    hint: row.hint,
    proofHash: row.proof_hash,
    views: row.views,
    createdAt: row.created_at,
    firstReadAt: row.first_read_at,
    ...fateOf(row),
  };
}

export function keyOf(row: KeyRow | undefined): ApiKey | null {
  if (row === undefined) return null;
  const { id, name, tier, created_at: createdAt, revoked_at: revokedAt } = row;
  return { id, name, tier, createdAt, revokedAt };
}
