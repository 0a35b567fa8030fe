/** The config file: where it is, what it may hold, reading it, and changing it without ever leaving half of one. */

import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { randomBytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { CliError, usageError } from '../exit/exit.js';
import { readStart } from '../files/file-start.js';
import { configFolder } from '../files/folders.js';
import { permissionWarning } from '../files/secret-file.js';
import { variable } from '../terminal/environment.js';
import type { Terminal } from '../terminal/terminal.js';

/** What a config file may hold; it may hold more, which is left alone. */
export const CONFIG_KEYS = ['server', 'apiKey', 'expiry', 'link'] as const;

export type ConfigKey = (typeof CONFIG_KEYS)[number];

export type Config = Readonly<Partial<Record<ConfigKey, string>>>;

/** Where the config file is. */
export interface ConfigPlace {
  readonly path: string;
  /** Whether somebody asked for this very file: then it must be there. */
  readonly explicit: boolean;
}

/** A config file as it stands. */
export interface ConfigFile {
  readonly config: Config;
  readonly exists: boolean;
  /** Set when it holds an API key that others than its owner can read: what to say about it. */
  readonly warning?: string;
}

/** The longest config file, in bytes. */
const MAX_BYTES = 1 << 20;

/** Finds the place: `--config`, then `ZEPHR_CONFIG`, then `zephr/config.json` in the folder for settings. */
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
  await replaceFile(await behindLinks(place.path), textOf(members, place.path));
}

/** As JSON. Parsing takes any depth, writing does not. */
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
    const { bytes, mode, ordinary } = await readStart(path, MAX_BYTES + 1, terminal);
    if (bytes.length > MAX_BYTES) throw unreadable(path, 'it is too large to be one');
    return { members: parseMembers(new TextDecoder().decode(bytes), path), mode, ordinary };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw unreadable(path, systemReason(cause), cause);
  }
}

/** A file of nothing is one that sets nothing. `TextDecoder` has dropped a byte order mark. */
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

/** The file a symbolic link leads to: a config that lives elsewhere stays there, and the link stays a link. */
async function behindLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return path;
    throw unwritable(path, cause);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.zephr-${encodeBase64url(randomBytes(9))}.part`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
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

/** Why the system would not, in words. */
export function systemReason(cause: unknown): string {
  if (isSystemError(cause, 'ENOENT')) return 'there is no such file';
  if (isSystemError(cause, 'EISDIR')) return 'it is a directory';
  if (isSystemError(cause, 'ENOTDIR', 'EEXIST')) return 'a part of the path is not a directory';
  if (isSystemError(cause, 'EACCES', 'EPERM', 'EROFS')) return 'permission denied';
  return cause instanceof Error ? cause.message : 'unknown reason';
}
