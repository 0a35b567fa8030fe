/**
 * API keys as a store keeps them: of a key itself only its hash, so that a copy of the store gives no key away.
 */

import type { KeyTier } from '../../../core/protocol/limits.js';

/** When and from where a key was shown. */
export interface KeyUse {
  readonly at: number;
  /** The network of who showed it, an IPv4 /24 or an IPv6 /48: whole addresses are not kept. */
  readonly network: string;
}

/** How often a key was shown after it was revoked or had expired, and the last time. */
export interface KeyRefusals extends KeyUse {
  readonly count: number;
}

/** What stays known of a key after it was shown. A revoked key is kept, to be told from one that never existed. */
export interface ApiKey {
  /** `key_` and 12 letters or digits. Names the key everywhere but in its holder's requests. */
  readonly id: string;
  /** What its operator calls it; no two keys that are not revoked share one, and none looks like an id. */
  readonly name: string;
  readonly tier: KeyTier;
  readonly createdAt: number;
  /** From when on it is refused; `null` for never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Its last use, to about a minute; `null` for none. */
  readonly lastUse: KeyUse | null;
  /** `null` for none. */
  readonly refusals: KeyRefusals | null;
}

/** A key to keep. */
export interface NewApiKey extends Pick<ApiKey, 'id' | 'name' | 'tier' | 'createdAt' | 'expiresAt'> {
  /** base64url of the SHA-256 of the whole key. */
  readonly hash: string;
}

/** What a process has seen of a key since it told the store last. */
export interface SeenOfKey {
  /** Its last use. */
  readonly use: KeyUse | null;
  /** How often it was refused, and the last time. */
  readonly refusals: KeyRefusals | null;
}

/** The API keys of one store. What one process changes holds for all processes at once. */
export interface KeyStore {
  /** Keeps a key, durably before it resolves, unless one that is not revoked has its name. */
  addKey(key: NewApiKey): Promise<'added' | 'name taken'>;

  /** The key of this hash, valid or not ({@link isValidKey}); `null` if there never was one. */
  findKey(hash: string): Promise<ApiKey | null>;

  /** All keys, revoked ones too, oldest first. */
  listKeys(): Promise<readonly ApiKey[]>;

  /**
   * Revokes the key of this name or id that is not revoked. Where there is none, but some were revoked earlier, returns
   * the one revoked last, with the time of its own revocation.
   * @returns `null` if there never was such a key.
   */
  revokeKey(nameOrId: string, now: number): Promise<ApiKey | null>;

  /**
   * Notes what was seen of the key of this id. Several processes may tell of one key in any order: the latest use is kept,
   * and refusals add up.
   */
  recordKeyUse(id: string, seen: SeenOfKey): Promise<void>;
}

/** Whether a key is taken at `now`. */
export function isValidKey(
  { revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>,
  now: number,
): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
