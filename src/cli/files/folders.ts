/** The folders that hold zephr's files, where the XDG Base Directory Specification or Windows puts them. */

import { join } from 'node:path';
import { folderIn } from '../terminal/environment.js';
import type { Terminal } from '../terminal/terminal.js';

/**
 * The folder of the config file: `$XDG_CONFIG_HOME/zephr`, by default in `~/.config` or, on Windows, `%APPDATA%`.
 * It need not exist.
 */
export function configFolder(terminal: Terminal): string {
  return folderOf(terminal, 'XDG_CONFIG_HOME', 'APPDATA', '.config');
}

/**
 * The folder of what the program must remember between runs: `$XDG_STATE_HOME/zephr`, by default in `~/.local/state`
 * or, on Windows, `%LOCALAPPDATA%`. It need not exist.
 */
export function stateFolder(terminal: Terminal): string {
  return folderOf(terminal, 'XDG_STATE_HOME', 'LOCALAPPDATA', join('.local', 'state'));
}

function folderOf(
  { env, platform, home }: Terminal,
  variable: 'XDG_CONFIG_HOME' | 'XDG_STATE_HOME',
  onWindows: 'APPDATA' | 'LOCALAPPDATA',
  inHome: string,
): string {
  const base =
    folderIn(env, variable) ??
    (platform === 'win32' ? folderIn(env, onWindows) : undefined) ??
    join(home, inHome);
  return join(base, 'zephr');
}
