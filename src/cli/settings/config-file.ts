/** The config file: where it is, reading it, and changing it, so that it is never half written. */

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../core/errors.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import { readUpTo } from '../files/bounded-read.js';
import { configFolder } from '../files/folders.js';
import { permissionWarning } from '../files/secret-file.js';
import { replaceFile } from '../files/temporary-file.js';
import { variable } from '../terminal/environment.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Config } from './choices.js';
import { configOf, type Edit, editedMembers, type Members, parseMembers } from './config-members.js';

/** Where the config file is. */
export interface ConfigPlace {
  /** Null where no file is named and the user has no home directory: then nothing is set, and nothing can be. */
  readonly path: string | null;
  /** Whether a flag or a variable names this file: then it must exist. */
  readonly explicit: boolean;
}

/** A config file as it stands. */
export interface ConfigFile {
  readonly config: Config;
  readonly exists: boolean;
  /** What to warn of, when it holds an API key that not only its owner can read. */
  readonly warning?: string;
}

const NO_FILE: ConfigFile = { config: { apiKeys: new Map() }, exists: false };

/** The longest config file, in bytes. */
const MAX_BYTES = 1 << 20;

/** Where the config file is: `--config`, then `ZEPHR_CONFIG`, then `zephr/config.json` in the folder for settings. */
export function configPlace({ config }: { readonly config?: string }, terminal: Terminal): ConfigPlace {
  if (config?.trim() === '') throw usageError('--config is blank', 'leave it out, or name a file');
  const named = config ?? variable(terminal.env, 'ZEPHR_CONFIG');
  if (named !== undefined) return { path: named, explicit: true };
  const folder = configFolder(terminal);
  return { path: folder === null ? null : join(folder, 'config.json'), explicit: false };
}

/**
 * The path of the config file.
 * @throws CliError exit 2 where there is no place for one.
 */
export function requirePath({ path }: ConfigPlace): string {
  if (path !== null) return path;
  throw usageError(
    'there is no place for a config file: this user has no home directory',
    'name the file with --config, or set HOME or XDG_CONFIG_HOME',
  );
}

/**
 * Reads the file. One that is not there is an empty one, unless it was asked for.
 * @throws CliError exit 2 when it cannot be read or is no config file; its contents are never quoted.
 */
export async function readConfigFile(place: ConfigPlace, terminal: Terminal): Promise<ConfigFile> {
  if (place.path === null) return NO_FILE;
  const file = await readMembers(place.path, terminal);
  if (file === null && place.explicit) throw unreadable(place.path, 'there is no such file');
  if (file === null) return NO_FILE;
  const config = configOf(file.members, place.path);
  const warning = config.apiKeys.size === 0 ? undefined : permissionWarning(place.path, file.mode, terminal);
  return { config, exists: true, ...(warning === undefined ? {} : { warning }) };
}

/**
 * Makes one change, and keeps everything else the file holds. The new file takes the old one's place in one step, and
 * only its owner can read it.
 * @throws CliError exit 2 when the old file is broken, no ordinary file, or nothing can be written there; when the new one
 *   would be too long to be read.
 */
export async function changeConfigFile(place: ConfigPlace, edit: Edit, terminal: Terminal): Promise<void> {
  const path = requirePath(place);
  const file = await readMembers(path, terminal);
  if (file === null && edit.value === undefined) return;
  if (file?.ordinary === false) throw usageError(`the config file ${path} is a pipe or a device`);
  const text = textOf(editedMembers(file?.members ?? {}, edit, path), path);
  const target = await behindLinks(path);
  try {
    await replaceFile(target, text);
  } catch (cause) {
    throw unwritable(target, cause);
  }
}

/** The members as JSON. What is nested too deeply to be written as JSON can still be parsed. */
function textOf(members: Members, path: string): string {
  try {
    const text = `${JSON.stringify(members, null, 2)}\n`;
    if (Buffer.byteLength(text) <= MAX_BYTES) return text;
    throw usageError(
      `the config file ${path} is too large to be changed`,
      'remove from it what zephr does not know',
    );
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw usageError(`the config file ${path} is nested too deeply to be changed`, undefined, cause);
  }
}

interface ReadFile {
  readonly members: Members;
  readonly mode: number;
  readonly ordinary: boolean;
}

/** What the file holds; null when there is no file. */
async function readMembers(path: string, terminal: Terminal): Promise<ReadFile | null> {
  try {
    const { bytes, mode, ordinary } = await readUpTo(path, MAX_BYTES + 1, 'config file', terminal);
    if (bytes.length > MAX_BYTES) throw unreadable(path, 'it is too large to be one');
    // `TextDecoder` drops a byte order mark.
    return { members: parseMembers(new TextDecoder().decode(bytes), path), mode, ordinary };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw unreadable(path, systemReason(cause), cause);
  }
}

/** The file that a symbolic link leads to: a config file kept elsewhere stays there, and the link stays a link. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return path;
    throw unwritable(path, cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown) {
  const advice = 'mend it, or name another with --config';
  return usageError(`the config file ${path} cannot be read: ${why}`, advice, cause);
}

function unwritable(path: string, cause: unknown) {
  const advice = 'mend it, or name another with --config';
  return usageError(`the config file ${path} cannot be written: ${systemReason(cause)}`, advice, cause);
}
