/**
 * The second file of an SQLite store, which holds chunks: `zephr.db-chunks` beside `zephr.db`. Its pages are large, where
 * those of the store itself are small: a chunk of 1 MiB is 33 of them and not a thousand, each of which SQLite would write
 * by itself. And it has a rollback journal in place of a write-ahead log: pages that are new to a file stand in no journal,
 * so a chunk is written once.
 */

import { closeSync, openSync } from 'node:fs';
import { ZephrError } from '../../../../core/errors.js';
import { pathOf, pragma, type SqliteDatabase } from './driver.js';
import { inTransaction } from './transaction.js';

/** The name by which statements call the file. */
export const CHUNK_FILE = 'files';

/** "zphc" in SQLite's `application_id`: whose file it is. */
const APPLICATION_ID = 0x7a706863;

/** The version of its tables, which SQLite keeps as `user_version`. */
const VERSION = 1;

/**
 * Order matters, as for the store's own settings. A journal that is cut off at the end of each transaction keeps nothing
 * that was destroyed; with `synchronous = FULL` a commit is durable when it returns.
 */
const SETTINGS = `
  PRAGMA ${CHUNK_FILE}.page_size = 32768;
  PRAGMA ${CHUNK_FILE}.auto_vacuum = INCREMENTAL;
  PRAGMA ${CHUNK_FILE}.journal_mode = TRUNCATE;
  PRAGMA ${CHUNK_FILE}.synchronous = FULL;
  PRAGMA ${CHUNK_FILE}.secure_delete = ON;
  PRAGMA ${CHUNK_FILE}.cache_size = -8192;
`;

/**
 * `gathered` says what there is of an upload, whose chunks go by its number; `due_at` is when the upload ends if no more
 * comes. Uploads go by their id, so that no two files can be taken for those of one store.
 */
const TABLES = `
  CREATE TABLE ${CHUNK_FILE}.gathered (
    stream      INTEGER PRIMARY KEY,
    upload      TEXT NOT NULL UNIQUE,
    bytes       INTEGER NOT NULL,
    chunks      INTEGER NOT NULL,
    highest     INTEGER NOT NULL,
    short_index INTEGER,
    due_at      INTEGER NOT NULL
  );

  CREATE TABLE ${CHUNK_FILE}.chunks (
    place   INTEGER PRIMARY KEY,
    padding BLOB NOT NULL,
    bytes   BLOB NOT NULL
  );

  PRAGMA ${CHUNK_FILE}.application_id = ${APPLICATION_ID};
  PRAGMA ${CHUNK_FILE}.user_version = ${VERSION};
`;

/**
 * Attaches the file to its store, and makes it (mode 0600) where there is none.
 * @throws ZephrError `STORE_NOT_WRITABLE`, `NOT_A_STORE` if it holds another program's tables, `STORE_TOO_NEW` if a later
 *   zephr wrote it; and the errors of the driver.
 */
export function attachChunkFile(database: SqliteDatabase): void {
  const path = `${pathOf(database)}-chunks`;
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new ZephrError(`${path} cannot be written: check its permissions`, 'STORE_NOT_WRITABLE', { cause });
  }
  database.prepare(`ATTACH ? AS ${CHUNK_FILE}`).run(path);
  database.exec(SETTINGS);
  inTransaction(database, () => makeTables(database, path));
}

function makeTables(database: SqliteDatabase, path: string): void {
  const version = pragma(database, 'user_version', CHUNK_FILE);
  const tables = database.prepare(`SELECT 1 FROM ${CHUNK_FILE}.sqlite_master LIMIT 1`).get();
  if (tables === undefined) {
    database.exec(TABLES);
    return;
  }
  if (pragma(database, 'application_id', CHUNK_FILE) !== APPLICATION_ID) {
    throw new ZephrError(`${path} is a database, but not of a zephr store: move it away`, 'NOT_A_STORE');
  }
  if (version > VERSION) {
    throw new ZephrError(`${path} was written by a newer zephr: upgrade zephr`, 'STORE_TOO_NEW');
  }
}
