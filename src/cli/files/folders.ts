/** The folders that hold zephr's files, where the XDG Base Directory Specification or Windows puts them. */

import { isAbsolute, join } from 'node:path';
import { type VARIABLES, variable } from '../terminal/environment.js';
import type { Environment, Terminal } from '../terminal/terminal.js';

/** The files that zephr keeps, in the default folders; the man page shows this table. */
export const FILES = {
  '~/.config/zephr/config.json': 'the config file, readable by its owner only',
  '~/.local/state/zephr/zephr.db': 'what `zephr serve` keeps: sealed secrets, and no key',
  '~/.local/state/zephr/requests/':
    'requests made here that have answers to come; who reads them opens the answers',
  '~/.local/state/zephr/claims/': 'reads that broke off, for another try within a minute; no key either',
  '~/.local/state/zephr/creates/':
    'creates of files that broke off, with the key of their link: for an hour, or until the same command ends',
  '~/.local/state/zephr/audit.jsonl': 'the log of what secrets of the vault were used for',
  '$XDG_RUNTIME_DIR/zephr/':
    'while it runs, the token of `zephr proxy start`, and sockets of proxies and of `zephr vault unlock`',
  '~/.local/share/zephr/vault.json': 'the vault: named secrets, sealed',
  '~/.local/state/zephr/sent.jsonl':
    'what was sent, for `zephr ls`: ids, receipts, times and memos, and nothing that reads it',
  '~/.cache/zephr/': 'compiled code of the program, where `~/.cache` is there; kept by Node 22.1 and later',
} as const;

/**
 * The folder of the config file: `$XDG_CONFIG_HOME/zephr`, by default in `~/.config` or, on Windows, `%APPDATA%`.
 * It need not exist. Null where the user has no home directory and no variable names a folder.
 */
export function configFolder(terminal: Terminal): string | null {
  return folderOf(terminal, 'XDG_CONFIG_HOME', 'APPDATA', '.config');
}

/**
 * The folder of what the program must remember between runs: `$XDG_STATE_HOME/zephr`, by default in `~/.local/state`
 * or, on Windows, `%LOCALAPPDATA%`. It need not exist. Null as for {@link configFolder}.
 */
export function stateFolder(terminal: Terminal): string | null {
  return folderOf(terminal, 'XDG_STATE_HOME', 'LOCALAPPDATA', join('.local', 'state'));
}

function folderOf(
  terminal: Terminal,
  onUnix: 'XDG_CONFIG_HOME' | 'XDG_STATE_HOME',
  onWindows: 'APPDATA' | 'LOCALAPPDATA',
  inHome: string,
): string | null {
  const { env, platform } = terminal;
  const named = folderIn(env, onUnix) ?? (platform === 'win32' ? folderIn(env, onWindows) : undefined);
  if (named !== undefined) return join(named, 'zephr');
  const { home } = terminal;
  return home === null ? null : join(home, inHome, 'zephr');
}

/** A folder that a variable names. One that is not absolute is to be ignored (XDG Base Directory Specification). */
function folderIn(env: Environment, name: keyof typeof VARIABLES): string | undefined {
  const path = variable(env, name);
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
