/** Where a server's store is: for `zephr serve`, which runs the server, and `zephr keys`, which changes its API keys. */

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageError } from '../exit/cli-error.js';
import { stateFolder } from '../files/folders.js';
import { blankAsAbsent } from '../terminal/environment.js';
import type { Environment, Terminal } from '../terminal/terminal.js';

/**
 * The location as the server's `openStore` takes it: `memory:`, a path or a URL; by default a file in the state folder.
 * @param store what the option `--store` or its variable says.
 * @throws CliError exit 2 for the default where the user has no home directory.
 */
export function storeLocation(store: string | undefined, terminal: Terminal): string {
  return withSslMode(store ?? defaultStore(terminal), terminal.env);
}

/**
 * The location of a store that may have to be made. The folder of the default store is made, for its owner only; any
 * other has to be there, because a new folder may be a slip of the finger.
 * @throws as {@link storeLocation}; Error with the system's `code`.
 */
export async function newStoreLocation(store: string | undefined, terminal: Terminal): Promise<string> {
  const location = storeLocation(store, terminal);
  if (store === undefined) await mkdir(dirname(location), { recursive: true, mode: 0o700 });
  return location;
}

/** @throws CliError exit 2 where there is no place for one. */
function defaultStore(terminal: Terminal): string {
  const folder = stateFolder(terminal);
  if (folder !== null) return join(folder, 'zephr.db');
  throw usageError(
    'there is no place for a store: this user has no home directory',
    'name it with --store, or set HOME or XDG_STATE_HOME',
  );
}

/**
 * Adds `PGSSLMODE` to a URL of PostgreSQL that names no mode itself, as libpq does and the driver does not: where that
 * variable is set, no connection may be in the clear.
 */
function withSslMode(location: string, env: Environment): string {
  const mode = blankAsAbsent(env.PGSSLMODE);
  const isPostgres = /^postgres(ql)?:/i.test(location);
  if (mode === undefined || !isPostgres || /[?&]ssl(mode)?=/.test(location)) return location;
  return `${location}${location.includes('?') ? '&' : '?'}sslmode=${encodeURIComponent(mode)}`;
}
