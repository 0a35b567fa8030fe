/** The API keys of the store in memory. */

import type { ApiKey, KeyStore, NewApiKey } from '../contracts/keys.js';

/** A {@link KeyStore} in memory. */
export class MemoryKeys implements KeyStore {
  /** By hash, oldest first. */
  readonly #keys = new Map<string, ApiKey>();

  async addKey({ hash, ...key }: NewApiKey): Promise<'added' | 'name taken'> {
    if (this.#find(key.name, true) !== undefined) return 'name taken';
    this.#keys.set(hash, { ...key, revokedAt: null });
    return 'added';
  }

  async findKey(hash: string): Promise<ApiKey | null> {
    const key = this.#keys.get(hash);
    return key?.revokedAt === null ? key : null;
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

  /** Forgets all keys. */
  clear(): void {
    this.#keys.clear();
  }

  /** The key of this name or id that is valid, or was revoked last. */
  #find(nameOrId: string, valid: boolean): [hash: string, key: ApiKey] | undefined {
    return [...this.#keys]
      .filter(([, key]) => (key.revokedAt === null) === valid)
      .sort(([, a], [, b]) => (b.revokedAt ?? 0) - (a.revokedAt ?? 0))
      .find(([, { id, name }]) => id === nameOrId || name === nameOrId);
  }
}
