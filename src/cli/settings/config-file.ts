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
import { CONFIG_KEYS, type Config, type ConfigKey } from './choices.js';

/** Where the config file is. */
export interface ConfigPlace {
  readonly path: string;
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

/** The longest config file, in bytes. */
const MAX_BYTES = 1 << 20;

/** Where the config file is: `--config`, then `ZEPHR_CONFIG`, then `zephr/config.json` in the folder for settings. */
export function configPlace({ config }: { readonly config?: string }, terminal: Terminal): ConfigPlace {
  if (config?.trim() === '') throw usageError('--config is blank', 'leave it out, or name a file');
  const named = config ?? variable(terminal.env, 'ZEPHR_CONFIG');
  if (named !== undefined) return { path: named, explicit: true };
  return { path: join(configFolder(terminal), 'config.json'), explicit: false };
}

/**
 * Reads the file. One that is not there is an empty one, unless it was asked for.
 * @throws CliError exit 2 when it cannot be read or is no config file; its contents are never quoted.
 */
export async function readConfigFile(place: ConfigPlace, terminal: Terminal): Promise<ConfigFile> {
  const file = await readMembers(place, terminal);
  if (file === null && place.explicit) throw unreadable(place.path, 'there is no such file');
  if (file === null) return { config: {}, exists: false };
  const config = knownMembers(file.members, place.path);
  const warning =
    config.apiKey === undefined ? undefined : permissionWarning(place.path, file.mode, terminal);
  return { config, exists: true, ...(warning === undefined ? {} : { warning }) };
}

/**
 * Sets a key, or removes it when `value` is undefined, and keeps everything else the file holds. The new file
 * takes the old one's place in one step, and only its owner can read it.
 * @throws CliError exit 2 when the old file is broken, no ordinary file, or nothing can be written there.
 */
export async function changeConfigFile(
  place: ConfigPlace,
  key: ConfigKey,
  value: string | undefined,
  terminal: Terminal,
): Promise<void> {
  const file = await readMembers(place, terminal);
  if (file === null && value === undefined) return;
  if (file?.ordinary === false) throw usageError(`the config file ${place.path} is a pipe or a device`);
  const { [key]: _, ...rest } = file?.members ?? {};
  const members = value === undefined ? rest : { ...file?.members, [key]: value };
  const text = textOf(members, place.path);
  const path = await behindLinks(place.path);
  try {
    await replaceFile(path, text);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** The members as JSON. What is nested too deeply to be written as JSON can still be parsed. */
function textOf(members: Members, path: string): string {
  try {
    return `${JSON.stringify(members, null, 2)}\n`;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw usageError(`the config file ${path} is nested too deeply to be changed`, undefined, cause);
  }
}

type Members = Readonly<Record<string, unknown>>;

interface ReadFile {
  readonly members: Members;
  readonly mode: number;
  readonly ordinary: boolean;
}

/** What the file holds; null when there is no file. */
async function readMembers({ path }: ConfigPlace, terminal: Terminal): Promise<ReadFile | null> {
  try {
    const { bytes, mode, ordinary } = await readUpTo(path, MAX_BYTES + 1, terminal);
    if (bytes.length > MAX_BYTES) throw unreadable(path, 'it is too large to be one');
    return { members: parseMembers(new TextDecoder().decode(bytes), path), mode, ordinary };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw unreadable(path, systemReason(cause), cause);
  }
}

/** The members in a file's text; an empty file has none. `TextDecoder` has dropped a byte order mark. */
function parseMembers(text: string, path: string): Members {
  let json: unknown;
  try {
    json = text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the file, and the file may hold a key.
    throw usageError(`the config file ${path} is not JSON`, undefined, cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw usageError(`the config file ${path} is not a JSON object`);
  }
  return json as Members;
}

function knownMembers(members: Members, path: string): Config {
  const config: Partial<Record<ConfigKey, string>> = {};
  for (const key of CONFIG_KEYS) {
    const value = Object.hasOwn(members, key) ? members[key] : undefined;
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string')
      throw usageError(`in the config file ${path} the value of ${key} is not a string`);
    config[key] = value;
  }
  return config;
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
