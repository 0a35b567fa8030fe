/**
 * Giving room of an SQLite file back to its file system. SQLite can do that a few pages at a time in a file that was
 * made for it, or made over; without, a file that files went through would stay as large as it ever was.
 */

import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathOf, pragma, type SqliteDatabase, sqliteResultCode } from './driver.js';
import { RESERVE_BYTES } from './reserve.js';

/** SQLite's `auto_vacuum` of such a file. */
const INCREMENTAL = 2;

/** Largest file that is made over when it is opened, in bytes: the copy is made in memory. */
const LARGEST_MADE_OVER = 256 * 2 ** 20;

/** Result codes of what another time may do: the file is in use, or there is no memory or no room. */
const NOT_NOW = [5, 6, 7, 10, 13];

/** Bytes that one step takes off a file: at most so many are moved for it, and their log has room in the reserve. */
const STEP_BYTES = 2 ** 20;

/**
 * Makes a file over that an older version made, if there is room for it: on the disk for a copy in the log and one in
 * the file, in memory for a third. Without, it keeps its size, and the next start tries again. Call it outside of a
 * transaction.
 * @throws the errors of the driver.
 */
export function makeShrinkable(database: SqliteDatabase): void {
  if (pragma(database, 'auto_vacuum') === INCREMENTAL) return;
  const size = pragma(database, 'page_count') * pragma(database, 'page_size');
  const { bavail, bsize } = statfsSync(dirname(pathOf(database)));
  if (size > LARGEST_MADE_OVER || bavail * bsize < 3 * size + RESERVE_BYTES) return;
  try {
    database.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)`);
  } catch (error) {
    // Nothing has changed then.
    if (!NOT_NOW.includes(sqliteResultCode(error) ?? 0)) throw error;
  }
}

/**
 * Takes unused pages off a file, inside the caller's transaction.
 * @param schema the name of an attached file. Default: the database's own.
 * @returns whether more may be left.
 */
export function shrink(database: SqliteDatabase, schema = 'main'): boolean {
  const before = pragma(database, 'freelist_count', schema);
  if (before === 0 || pragma(database, 'auto_vacuum', schema) !== INCREMENTAL) return false;
  const pages = Math.ceil(STEP_BYTES / pragma(database, 'page_size', schema));
  database.exec(`PRAGMA ${schema}.incremental_vacuum(${pages})`);
  const after = pragma(database, 'freelist_count', schema);
  return after > 0 && after < before;
}
