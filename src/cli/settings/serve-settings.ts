/** Settings of `zephr serve`, which has each as a flag and as a variable; `zephr keys` shares some. */

import { join } from 'node:path';
import { usageError } from '../exit/exit.js';
import { stateFolder } from '../files/folders.js';
import { blankAsAbsent } from '../terminal/environment.js';
import type { Environment, Terminal } from '../terminal/terminal.js';

/** A flag, else its variable, such as `RATE_LIMIT` for `ZEPHR_SERVE_RATE_LIMIT`; undefined if both are missing. */
export function serveSetting(flag: string | undefined, name: string, env: Environment): string | undefined {
  return flag ?? blankAsAbsent(env[`ZEPHR_SERVE_${name}`]);
}

/**
 * Whether a flag is given, or its variable says `1` or `true`.
 * @throws ZephrError for the command line, if the variable says anything but that, `0` or `false`.
 */
export function serveSwitch(flag: boolean | undefined, name: string, env: Environment): boolean {
  const value = blankAsAbsent(env[`ZEPHR_SERVE_${name}`]);
  if (flag || value === '1' || value === 'true') return true;
  if (value === undefined || value === '0' || value === 'false') return false;
  throw usageError(`ZEPHR_SERVE_${name} is not a switch`, 'set it to 1 or 0');
}

/**
 * Where the server's store is: `memory:`, a path or a URL. To PostgreSQL it applies `PGSSLMODE`, as libpq does and the
 * driver does not: whoever sets that must not get a connection in the clear.
 */
export function storePlace(flag: string | undefined, terminal: Terminal): string {
  const place = serveSetting(flag, 'STORE', terminal.env) ?? join(stateFolder(terminal), 'zephr.db');
  const mode = blankAsAbsent(terminal.env.PGSSLMODE);
  if (mode === undefined || !/^postgres(ql)?:/i.test(place) || /[?&]ssl(mode)?=/.test(place)) return place;
  return `${place}${place.includes('?') ? '&' : '?'}sslmode=${encodeURIComponent(mode)}`;
}
