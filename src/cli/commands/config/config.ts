/** `zephr config`: look at the config file and change it. An API key goes in unseen and comes out masked. */

import { parseExpiry } from '../../../core/expiry.js';
import { parseServer } from '../../../core/link.js';
import { isApiKey } from '../../../core/protocol/requests.js';
import { usageError } from '../../exit/exit.js';
import { PERMISSION_ADVICE } from '../../files/secret-file.js';
import { suggest } from '../../parser/suggest.js';
import {
  CONFIG_KEYS,
  type Config,
  type ConfigKey,
  changeConfigFile,
  configPlace,
  readConfigFile,
} from '../../settings/config-file.js';
import { type CommonFlags, linkVersion } from '../../settings/settings.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import { askHidden } from '../../terminal/prompt.js';
import type { Reporter } from '../../terminal/reporter.js';
import { readLine } from '../../terminal/stdin.js';
import type { Terminal } from '../../terminal/terminal.js';

/** `config get`: one value. A terminal gets to see no API key; a pipe gets it whole. */
export async function getConfig(
  name: string | undefined,
  flags: CommonFlags,
  terminal: Terminal,
  reporter: Reporter,
) {
  const key = configKey(name);
  const value = (await load(flags, terminal, reporter))[key];
  if (value === undefined) throw usageError(`the config file has no ${key}`, `set it: ${howToSet(key)}`);
  const hidden = key === 'apiKey' && terminal.stdout.isTerminal;
  if (hidden) await reporter.info('the API key is masked on a terminal: a pipe or a file gets all of it');
  const shown = hidden ? masked(value) : value;
  const plain = terminal.stdout.isTerminal ? escapeText(shown) : shown;
  await terminal.stdout.write(flags.json ? jsonLine({ key, value: shown }) : `${plain}\n`);
}

/** `config ls`: what is set, a line each. */
export async function listConfig(flags: CommonFlags, terminal: Terminal, reporter: Reporter) {
  const config = await load(flags, terminal, reporter);
  const shown = CONFIG_KEYS.flatMap((key) => {
    const value = config[key];
    return value === undefined ? [] : [[key, key === 'apiKey' ? masked(value) : value] as const];
  });
  // Whoever wrote the file may not have been this program.
  const lines = shown.map(([key, value]) => `${key}=${escapeText(value)}\n`).join('');
  await terminal.stdout.write(flags.json ? jsonLine(Object.fromEntries(shown)) : lines);
}

/** `config path`: where the file is, or would be. */
export async function printConfigPath(flags: CommonFlags, terminal: Terminal) {
  const { path } = configPlace(flags, terminal);
  await terminal.stdout.write(flags.json ? jsonLine({ path }) : `${path}\n`);
}

/** `config set`: checks the value, then stores it. The file is made where there is none. */
export async function setConfig(
  name: string | undefined,
  argument: string | undefined,
  flags: CommonFlags,
  terminal: Terminal,
  reporter: Reporter,
) {
  const key = configKey(name);
  const value = key === 'apiKey' ? await takeApiKey(argument, terminal) : checkValue(key, argument);
  const place = configPlace(flags, terminal);
  await changeConfigFile(place, key, value, terminal);
  const shown = key === 'apiKey' ? masked(value) : value;
  await done(
    { key, value: shown, path: place.path },
    `${key} is ${shown} in ${place.path}`,
    flags,
    terminal,
    reporter,
  );
}

/** `config unset`: removes a key; one that is not there is none to worry about. */
export async function unsetConfig(
  name: string | undefined,
  flags: CommonFlags,
  terminal: Terminal,
  reporter: Reporter,
) {
  const key = configKey(name);
  const place = configPlace(flags, terminal);
  const { config } = await readConfigFile(place, terminal);
  const wasSet = config[key] !== undefined;
  await changeConfigFile(place, key, undefined, terminal);
  const words = wasSet ? `${key} is no longer in ${place.path}` : `${key} was not set in ${place.path}`;
  await done({ key, wasSet, path: place.path }, words, flags, terminal, reporter);
}

async function load(flags: CommonFlags, terminal: Terminal, reporter: Reporter): Promise<Config> {
  const { config, warning } = await readConfigFile(configPlace(flags, terminal), terminal);
  if (warning !== undefined) await reporter.warn(warning, PERMISSION_ADVICE);
  return config;
}

async function done(
  json: Readonly<Record<string, unknown>>,
  words: string,
  flags: CommonFlags,
  terminal: Terminal,
  reporter: Reporter,
) {
  if (flags.json) await terminal.stdout.write(jsonLine(json));
  else await reporter.info(words);
}

function configKey(name = ''): ConfigKey {
  const key = CONFIG_KEYS.find((one) => one === name);
  if (key !== undefined) return key;
  // What was typed may be a key of the other kind, so it is not repeated.
  const near = suggest(name, CONFIG_KEYS);
  throw usageError(
    'the config file has no key of that name',
    near === undefined ? `the keys are ${CONFIG_KEYS.join(', ')}` : `did you mean ${near}?`,
  );
}

async function takeApiKey(argument: string | undefined, terminal: Terminal): Promise<string> {
  const advice = 'pipe it in: zephr config set apiKey < file';
  if (argument !== undefined) {
    throw usageError(
      'an API key is not given as an argument: arguments show in ps and in the history',
      advice,
    );
  }
  const answer = terminal.stdin.isTerminal
    ? await askHidden(terminal, 'API key', { message: 'there is no API key', advice })
    : await readLine(terminal);
  const key = answer.trim();
  if (key === '') throw usageError('there is no API key', advice);
  if (!isApiKey(key)) {
    throw usageError('that is no API key: zeph_ and 40 letters and digits', 'copy the whole key again');
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
      return linkVersion(value, '');
  }
}

function howToSet(key: ConfigKey): string {
  const values = { server: 'https://host', apiKey: '< file', expiry: '7d', link: 'v2' };
  return `zephr config set ${key} ${values[key]}`;
}

/** Enough of a key to tell it from another: `zeph_...abcd`. */
function masked(key: string): string {
  const tail = key.length >= 20 ? key.slice(-4) : '';
  return `${key.startsWith('zeph_') ? 'zeph_' : ''}...${tail}`;
}
