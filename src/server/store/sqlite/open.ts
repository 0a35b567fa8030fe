/** From the path of an SQLite file to an open store in this thread. */

import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError, ZephrError } from '../../../core/errors.js';
import { loadSqliteDriver, type SqliteDriver, sqliteResultCode } from './file/driver.js';
import { Reserve } from './file/reserve.js';
import { mayNeedRoom } from './file/room.js';
import { SqliteStore } from './store.js';

/** What SQLite's result codes mean to an operator: https://sqlite.org/rescode.html */
const EXPLANATIONS: Readonly<Record<number, readonly [code: string, what: string]>> = {
  5: ['STORE_BUSY', 'is locked by another program: stop that first'],
  8: ['STORE_NOT_WRITABLE', 'cannot be written: check its permissions and those of its folder'],
  10: ['STORE_UNUSABLE', 'cannot be read or written: check its disk'],
  11: ['STORE_DAMAGED', 'is damaged: restore it from a backup'],
  13: ['STORE_FULL', 'has no room: its disk is full'],
  14: ['STORE_NOT_WRITABLE', 'cannot be opened: check its permissions and those of its folder'],
  26: ['NOT_A_STORE', 'is not a database: name another file'],
};

/**
 * Opens the SQLite file at `path`, which is created (mode 0600) when it is not there. Its folder is not: that a
 * path leads nowhere may be a typing error.
 * @param newCallerSalt kept by the store if it is new.
 * @param logPages as for {@link SqliteStore}.
 * @throws ZephrError with what to do: `STORE_NOT_WRITABLE`, `STORE_IS_DIRECTORY`, `STORE_BUSY`, `STORE_DAMAGED`,
 *   `STORE_FOLDER_MISSING`, `STORE_FULL`, `STORE_UNUSABLE`, `STORE_TOO_NEW`, `NOT_A_STORE` or `NO_SQLITE`.
 */
export async function openSqliteStore(
  path: string,
  newCallerSalt: string,
  logPages?: number,
): Promise<SqliteStore> {
  const driver = await loadSqliteDriver();
  await prepareFile(path);
  const start = () => openDatabase(driver, path, newCallerSalt, logPages);
  try {
    return start();
  } catch (error) {
    if (!mayNeedRoom(error) || !new Reserve(path).release()) throw explain(path, error);
  }
  // An open database has companions, which take room too; the store takes the reserve again.
  try {
    return start();
  } catch (error) {
    throw explain(path, error);
  }
}

function openDatabase(driver: SqliteDriver, path: string, salt: string, logPages?: number): SqliteStore {
  const database = driver(path);
  try {
    return new SqliteStore(database, salt, logPages);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Creates the file, so that SQLite finds it with the right mode; its companions get the same one. */
async function prepareFile(path: string): Promise<void> {
  try {
    await (await open(path, 'a', 0o600)).close();
  } catch (cause) {
    // In some folders, such as /proc, nothing can be made, and the system says the same.
    if (isSystemError(cause, 'ENOENT') && !existsSync(dirname(path))) {
      const message = `there is no folder ${dirname(path)} for the store: make it, or check the path`;
      throw new ZephrError(message, 'STORE_FOLDER_MISSING', { cause });
    }
    if (isSystemError(cause, 'EISDIR')) {
      throw new ZephrError(`the store ${path} is a directory: name a file in it`, 'STORE_IS_DIRECTORY', {
        cause,
      });
    }
    throw new ZephrError(`the store ${path} cannot be written: check its permissions`, 'STORE_NOT_WRITABLE', {
      cause,
    });
  }
}

function explain(path: string, error: unknown): unknown {
  const explanation = EXPLANATIONS[sqliteResultCode(error) ?? 0];
  if (explanation === undefined) return error;
  const [code, what] = explanation;
  return new ZephrError(`the store ${path} ${what}`, code, { cause: error });
}
