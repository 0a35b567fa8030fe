/** Where the program keeps what it must remember between runs (XDG Base Directory Specification). */

import { join } from 'node:path';
import { folderIn } from './environment.js';
import type { Terminal } from './terminal.js';

/** `$XDG_STATE_HOME/zephr`, by default in `~/.local/state` or, on Windows, `%LOCALAPPDATA%`. It need not exist. */
export function stateFolder({ env, platform, home }: Terminal): string {
  const state =
    folderIn(env, 'XDG_STATE_HOME') ??
    (platform === 'win32' ? folderIn(env, 'LOCALAPPDATA') : undefined) ??
    join(home, '.local', 'state');
  return join(state, 'zephr');
}
