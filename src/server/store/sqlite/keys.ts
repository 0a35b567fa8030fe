/** The API keys of the SQLite store: a table in the same file, so that a server sees at once what a command changed. */

import type { ApiKey, KeyStore, NewApiKey } from '../contracts/keys.js';
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

  addKey({ id, name, tier, hash, createdAt }: NewApiKey): Promise<'added' | 'name taken'> {
    return this.#transactions.write(() =>
      this.#sql.insert.get(id, name, tier, hash, createdAt) === undefined ? 'name taken' : 'added',
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
}

function prepareStatements(db: SqliteDatabase) {
  return {
    /** No row if the name is taken. */
    insert: db.prepare(
      `INSERT INTO api_keys (id, name, tier, hash, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING id`,
    ),
    find: db.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM api_keys WHERE hash = ? AND revoked_at IS NULL`),
    all: db.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM api_keys ORDER BY seq`),
    revoke: db.prepare<KeyRow>(
      `UPDATE api_keys SET revoked_at = ? WHERE (id = ? OR name = ?) AND revoked_at IS NULL
       RETURNING ${KEY_COLUMNS}`,
    ),
    findRevoked: db.prepare<KeyRow>(
      `SELECT ${KEY_COLUMNS} FROM api_keys WHERE id = ? OR name = ? ORDER BY revoked_at DESC, seq DESC LIMIT 1`,
    ),
  };
}
