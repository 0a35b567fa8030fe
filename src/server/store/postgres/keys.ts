/** The API keys of the PostgreSQL store: a table in the same database, so that all servers see at once what changed. */

import type { KeyTier } from '../../../core/protocol/limits.js';
import type { ApiKey, KeyStore, NewApiKey, SeenOfKey } from '../contracts/keys.js';
import { KEY_COLUMNS, type KeyRow, keyOf } from '../contracts/rows.js';
import { type PostgresPool, statement } from './connections/pool.js';

/** No row if the name is taken. */
export const ADD_KEY = statement<
  [id: string, name: string, tier: KeyTier, hash: string, createdAt: number, expiresAt: number | null],
  { readonly id: string }
>(`
  INSERT INTO api_keys (id, name, tier, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING id`);

export const FIND_KEY = statement<[hash: string], KeyRow>(
  `SELECT ${KEY_COLUMNS} FROM api_keys WHERE hash = $1`,
);

export const LIST_KEYS = statement<[], KeyRow>(`SELECT ${KEY_COLUMNS} FROM api_keys ORDER BY seq`);

export const REVOKE_KEY = statement<[now: number, nameOrId: string], KeyRow>(`
  UPDATE api_keys SET revoked_at = $1 WHERE (id = $2 OR name = $2) AND revoked_at IS NULL RETURNING ${KEY_COLUMNS}`);

export const FIND_REVOKED_KEY = statement<[nameOrId: string], KeyRow>(`
  SELECT ${KEY_COLUMNS} FROM api_keys WHERE id = $1 OR name = $1 ORDER BY revoked_at DESC, seq DESC LIMIT 1`);

/** The later of two uses or refusals stays; `$2` and `$4` are their times. */
export const RECORD_KEY_USE = statement<
  [
    id: string,
    usedAt: number | null,
    usedFrom: string | null,
    refusedAt: number | null,
    refusedFrom: string | null,
    count: number,
  ],
  never
>(`
  UPDATE api_keys SET
    used_at = GREATEST(used_at, $2::bigint),
    used_from = CASE WHEN $2::bigint > COALESCE(used_at, 0) THEN $3 ELSE used_from END,
    refused_at = GREATEST(refused_at, $4::bigint),
    refused_from = CASE WHEN $4::bigint > COALESCE(refused_at, 0) THEN $5 ELSE refused_from END,
    refusals = refusals + $6::integer
  WHERE id = $1`);

/** A {@link KeyStore} in PostgreSQL. */
export class PostgresKeys implements KeyStore {
  readonly #pool: PostgresPool;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async addKey({ id, name, tier, hash, createdAt, expiresAt }: NewApiKey): Promise<'added' | 'name taken'> {
    const [added] = await this.#pool.query(ADD_KEY, id, name, tier, hash, createdAt, expiresAt);
    return added === undefined ? 'name taken' : 'added';
  }

  async findKey(hash: string): Promise<ApiKey | null> {
    const [row] = await this.#pool.query(FIND_KEY, hash);
    return keyOf(row);
  }

  async listKeys(): Promise<readonly ApiKey[]> {
    return (await this.#pool.query(LIST_KEYS)).flatMap((row) => keyOf(row) ?? []);
  }

  async revokeKey(nameOrId: string, now: number): Promise<ApiKey | null> {
    const [revoked] = await this.#pool.query(REVOKE_KEY, now, nameOrId);
    const [row] = revoked ? [revoked] : await this.#pool.query(FIND_REVOKED_KEY, nameOrId);
    return keyOf(row);
  }

  async recordKeyUse(id: string, { use, refusals }: SeenOfKey): Promise<void> {
    await this.#pool.query(
      RECORD_KEY_USE,
      id,
      use?.at ?? null,
      use?.network ?? null,
      refusals?.at ?? null,
      refusals?.network ?? null,
      refusals?.count ?? 0,
    );
  }
}
