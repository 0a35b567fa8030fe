/** `zephr config`: look at the config file and change it. An API key goes in unseen and comes out masked. */

import { parseExpiry } from '../../../core/expiry.js';
import { parseServer } from '../../../core/link.js';
import { CliError, secretAsArgument, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { PERMISSION_ADVICE, readApiKeyFile } from '../../files/secret-file.js';
import type { Context } from '../../parser/command.js';
import { canBeApiKey, maskedApiKey, originOf, unusableApiKey } from '../../settings/api-key.js';
import {
  type Config,
  type ConfigKey,
  parseLinkVersion,
  parseRecord,
  type TextKey,
} from '../../settings/choices.js';
import { changeConfigFile, configPlace, readConfigFile, requirePath } from '../../settings/config-file.js';
import type { Edit } from '../../settings/config-members.js';
import { type CommonFlags, serverSetting } from '../../settings/settings.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import type { Terminal } from '../../terminal/terminal.js';

export type ConfigContext = Context;
export type ConfigKeyContext = Context<CommonFlags, { readonly key: ConfigKey }>;
export type SetConfigContext = Context<CommonFlags, { readonly key: ConfigKey; readonly value?: string }>;

/** `config get`: one value; of the API keys, the one of the server that is set. It is masked on a terminal. */
export async function getConfig(context: ConfigKeyContext): Promise<ExitCode> {
  const { args, flags, terminal, reporter } = context;
  const { key } = args;
  const config = await load(context);
  const origin = key === 'apiKey' ? keyServer(context, config) : undefined;
  const value = key === 'apiKey' ? config.apiKeys.get(origin ?? '') : config[key];
  if (value === undefined)
    throw usageError(`the config file has no ${named(key, origin)}`, `set it: ${howToSet(key)}`);
  const hidden = key === 'apiKey' && terminal.stdout.isTerminal;
  if (hidden) await reporter.info('the API key is masked on a terminal: a pipe or a file gets all of it');
  const shown = hidden ? maskedApiKey(value) : value;
  const plain = terminal.stdout.isTerminal ? escapeText(shown) : shown;
  await terminal.stdout.write(flags.json ? jsonLine({ key, ...about(origin), value: shown }) : `${plain}\n`);
  return EXIT.done;
}

/** `config path`: where the file is, or would be. */
export async function printConfigPath({ flags, terminal }: ConfigContext): Promise<ExitCode> {
  const path = requirePath(configPlace(flags, terminal));
  await terminal.stdout.write(flags.json ? jsonLine({ path }) : `${path}\n`);
  return EXIT.done;
}

/** `config set`: checks the value, then stores it. A file that is missing is made. */
export async function setConfig(context: SetConfigContext): Promise<ExitCode> {
  const { args, flags, terminal } = context;
  const { key } = args;
  const value = key === 'apiKey' ? await readApiKey(args.value, terminal) : checkValue(key, args.value);
  const place = configPlace(flags, terminal);
  const edit = await editOf(context, value);
  await changeConfigFile(place, edit, terminal);
  const origin = edit.key === 'apiKey' ? edit.origin : undefined;
  const path = requirePath(place);
  const shown = key === 'apiKey' ? maskedApiKey(value) : value;
  const words = `${named(key, origin)} is ${shown} in ${path}`;
  return done({ key, ...about(origin), value: shown, path }, words, context);
}

/** `config unset`: removes a key; to remove one that is not set is no error. */
export async function unsetConfig(context: ConfigKeyContext): Promise<ExitCode> {
  const { args, flags, terminal } = context;
  const { key } = args;
  const place = configPlace(flags, terminal);
  const path = requirePath(place);
  const { config } = await readConfigFile(place, terminal);
  const edit = await editOf(context, undefined);
  const origin = edit.key === 'apiKey' ? edit.origin : undefined;
  const wasSet = (edit.key === 'apiKey' ? config.apiKeys.get(edit.origin) : config[edit.key]) !== undefined;
  await changeConfigFile(place, edit, terminal);
  const what = named(key, origin);
  const words = wasSet ? `${what} was removed from ${path}` : `${what} was not set in ${path}`;
  return done({ key, ...about(origin), wasSet, path }, words, context);
}

async function load({ flags, terminal, reporter }: ConfigContext): Promise<Config> {
  const { config, warning } = await readConfigFile(configPlace(flags, terminal), terminal);
  if (warning !== undefined) await reporter.warn(warning, PERMISSION_ADVICE);
  return config;
}

/** The change that gives a key this value, or none. An API key is that of the server that is set. */
async function editOf(context: ConfigKeyContext, value: string | undefined): Promise<Edit> {
  const { args, flags, terminal } = context;
  if (args.key !== 'apiKey') return { key: args.key, value };
  // A file that `config set` is going to make is not there yet.
  const { config } = await readConfigFile({ ...configPlace(flags, terminal), explicit: false }, terminal);
  return { key: 'apiKey', origin: keyServer(context, config), value };
}

/** The server whose API key is meant: the one that flag, environment or config file name. */
function keyServer({ flags, terminal }: ConfigContext, config: Config): string {
  return originOf(serverSetting(flags, config, terminal).value);
}

function about(server: string | undefined): { server?: string } {
  return server === undefined ? {} : { server };
}

function named(key: ConfigKey, server: string | undefined): string {
  return server === undefined ? key : `${key} for ${server}`;
}

async function done(
  json: Readonly<Record<string, unknown>>,
  words: string,
  { flags, terminal, reporter }: ConfigContext,
): Promise<ExitCode> {
  if (flags.json) await terminal.stdout.write(jsonLine(json));
  else await reporter.info(words);
  return EXIT.done;
}

async function readApiKey(argument: string | undefined, terminal: Terminal): Promise<string> {
  const advice = 'pipe it in: zephr config set apiKey < file';
  if (argument !== undefined) throw secretAsArgument('an API key', advice);
  try {
    const { line } = await readApiKeyFile('-', terminal);
    if (!canBeApiKey(line)) throw unusableApiKey('stdin');
    return line;
  } catch (error) {
    if (!(error instanceof CliError && error.code === 'USAGE')) throw error;
    throw usageError(error.message, error.advice ?? advice, error);
  }
}

/**
 * A value in the spelling that is stored.
 * @throws ValidationError or CliError exit 2.
 */
function checkValue(key: TextKey, argument: string | undefined): string {
  const value = argument?.trim();
  if (value === undefined || value === '') throw usageError(`there is no value for ${key}`, howToSet(key));
  switch (key) {
    case 'server':
      return parseServer(value);
    case 'expiry':
      return parseExpiry(value).hoursSpelling ?? value;
    case 'link':
      return parseLinkVersion(value);
    case 'record':
      return String(parseRecord(value));
  }
}

function howToSet(key: ConfigKey): string {
  const values = { server: 'https://host', apiKey: '< file', expiry: '7d', link: 'v2', record: 'false' };
  return `zephr config set ${key} ${values[key]}`;
}
