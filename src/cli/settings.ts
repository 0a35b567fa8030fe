/** Settings: flag, then environment, then config file, then default. */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_SERVER } from '../core/limits.js';
import { parseServer } from '../core/link.js';
import { usageError } from './exit.js';
import type { Talk } from './talk.js';
import { isSystemError, type Terminal } from './terminal.js';

/** The flags that every command takes. */
export interface CommonFlags {
  readonly server?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** commander spells `--no-color` so. */
  readonly color?: boolean;
  /** Seconds. */
  readonly timeout?: string;
}

/** What a config file may hold. */
export interface Config {
  readonly server?: string;
  readonly apiKey?: string;
  readonly expiry?: string;
  readonly link?: string;
}

/** What create needs to know beyond its own flags. */
export interface Settings {
  /** In its one spelling. */
  readonly server: string;
  readonly apiKey: string | null;
  readonly expiry: string | undefined;
  readonly link: string | undefined;
}

const CONFIG_KEYS: readonly (keyof Config)[] = ['server', 'apiKey', 'expiry', 'link'];

/** Whether anyone but its owner may read a file of this mode. */
const READABLE_BY_OTHERS = 0o044;

/**
 * Gathers the settings.
 * @throws CliError (exit 2) when one of them is unusable; it names where the setting came from.
 */
export async function loadSettings(flags: CommonFlags, terminal: Terminal, talk: Talk): Promise<Settings> {
  const { env } = terminal;
  const config = await loadConfig(configPath(flags, terminal), talk);
  const [server, source] = firstOf(
    [flags.server, '--server'],
    [env.ZEPHR_SERVER, 'ZEPHR_SERVER'],
    [config.server, 'the config file'],
  ) ?? [DEFAULT_SERVER, 'the default'];
  return {
    server: checkServer(server, source),
    apiKey:
      blankAsAbsent(env.ZEPHR_API_KEY) ??
      (await apiKeyFromFile(env.ZEPHR_API_KEY_FILE)) ??
      config.apiKey ??
      null,
    expiry: config.expiry,
    link: config.link,
  };
}

/** `--timeout` in milliseconds; default 10 s. */
export function timeoutMs({ timeout }: CommonFlags): number {
  if (timeout === undefined) return 10_000;
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(timeout) ? Number(timeout) : Number.NaN;
  if (!(seconds > 0 && seconds <= 3600))
    throw usageError('the timeout is not a number of seconds, up to 3600');
  return Math.ceil(seconds * 1000);
}

/** Where the config file is, and whether somebody asked for that very file. */
export function configPath(
  { config }: CommonFlags,
  { env, platform, home }: Terminal,
): { path: string; explicit: boolean } {
  const named = config ?? blankAsAbsent(env.ZEPHR_CONFIG);
  if (named !== undefined) return { path: named, explicit: true };
  const base =
    blankAsAbsent(env.XDG_CONFIG_HOME) ??
    (platform === 'win32' ? blankAsAbsent(env.APPDATA) : undefined) ??
    join(home, '.config');
  return { path: join(base, 'zephr', 'config.json'), explicit: false };
}

async function loadConfig(
  { path, explicit }: { path: string; explicit: boolean },
  talk: Talk,
): Promise<Config> {
  let text: string;
  let mode: number;
  try {
    text = await readFile(path, 'utf8');
    mode = (await stat(path)).mode;
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR') && !explicit) return {};
    throw usageError(`the config file ${path} cannot be read: ${reason(cause)}`, undefined, cause);
  }
  const config = parseConfig(text, path);
  if (config.apiKey !== undefined && (mode & READABLE_BY_OTHERS) !== 0) {
    await talk.warn(`others can read the API key in ${path}: chmod 600 it`);
  }
  return config;
}

function parseConfig(text: string, path: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the file, and the file may hold a key.
    throw usageError(`the config file ${path} is not JSON`, undefined, cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw usageError(`the config file ${path} is not a JSON object`);
  }
  const config: Record<string, string> = {};
  for (const key of CONFIG_KEYS) {
    const value = Object.hasOwn(json, key) ? (json as Record<string, unknown>)[key] : undefined;
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string')
      throw usageError(`the config file ${path} has a ${key} that is not a string`);
    config[key] = value;
  }
  return config;
}

async function apiKeyFromFile(path: string | undefined): Promise<string | undefined> {
  const named = blankAsAbsent(path);
  if (named === undefined) return undefined;
  try {
    return blankAsAbsent((await readFile(named, 'utf8')).trim());
  } catch (cause) {
    throw usageError(
      `the file that ZEPHR_API_KEY_FILE names cannot be read: ${reason(cause)}`,
      undefined,
      cause,
    );
  }
}

function checkServer(server: string, source: string): string {
  try {
    return parseServer(server);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw usageError(`${why} (from ${source})`, 'write it as https://host, or http://127.0.0.1:8787', cause);
  }
}

function firstOf(...candidates: [string | undefined, string][]): [string, string] | undefined {
  for (const [value, source] of candidates) {
    const present = blankAsAbsent(value);
    if (present !== undefined) return [present, source];
  }
  return undefined;
}

function blankAsAbsent(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function reason(cause: unknown): string {
  if (isSystemError(cause, 'ENOENT')) return 'there is no such file';
  if (isSystemError(cause, 'EISDIR')) return 'it is a directory';
  if (isSystemError(cause, 'EACCES', 'EPERM')) return 'permission denied';
  return cause instanceof Error ? cause.message : 'unknown reason';
}
