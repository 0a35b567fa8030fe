/** Where a server's store is, for `zephr serve`, which runs the server, and `zephr keys`, which changes its keys. */

import { join } from 'node:path';
import { stateFolder } from '../files/folders.js';
import { blankAsAbsent } from '../terminal/environment.js';
import type { Terminal } from '../terminal/terminal.js';

/**
 * Where the store is: `memory:`, a path or a URL; by default a file in the state folder. PostgreSQL's URL gets the
 * `PGSSLMODE` of the environment, as libpq does and the driver does not: with that variable set, no connection may be
 * in the clear.
 * @param store what the option `--store` says.
 */
export function storeLocation(store: string | undefined, terminal: Terminal): string {
  const location = store ?? join(stateFolder(terminal), 'zephr.db');
  const mode = blankAsAbsent(terminal.env.PGSSLMODE);
  const isPostgres = /^postgres(ql)?:/i.test(location);
  if (mode === undefined || !isPostgres || /[?&]ssl(mode)?=/.test(location)) return location;
  return `${location}${location.includes('?') ? '&' : '?'}sslmode=${encodeURIComponent(mode)}`;
}
