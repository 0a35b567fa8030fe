/** Settings: flag, then environment, then config file, then default. */

import { ApiError, NetworkError, ZephrError } from '../../core/errors.js';
import { parseServer } from '../../core/link.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import { defaultLinkVersion, type LinkVersion } from '../../core/protocol/link-versions.js';
import { AdvisedError, usageError } from '../exit/cli-error.js';
import { endingOf } from '../exit/ending.js';
import { PERMISSION_ADVICE } from '../files/secret-file.js';
import { variable } from '../terminal/environment.js';
import type { Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';
import { apiKeyFor } from './api-key.js';
import {
  BY_DEFAULT,
  type Config,
  IN_FILE,
  parseLinkVersion,
  parseRecord,
  type Sourced,
  sourced,
} from './choices.js';
import { configPlace, readConfigFile } from './config-file.js';

/** The options that every command takes. */
export interface CommonFlags {
  readonly server?: string;
  readonly config?: string;
  /** A file of certificates in PEM: the only authorities that are trusted. */
  readonly caFile?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What creating a secret needs beyond its own flags. */
export interface Settings {
  /** The server's URL, in the spelling of `parseServer`. */
  readonly server: string;
  readonly serverSource: string;
  /** The key that belongs to this server. */
  readonly apiKey: string | null;
  readonly apiKeySource: string | null;
  /** What to warn of, when not only its owner can read the file that `ZEPHR_API_KEY_FILE` names. */
  readonly apiKeyWarning?: string;
  /** From environment or config file, not checked yet. */
  readonly expiry: Sourced | undefined;
  /** From the config file, not checked yet. */
  readonly link: Sourced | undefined;
  /** Likewise. */
  readonly record: Sourced | undefined;
}

/**
 * Reads the config file and gathers the settings. Says which server is used where nothing names one.
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
  if (settings.serverSource === BY_DEFAULT)
    await reporter.info(`no server is set: this goes to ${settings.server}`);
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
  const server = serverSetting(flags, config, terminal);
  const apiKey = await apiKeyFor(server.value, config, terminal);
  return {
    server: server.value,
    serverSource: server.source,
    apiKey: apiKey?.value ?? null,
    apiKeySource: apiKey?.source ?? null,
    ...(apiKey?.warning === undefined ? {} : { apiKeyWarning: apiKey.warning }),
    expiry:
      sourced(variable(terminal.env, 'ZEPHR_EXPIRY'), 'ZEPHR_EXPIRY') ?? sourced(config.expiry, IN_FILE),
    link: sourced(config.link, IN_FILE),
    record: sourced(config.record, IN_FILE),
  };
}

/**
 * The server that flag, environment or config file name, else the default, in the spelling of `parseServer`.
 * @throws CliError (exit 2) when it is none.
 */
export function serverSetting(
  { server }: Pick<CommonFlags, 'server'>,
  config: Config,
  { env }: Terminal,
): Sourced {
  if (server?.trim() === '')
    throw usageError('--server is blank', 'leave it out, or write it as https://host');
  const named = sourced(server, '--server') ??
    sourced(variable(env, 'ZEPHR_SERVER'), 'ZEPHR_SERVER') ??
    sourced(config.server, IN_FILE) ?? { value: DEFAULT_SERVER, source: BY_DEFAULT };
  return { ...named, value: checkSetting(named, parseServer) };
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
  return link === undefined ? defaultLinkVersion(server) : checkSetting(link, parseLinkVersion);
}

/**
 * Whether what is sent gets a line in the list: yes where nothing is said.
 * @throws CliError exit 2 when the config file says something else than yes or no.
 */
export function keepsRecord({ record }: Pick<Settings, 'record'>): boolean {
  return record === undefined || checkSetting(record, parseRecord);
}

/**
 * What `work` gives.
 * @param work requests to the server of the settings.
 * @throws what `work` throws, with the advice of {@link advisedOfServer}.
 */
export async function withServerAdvice<T>(
  work: Promise<T>,
  settings: Pick<Settings, 'serverSource'>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw advisedOfServer(error, settings);
  }
}

/** An error of a request. Where nobody named the server, its advice says so, and how to name one. */
export function advisedOfServer(error: unknown, { serverSource }: Pick<Settings, 'serverSource'>): unknown {
  const isAboutServer = error instanceof ApiError || error instanceof NetworkError;
  if (!isAboutServer || serverSource !== BY_DEFAULT) return error;
  const { advice } = endingOf(error);
  return new AdvisedError(error, advice === undefined ? NAME_A_SERVER : `${advice}; ${NAME_A_SERVER}`);
}

const NAME_A_SERVER = 'no server is set: to use your own, zephr config set server https://host';

/**
 * The result of a check of a setting that is no flag.
 * @throws CliError (exit 2) in the words of the check, with where the setting came from.
 */
export function checkSetting<T>({ value, source }: Sourced, check: (text: string) => T): T {
  try {
    return check(value);
  } catch (cause) {
    if (!(cause instanceof ZephrError)) throw cause;
    const { message, advice } = endingOf(cause);
    throw usageError(`${message} (from ${source})`, advice, cause);
  }
}
