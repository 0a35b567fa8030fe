/** Settings: flag, then environment, then config file, then default. */

import { stat } from 'node:fs/promises';
import { ZephrError } from '../../core/errors.js';
import { parseServer } from '../../core/link.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import { CliError, endingOf, usageError } from '../exit/exit.js';
import { PERMISSION_ADVICE, permissionWarning, readSecretFile } from '../files/secret-file.js';
import { blankAsAbsent, variable } from '../terminal/environment.js';
import type { Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';
import { type Config, configPlace, readConfigFile } from './config-file.js';

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

/** A setting and where it came from, in words. */
interface Sourced {
  readonly value: string;
  readonly source: string;
  readonly warning?: string;
}

/** What create needs to know beyond its own flags. */
export interface Settings {
  /** In its one spelling. */
  readonly server: string;
  readonly serverSource: string;
  readonly apiKey: string | null;
  readonly apiKeySource: string | null;
  /** Set when others can read the file that `ZEPHR_API_KEY_FILE` names: what to say about it. */
  readonly apiKeyWarning?: string;
  readonly expiry: string | undefined;
  readonly link: string | undefined;
}

/**
 * Reads the config file and gathers the settings.
 * @throws CliError (exit 2) when one of them is unusable; it names where the setting came from.
 */
export async function loadSettings(
  flags: CommonFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<Settings> {
  const { config, warning } = await readConfigFile(configPlace(flags, terminal), terminal);
  if (warning !== undefined) await reporter.warn(warning, PERMISSION_ADVICE);
  const settings = await gatherSettings(flags, config, terminal);
  if (settings.apiKeyWarning !== undefined) await reporter.warn(settings.apiKeyWarning, PERMISSION_ADVICE);
  return settings;
}

/**
 * Gathers the settings around a config that was read.
 * @throws CliError (exit 2), as {@link loadSettings}.
 */
export async function gatherSettings(
  flags: CommonFlags,
  config: Config,
  terminal: Terminal,
): Promise<Settings> {
  const { env } = terminal;
  if (flags.server?.trim() === '')
    throw usageError('--server is blank', 'leave it out, or write it as https://host');
  const server = sourced(flags.server, '--server') ??
    sourced(variable(env, 'ZEPHR_SERVER'), 'ZEPHR_SERVER') ??
    sourced(config.server, 'the config file') ?? { value: DEFAULT_SERVER, source: 'the default' };
  const apiKey =
    sourced(variable(env, 'ZEPHR_API_KEY'), 'ZEPHR_API_KEY') ??
    (await apiKeyFromFile(terminal)) ??
    sourced(config.apiKey, 'the config file');
  return {
    server: checkServer(server),
    serverSource: server.source,
    apiKey: apiKey?.value ?? null,
    apiKeySource: apiKey?.source ?? null,
    ...(apiKey?.warning === undefined ? {} : { apiKeyWarning: apiKey.warning }),
    expiry: config.expiry,
    link: config.link,
  };
}

/**
 * The link version: as asked, else what the server is known to speak.
 * @throws CliError exit 2 when it is neither `v1` nor `v2`.
 */
export function linkVersion(link: string | undefined, server: string): 'v1' | 'v2' {
  if (link === undefined) return server === DEFAULT_SERVER ? 'v1' : 'v2';
  if (link !== 'v1' && link !== 'v2') throw usageError('the link version is not v1 or v2', 'see --link');
  return link;
}

/**
 * The result of a check of a setting.
 * @param flag what the flag says, if it is given; otherwise the value is from the config file.
 * @throws what the check throws; of the config file it says so.
 */
export function checked<T>(flag: string | undefined, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (flag !== undefined || !(cause instanceof ZephrError)) throw cause;
    const { message, advice } = endingOf(cause);
    throw usageError(`${message} (from the config file)`, advice, cause);
  }
}

/** `--timeout` in milliseconds; default 10 s. */
export function timeoutMs({ timeout }: CommonFlags): number {
  if (timeout === undefined) return 10_000;
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(timeout.trim()) ? Number(timeout) : Number.NaN;
  if (!(seconds > 0 && seconds <= 3600))
    throw usageError('the timeout is not a number of seconds, up to 3600', 'write it as 30, or 0.5');
  return Math.ceil(seconds * 1000);
}

async function apiKeyFromFile(terminal: Terminal): Promise<Sourced | undefined> {
  const source = 'ZEPHR_API_KEY_FILE';
  const path = variable(terminal.env, source);
  if (path === undefined) return undefined;
  try {
    const value = (await readSecretFile(path, 'API key', terminal)).trim();
    const found = await stat(path);
    // A pipe, such as a shell's <(…), is read once.
    const warning = found.isFile() ? permissionWarning(path, found.mode, terminal) : undefined;
    if (value !== '') return { value, source, ...(warning === undefined ? {} : { warning }) };
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'USAGE') throw error;
    throw usageError(error.message, 'ZEPHR_API_KEY_FILE names that file', error);
  }
  throw usageError(`no API key in ${path}: it is blank`, 'ZEPHR_API_KEY_FILE names that file');
}

function checkServer({ value, source }: Sourced): string {
  try {
    return parseServer(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw usageError(`${why} (from ${source})`, 'write it as https://host, or http://127.0.0.1:8787', cause);
  }
}

function sourced(value: string | undefined, source: string): Sourced | undefined {
  const present = blankAsAbsent(value);
  return present === undefined ? undefined : { value: present, source };
}
