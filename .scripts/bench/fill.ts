/**
 * Unread secrets by the million. One create after the other would take an hour, so they go past the server: into
 * SQLite by the store's own statements in big transactions without a log, into PostgreSQL by one statement that
 * writes what the store's own does. What is there afterwards is what as many creates would have left, waiting for
 * 30 days, with random ids and 300 bytes each.
 */

import { randomBytes } from 'node:crypto';
import { openPostgresStore } from '../../src/server/store/postgres/open.js';
import { prepareCreateStatements } from '../../src/server/store/sqlite/create.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { PAGE_SIZE, paddingFor } from '../../src/server/store/sqlite/file/padding.js';
import { migrate } from '../../src/server/store/sqlite/schema.js';
import type { Schema } from '../../test/support/postgres.js';

const DAYS_30 = 30 * 24 * 60 * 60_000;
const TRANSACTION = 50_000;
const BLOB = new Uint8Array(300);
const PROOF_HASH = 'A'.repeat(43);

/** Makes an SQLite store with so many unread secrets. */
export async function fillSqlite(file: string, secrets: number): Promise<void> {
  const database = (await loadSqliteDriver())(file);
  // No log, no syncs: if this stops halfway, so does the bench. The store sets its own way when it opens the file.
  database.exec(`PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = OFF`);
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -524288');
  migrate(database);
  const sql = prepareCreateStatements(database);
  const now = Date.now();
  const insert = () => {
    const row = sql.insertSecret.get(
      ...[randomBytes(16).toString('base64url'), 2, BLOB.length, null, 0, PROOF_HASH, null, null],
      ...[1, 1, null, null],
      ...['somebody', randomBytes(16).toString('hex'), PROOF_HASH, null, now, now + DAYS_30, null],
      now + DAYS_30,
    );
    sql.insertCiphertext.run(row?.seq ?? 0, paddingFor(BLOB.length, PAGE_SIZE), BLOB);
  };
  for (let done = 0; done < secrets; done += TRANSACTION) {
    database.exec('BEGIN');
    for (let left = Math.min(TRANSACTION, secrets - done); left > 0; left -= 1) insert();
    database.exec('COMMIT');
  }
  database.close();
}

/** Makes a PostgreSQL store with so many unread secrets. */
export async function fillPostgres({ store, sql }: Schema, secrets: number): Promise<void> {
  await (await openPostgresStore(store, 'salt')).close();
  const now = Date.now();
  await sql`
    WITH made AS (
      INSERT INTO secrets (id, version, blob_size, split_url_mode, proof_hash, views, views_left, caller,
        idempotency_key, body_hash, created_at, expires_at, needed_until)
      SELECT left(translate(encode(sha256(number::text::bytea), 'base64'), '+/', '-_'), 22), 2, ${BLOB.length}::int,
        false, ${PROOF_HASH}, 1, 1, 'somebody', md5(number::text), ${PROOF_HASH}, ${now}::bigint,
        ${now + DAYS_30}::bigint, ${now + DAYS_30}::bigint
      FROM generate_series(1, ${secrets}::int) AS number
      RETURNING id
    )
    INSERT INTO ciphertexts (id, blob) SELECT id, ${BLOB} FROM made`;
  await sql`ANALYZE secrets, ciphertexts`;
}
