/** Settings: flag, then environment, then config file, then default. */

import { stat } from 'node:fs/promises';
import { ZephrError } from '../../core/errors.js';
import { parseServer } from '../../core/link.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import { defaultLinkVersion, type LinkVersion } from '../../core/protocol/link-versions.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { endingOf } from '../exit/ending.js';
import { messageOf } from '../exit/reason.js';
import { PERMISSION_ADVICE, permissionWarning, readSecretFile } from '../files/secret-file.js';
import { blankAsAbsent, variable } from '../terminal/environment.js';
import type { Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';
import { type Config, parseLinkVersion } from './choices.js';
import { configPlace, readConfigFile } from './config-file.js';

/** The options that every command takes. */
export interface CommonFlags {
  readonly server?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A setting and where it came from, in words. */
interface Sourced {
  readonly value: string;
  readonly source: string;
  readonly warning?: string;
}

/** What creating a secret needs beyond its own flags. */
export interface Settings {
  /** The server's URL, in the spelling of `parseServer`. */
  readonly server: string;
  readonly serverSource: string;
  readonly apiKey: string | null;
  readonly apiKeySource: string | null;
  /** What to warn of, when not only its owner can read the file that `ZEPHR_API_KEY_FILE` names. */
  readonly apiKeyWarning?: string;
  /** As the config file has it, not checked yet. */
  readonly expiry: string | undefined;
  /** As the config file has it, not checked yet. */
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
 * The link version: as the flag says, else the config file, else the default of the server.
 * @throws CliError exit 2 when the config file names something else than a link version.
 */
export function linkVersion(
  flag: LinkVersion | undefined,
  { link, server }: Pick<Settings, 'link' | 'server'>,
): LinkVersion {
  if (flag !== undefined) return flag;
  return link === undefined
    ? defaultLinkVersion(server)
    : checkSetting(undefined, () => parseLinkVersion(link));
}

/**
 * The result of a check of a setting.
 * @param flag what the flag says; undefined when the checked value is from the config file.
 * @throws what the check throws; where the value is from the config file, an error that says so.
 */
export function checkSetting<T>(flag: string | undefined, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (flag !== undefined || !(cause instanceof ZephrError)) throw cause;
    const { message, advice } = endingOf(cause);
    throw usageError(`${message} (from the config file)`, advice, cause);
  }
}

async function apiKeyFromFile(terminal: Terminal): Promise<Sourced | undefined> {
  const source = 'ZEPHR_API_KEY_FILE';
  const path = variable(terminal.env, source);
  if (path === undefined) return undefined;
  try {
    const value = (await readSecretFile(path, 'API key', terminal)).trim();
    const found = await stat(path);
    // A pipe, such as a shell's <(…), has no permissions that say anything.
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
    const message = `${messageOf(cause)} (from ${source})`;
    throw usageError(message, 'write it as https://host, or http://127.0.0.1:8787', cause);
  }
}

function sourced(value: string | undefined, source: string): Sourced | undefined {
  const present = blankAsAbsent(value);
  return present === undefined ? undefined : { value: present, source };
}
