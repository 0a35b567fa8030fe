/** Commands without the powers of root, whom no file mode stops. */

import { spawnSync } from 'node:child_process';

const DROP = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] as const;

const isRoot = process.getuid?.() === 0;
const canDrop = isRoot && spawnSync(DROP[0], [...DROP.slice(1), 'true']).status === 0;

/** What stands before a command so that file modes count for it: nothing, unless the tests run as root. */
export const UNPRIVILEGED = canDrop ? `${DROP.join(' ')} ` : '';

/** Why a test of file modes is skipped, for its name; empty where it runs. */
export const withoutModes =
  isRoot && !canDrop ? ' (skipped: this is root, and setpriv of util-linux cannot take its powers away)' : '';
