/** `zephr config`: look at the config file and change it. An API key goes in unseen and comes out masked. */

import { parseExpiry } from '../../../core/expiry.js';
import { parseServer } from '../../../core/link.js';
import { isApiKey } from '../../../core/protocol/requests.js';
import { secretAsArgument, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { PERMISSION_ADVICE } from '../../files/secret-file.js';
import type { Context } from '../../parser/command.js';
import { CONFIG_KEYS, type Config, type ConfigKey, parseLinkVersion } from '../../settings/choices.js';
import { changeConfigFile, configPlace, readConfigFile } from '../../settings/config-file.js';
import type { CommonFlags } from '../../settings/settings.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import { askHidden } from '../../terminal/prompt.js';
import { readLine } from '../../terminal/stdin.js';
import type { Terminal } from '../../terminal/terminal.js';

export type ConfigContext = Context;
export type ConfigKeyContext = Context<CommonFlags, { readonly key: ConfigKey }>;
export type SetConfigContext = Context<CommonFlags, { readonly key: ConfigKey; readonly value?: string }>;

/** `config get`: one value. An API key is masked on a terminal, and whole in a pipe or a file. */
export async function getConfig(context: ConfigKeyContext): Promise<ExitCode> {
  const { args, flags, terminal, reporter } = context;
  const { key } = args;
  const value = (await load(context))[key];
  if (value === undefined) throw usageError(`the config file has no ${key}`, `set it: ${howToSet(key)}`);
  const hidden = key === 'apiKey' && terminal.stdout.isTerminal;
  if (hidden) await reporter.info('the API key is masked on a terminal: a pipe or a file gets all of it');
  const shown = hidden ? masked(value) : value;
  const plain = terminal.stdout.isTerminal ? escapeText(shown) : shown;
  await terminal.stdout.write(flags.json ? jsonLine({ key, value: shown }) : `${plain}\n`);
  return EXIT.done;
}

/** `config ls`: what is set, a line each. */
export async function listConfig(context: ConfigContext): Promise<ExitCode> {
  const config = await load(context);
  const shown = CONFIG_KEYS.flatMap((key) => {
    const value = config[key];
    return value === undefined ? [] : [[key, key === 'apiKey' ? masked(value) : value] as const];
  });
  // The file may have been written by another program, with anything in it.
  const lines = shown.map(([key, value]) => `${key}=${escapeText(value)}\n`).join('');
  const { flags, terminal } = context;
  await terminal.stdout.write(flags.json ? jsonLine(Object.fromEntries(shown)) : lines);
  return EXIT.done;
}

/** `config path`: where the file is, or would be. */
export async function printConfigPath({ flags, terminal }: ConfigContext): Promise<ExitCode> {
  const { path } = configPlace(flags, terminal);
  await terminal.stdout.write(flags.json ? jsonLine({ path }) : `${path}\n`);
  return EXIT.done;
}

/** `config set`: checks the value, then stores it. A file that is missing is made. */
export async function setConfig(context: SetConfigContext): Promise<ExitCode> {
  const { args, flags, terminal } = context;
  const { key } = args;
  const value = key === 'apiKey' ? await readApiKey(args.value, terminal) : checkValue(key, args.value);
  const place = configPlace(flags, terminal);
  await changeConfigFile(place, key, value, terminal);
  const shown = key === 'apiKey' ? masked(value) : value;
  return done({ key, value: shown, path: place.path }, `${key} is ${shown} in ${place.path}`, context);
}

/** `config unset`: removes a key; to remove one that is not set is no error. */
export async function unsetConfig(context: ConfigKeyContext): Promise<ExitCode> {
  const { args, flags, terminal } = context;
  const { key } = args;
  const place = configPlace(flags, terminal);
  const { config } = await readConfigFile(place, terminal);
  const wasSet = config[key] !== undefined;
  await changeConfigFile(place, key, undefined, terminal);
  const words = wasSet ? `${key} is no longer in ${place.path}` : `${key} was not set in ${place.path}`;
  return done({ key, wasSet, path: place.path }, words, context);
}

async function load({ flags, terminal, reporter }: ConfigContext): Promise<Config> {
  const { config, warning } = await readConfigFile(configPlace(flags, terminal), terminal);
  if (warning !== undefined) await reporter.warn(warning, PERMISSION_ADVICE);
  return config;
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
  const answer = terminal.stdin.isTerminal
    ? await askHidden(terminal, 'API key', { message: 'there is no API key', advice })
    : await readLine(terminal);
  const key = answer.trim();
  if (key === '') throw usageError('there is no API key', advice);
  if (!isApiKey(key)) {
    throw usageError(
      'that is not an API key, which is zeph_ and 40 letters and digits',
      'copy the whole key again',
    );
  }
  return key;
}

/**
 * A value in the spelling that is stored.
 * @throws ValidationError or CliError exit 2.
 */
function checkValue(key: Exclude<ConfigKey, 'apiKey'>, argument: string | undefined): string {
  const value = argument?.trim();
  if (value === undefined || value === '') throw usageError(`there is no value for ${key}`, howToSet(key));
  switch (key) {
    case 'server':
      return parseServer(value);
    case 'expiry':
      return parseExpiry(value).hoursSpelling ?? value;
    case 'link':
      return parseLinkVersion(value);
  }
}

function howToSet(key: ConfigKey): string {
  const values = { server: 'https://host', apiKey: '< file', expiry: '7d', link: 'v2' };
  return `zephr config set ${key} ${values[key]}`;
}

/** A key cut down to what tells it from others: `zeph_...abcd`. */
function masked(key: string): string {
  const tail = key.length >= 20 ? key.slice(-4) : '';
  return `${key.startsWith('zeph_') ? 'zeph_' : ''}...${tail}`;
}
