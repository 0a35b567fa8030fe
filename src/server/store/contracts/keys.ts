/**
 * API keys as a store keeps them: of a key itself only its hash, so that a copy of the store gives no key away.
 */

import type { KeyTier } from '../../../core/protocol/limits.js';

/** What stays known of a key after it was shown. A revoked key is kept, to be told from one that never existed. */
export interface ApiKey {
  /** `key_` and 12 letters or digits. Names the key everywhere but in its holder's requests. */
  readonly id: string;
  /** What its operator calls it; no two valid keys share one, and none looks like an id. */
  readonly name: string;
  readonly tier: KeyTier;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** A key to keep. */
export interface NewApiKey extends Omit<ApiKey, 'revokedAt'> {
  /** base64url of the SHA-256 of the whole key. */
  readonly hash: string;
}

/** The API keys of one store. What one process changes holds for all processes at once. */
export interface KeyStore {
  /** Keeps a key, durably before it resolves, unless a valid one has its name. */
  addKey(key: NewApiKey): Promise<'added' | 'name taken'>;

  /** The valid key of this hash, or `null` if there is none or it was revoked. */
  findKey(hash: string): Promise<ApiKey | null>;

  /** All keys, revoked ones too, oldest first. */
  listKeys(): Promise<readonly ApiKey[]>;

  /**
   * Revokes the valid key of this name or id. Where there is none, but some were revoked earlier, returns the one
   * revoked last, with the time of its own revocation.
   * @returns `null` if there never was such a key.
   */
  revokeKey(nameOrId: string, now: number): Promise<ApiKey | null>;
}
