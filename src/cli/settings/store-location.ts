/** Where a server's store is, for `zephr serve`, which runs the server, and `zephr keys`, which changes its keys. */

import { join } from 'node:path';
import { stateFolder } from '../files/folders.js';
import { CliOption } from '../parser/option.js';
import { blankAsAbsent } from '../terminal/environment.js';
import type { Terminal } from '../terminal/terminal.js';

/** The variable of any option of `zephr serve`, by the option's long name without hyphens before it. */
export function serveVariable(name: string): string {
  return `ZEPHR_SERVE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** The option `--store`. */
export function storeOption(description: string, defaultDescription: string): CliOption {
  return new CliOption('--store <where>', description)
    .default(undefined, defaultDescription)
    .offers('files')
    .readsFrom(serveVariable('store'));
}

/**
 * Where the store is: `memory:`, a path or a URL; by default a file in the state folder. PostgreSQL's URL gets the
 * `PGSSLMODE` of the environment, as libpq does and the driver does not: with that variable set, no connection may be
 * in the clear.
 * @param store what the option says.
 */
export function storeLocation(store: string | undefined, terminal: Terminal): string {
  const location = store ?? join(stateFolder(terminal), 'zephr.db');
  const mode = blankAsAbsent(terminal.env.PGSSLMODE);
  const isPostgres = /^postgres(ql)?:/i.test(location);
  if (mode === undefined || !isPostgres || /[?&]ssl(mode)?=/.test(location)) return location;
  return `${location}${location.includes('?') ? '&' : '?'}sslmode=${encodeURIComponent(mode)}`;
}
