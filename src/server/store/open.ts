/** Opens the store that an operator names with `--store`. */

import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { randomBytes } from '../../core/bytes.js';
import { isSystemError, ZephrError } from '../../core/errors.js';
import type { Store } from './contracts/store.js';
import { MemoryStore } from './memory/store.js';
import { openSqliteStore } from './sqlite/open.js';
import { openInThread } from './sqlite/thread/store.js';

const SALT_BYTES = 16;

/** How a store is opened. */
export interface OpenOptions {
  /** The bundle of `sqlite/thread/worker.ts`: an SQLite store gets a thread of its own. Default: it is in this one. */
  readonly thread?: string | undefined;
}

/**
 * Opens the store at `where`: `memory:`, the URL of a PostgreSQL database, or the path of an SQLite file, which is
 * created (mode 0600) when it is not there, in a folder that is.
 * @throws ZephrError with what to do: `STORE_NOT_SUPPORTED`, `STORE_NOT_WRITABLE`, `STORE_IS_DIRECTORY`,
 *   `STORE_FOLDER_MISSING`, `STORE_BUSY`, `STORE_DAMAGED`, `STORE_FULL`, `STORE_UNUSABLE`, `STORE_TOO_NEW`, `NOT_A_STORE` or `NO_SQLITE`, and
 *   those of `openPostgresStore`.
 */
export async function openStore(where: string, { thread }: OpenOptions = {}): Promise<Store> {
  const callerSalt = encodeBase64url(randomBytes(SALT_BYTES));
  if (where === 'memory:') return new MemoryStore(callerSalt);
  if (/^postgres(ql)?:\/\//i.test(where)) {
    const { openPostgresStore } = await import('./postgres/open.js');
    return openPostgresStore(where, callerSalt);
  }
  if (/^[a-z][a-z0-9+]+:\/\//i.test(where)) {
    throw new ZephrError(
      'the store is not memory:, the path of a file or a postgres:// address',
      'STORE_NOT_SUPPORTED',
    );
  }
  const path = resolve(where);
  if (thread !== undefined) return openInThread(thread, path, callerSalt);
  return openSqliteStore(path, callerSalt);
}

/**
 * Whether there is a store at `where`, without making one: whether the file exists. For a store that is no file the
 * answer is always yes, and opening it shows whether that is true.
 */
export async function storeExists(where: string): Promise<boolean> {
  if (where === 'memory:' || where.includes('://')) return true;
  try {
    await access(resolve(where));
    return true;
  } catch (error) {
    return !isSystemError(error, 'ENOENT');
  }
}
