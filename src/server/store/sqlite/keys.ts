/** The API keys of the SQLite store: a table in the same file, so that a server sees at once what a command changed. */

import type { ApiKey, KeyStore, NewApiKey, SeenOfKey } from '../contracts/keys.js';
import { KEY_COLUMNS, type KeyRow, keyOf } from '../contracts/rows.js';
import type { SqliteDatabase } from './file/driver.js';
import type { Transactions } from './file/transaction.js';

/** A {@link KeyStore} in an SQLite file. */
export class SqliteKeys implements KeyStore {
  readonly #transactions: Transactions;
  readonly #sql: ReturnType<typeof prepareStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepareStatements(database);
  }

  addKey({ id, name, tier, hash, createdAt, expiresAt }: NewApiKey): Promise<'added' | 'name taken'> {
    return this.#transactions.write(() =>
      this.#sql.insert.get(id, name, tier, hash, createdAt, expiresAt) === undefined ? 'name taken' : 'added',
    );
  }

  async findKey(hash: string): Promise<ApiKey | null> {
    return keyOf(this.#transactions.read(() => this.#sql.find.get(hash)));
  }

  async listKeys(): Promise<readonly ApiKey[]> {
    return this.#transactions.read(() => this.#sql.all.all()).flatMap((row) => keyOf(row) ?? []);
  }

  revokeKey(nameOrId: string, now: number): Promise<ApiKey | null> {
    return this.#transactions.write(() =>
      keyOf(this.#sql.revoke.get(now, nameOrId, nameOrId) ?? this.#sql.findRevoked.get(nameOrId, nameOrId)),
    );
  }

  recordKeyUse(id: string, { use, refusals }: SeenOfKey): Promise<void> {
    const { used, refused } = this.#sql;
    return this.#transactions.write(() => {
      if (use !== null) used.run(use.at, use.network, id, use.at);
      if (refusals === null) return;
      const { at, network, count } = refusals;
      refused.run(count, at, network, at, at, id);
    }, false);
  }
}

function prepareStatements(db: SqliteDatabase) {
  return {
    /** No row if the name is taken. */
    insert: db.prepare(
      `INSERT INTO api_keys (id, name, tier, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING id`,
    ),
    find: db.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM api_keys WHERE hash = ?`),
    all: db.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM api_keys ORDER BY seq`),
    revoke: db.prepare<KeyRow>(
      `UPDATE api_keys SET revoked_at = ? WHERE (id = ? OR name = ?) AND revoked_at IS NULL
       RETURNING ${KEY_COLUMNS}`,
    ),
    used: db.prepare(
      'UPDATE api_keys SET used_at = ?, used_from = ? WHERE id = ? AND COALESCE(used_at, 0) < ?',
    ),
    refused: db.prepare(
      `UPDATE api_keys SET refusals = refusals + ?,
         refused_from = CASE WHEN COALESCE(refused_at, 0) < ? THEN ? ELSE refused_from END,
         refused_at = MAX(COALESCE(refused_at, ?), ?) WHERE id = ?`,
    ),
    findRevoked: db.prepare<KeyRow>(
      `SELECT ${KEY_COLUMNS} FROM api_keys WHERE id = ? OR name = ? ORDER BY revoked_at DESC, seq DESC LIMIT 1`,
    ),
  };
}
