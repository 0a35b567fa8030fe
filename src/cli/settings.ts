/** Settings: flag, then environment, then config file, then default. */

import { readFile } from 'node:fs/promises';
import { DEFAULT_SERVER } from '../core/limits.js';
import { parseServer } from '../core/link.js';
import { type Config, configPlace, EXPOSED_KEY_HINT, readConfigFile, systemReason } from './config-file.js';
import { blankAsAbsent, variable } from './environment.js';
import { usageError } from './exit.js';
import type { Talk } from './talk.js';
import type { Environment, Terminal } from './terminal.js';

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
}

/** What create needs to know beyond its own flags. */
export interface Settings {
  /** In its one spelling. */
  readonly server: string;
  readonly serverSource: string;
  readonly apiKey: string | null;
  readonly apiKeySource: string | null;
  readonly expiry: string | undefined;
  readonly link: string | undefined;
}

/**
 * Reads the config file and gathers the settings.
 * @throws CliError (exit 2) when one of them is unusable; it names where the setting came from.
 */
export async function loadSettings(flags: CommonFlags, terminal: Terminal, talk: Talk): Promise<Settings> {
  const { config, warning } = await readConfigFile(configPlace(flags, terminal), terminal);
  if (warning !== undefined) await talk.warn(warning, EXPOSED_KEY_HINT);
  return gatherSettings(flags, config, terminal);
}

/**
 * Gathers the settings around a config that was read.
 * @throws CliError (exit 2), as {@link loadSettings}.
 */
export async function gatherSettings(
  flags: CommonFlags,
  config: Config,
  { env }: Terminal,
): Promise<Settings> {
  const server = sourced(flags.server, '--server') ??
    sourced(variable(env, 'ZEPHR_SERVER'), 'ZEPHR_SERVER') ??
    sourced(config.server, 'the config file') ?? { value: DEFAULT_SERVER, source: 'the default' };
  const apiKey =
    sourced(variable(env, 'ZEPHR_API_KEY'), 'ZEPHR_API_KEY') ??
    sourced(await apiKeyFromFile(env), 'ZEPHR_API_KEY_FILE') ??
    sourced(config.apiKey, 'the config file');
  return {
    server: checkServer(server),
    serverSource: server.source,
    apiKey: apiKey?.value ?? null,
    apiKeySource: apiKey?.source ?? null,
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
  if (link !== 'v1' && link !== 'v2') throw usageError('the link version is not v1 or v2');
  return link;
}

/** `--timeout` in milliseconds; default 10 s. */
export function timeoutMs({ timeout }: CommonFlags): number {
  if (timeout === undefined) return 10_000;
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(timeout) ? Number(timeout) : Number.NaN;
  if (!(seconds > 0 && seconds <= 3600))
    throw usageError('the timeout is not a number of seconds, up to 3600');
  return Math.ceil(seconds * 1000);
}

async function apiKeyFromFile(env: Environment): Promise<string | undefined> {
  const path = variable(env, 'ZEPHR_API_KEY_FILE');
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw usageError(
      `the file that ZEPHR_API_KEY_FILE names cannot be read: ${systemReason(cause)}`,
      undefined,
      cause,
    );
  }
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
