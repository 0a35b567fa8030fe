/** The API keys of the store in memory. */

import type { ApiKey, KeyRefusals, KeyStore, KeyUse, NewApiKey, SeenOfKey } from '../contracts/keys.js';

/** A {@link KeyStore} in memory. */
export class MemoryKeys implements KeyStore {
  /** By hash, oldest first. */
  readonly #keys = new Map<string, ApiKey>();

  async addKey({ hash, ...key }: NewApiKey): Promise<'added' | 'name taken'> {
    if (this.#find(key.name, true) !== undefined) return 'name taken';
    this.#keys.set(hash, { ...key, revokedAt: null, lastUse: null, refusals: null });
    return 'added';
  }

  async findKey(hash: string): Promise<ApiKey | null> {
    return this.#keys.get(hash) ?? null;
  }

  async listKeys(): Promise<readonly ApiKey[]> {
    return [...this.#keys.values()];
  }

  async revokeKey(nameOrId: string, now: number): Promise<ApiKey | null> {
    const [hash, key] = this.#find(nameOrId, true) ?? this.#find(nameOrId, false) ?? [];
    if (hash === undefined || key === undefined) return null;
    const revoked = { ...key, revokedAt: key.revokedAt ?? now };
    this.#keys.set(hash, revoked);
    return revoked;
  }

  async recordKeyUse(id: string, { use, refusals }: SeenOfKey): Promise<void> {
    for (const [hash, key] of this.#keys) {
      if (key.id !== id) continue;
      const count = (key.refusals?.count ?? 0) + (refusals?.count ?? 0);
      const refused = later(key.refusals, refusals);
      this.#keys.set(hash, {
        ...key,
        lastUse: later(key.lastUse, use),
        refusals: refused && { ...refused, count },
      });
    }
  }

  /** Forgets all keys. */
  clear(): void {
    this.#keys.clear();
  }

  /** The key of this name or id that is not revoked, or was revoked last. */
  #find(nameOrId: string, isLive: boolean): [hash: string, key: ApiKey] | undefined {
    return [...this.#keys]
      .filter(([, key]) => (key.revokedAt === null) === isLive)
      .sort(([, a], [, b]) => (b.revokedAt ?? 0) - (a.revokedAt ?? 0))
      .find(([, { id, name }]) => id === nameOrId || name === nameOrId);
  }
}

/** The later of two uses, of what is there. */
function later<Use extends KeyUse | KeyRefusals>(kept: Use | null, seen: Use | null): Use | null {
  if (kept === null || seen === null) return kept ?? seen;
  return seen.at > kept.at ? seen : kept;
}
