/** From what an operator writes after `--store` to an open store. */

import { access, mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { randomBytes } from '../../core/bytes.js';
import { ZephrError } from '../../core/errors.js';
import { MemoryStore } from './memory.js';
import { SqliteStore } from './sqlite.js';
import { loadSqliteDriver, type SqliteDatabase, sqliteResultCode } from './sqlite-driver.js';
import type { Store } from './store.js';
import { openInThread } from './thread-store.js';

const SALT_BYTES = 16;

/** How a store is opened. */
export interface OpenOptions {
  /** The bundle of `store-thread.ts`: an SQLite store gets a thread of its own. Default: it works in this one. */
  readonly thread?: string | undefined;
  /** As for {@link SqliteStore}. */
  readonly logPages?: number;
}

/** What SQLite's result codes mean to an operator: https://sqlite.org/rescode.html */
const FAILURES: Readonly<Record<number, readonly [code: string, what: string]>> = {
  5: ['STORE_BUSY', 'is locked by another program: stop that first'],
  8: ['STORE_NOT_WRITABLE', 'cannot be written: check its permissions and those of its folder'],
  10: ['STORE_UNUSABLE', 'cannot be read or written: check its disk'],
  11: ['STORE_DAMAGED', 'is damaged: restore it from a backup'],
  13: ['STORE_FULL', 'has no room: its disk is full'],
  14: ['STORE_NOT_WRITABLE', 'cannot be opened: check its permissions and those of its folder'],
  26: ['NOT_A_STORE', 'is not a database: name another file'],
};

/**
 * Opens the store at `where`: `memory:`, the URL of a PostgreSQL database, or the path of an SQLite file, which is
 * created (mode 0600, missing directories 0700) when it is not there.
 * @throws ZephrError with what to do: `STORE_NOT_SUPPORTED`, `STORE_NOT_WRITABLE`, `STORE_IS_DIRECTORY`,
 *   `STORE_BUSY`, `STORE_DAMAGED`, `STORE_FULL`, `STORE_UNUSABLE`, `STORE_TOO_NEW`, `NOT_A_STORE` or `NO_SQLITE`, and
 *   what `openPostgresStore` adds to these.
 */
export async function openStore(where: string, { thread, logPages }: OpenOptions = {}): Promise<Store> {
  const callerSalt = encodeBase64url(randomBytes(SALT_BYTES));
  if (where === 'memory:') return new MemoryStore(callerSalt);
  if (/^postgres(ql)?:\/\//i.test(where)) {
    const { openPostgresStore } = await import('./open-postgres.js');
    return openPostgresStore(where, callerSalt);
  }
  if (/^[a-z][a-z0-9+]+:\/\//i.test(where)) {
    throw new ZephrError(
      'the store is not memory:, the path of a file or a postgres:// address',
      'STORE_NOT_SUPPORTED',
    );
  }
  const path = resolve(where);
  if (thread !== undefined) return openInThread(thread, path);
  const driver = await loadSqliteDriver();
  await prepareFile(path);
  let database: SqliteDatabase | undefined;
  try {
    database = driver(path);
    return new SqliteStore(database, callerSalt, logPages);
  } catch (error) {
    database?.close();
    throw explain(path, error);
  }
}

/**
 * Whether there is a store at `where` without making one. Of a file it asks the system; of anything else opening it
 * tells.
 */
export async function storeExists(where: string): Promise<boolean> {
  if (where === 'memory:' || where.includes('://')) return true;
  try {
    await access(resolve(where));
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

/** Creates the file, so that SQLite finds it with the right mode; its companions get the same one. */
async function prepareFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await (await open(path, 'a', 0o600)).close();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EISDIR') {
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
  const failure = FAILURES[sqliteResultCode(error) ?? 0];
  if (failure === undefined) return error;
  const [code, what] = failure;
  return new ZephrError(`the store ${path} ${what}`, code, { cause: error });
}
