/** What other tools, and other zephr commands, call things that zephr has under another name or in another way. */

import { type CliError, secretAsArgument, usageError } from '../exit/cli-error.js';

type Names = Readonly<Record<string, readonly string[]>>;

/** By what is meant, as it is typed here: words that stand for it elsewhere. */
const COMMANDS: Readonly<Record<string, Names>> = {
  zephr: {
    'zephr create': ['add', 'encrypt', 'new', 'post', 'push', 'put', 'send', 'share', 'upload'],
    'zephr get <link>': [
      'cat',
      'decrypt',
      'download',
      'fetch',
      'open',
      'pull',
      'read',
      'receive',
      'reveal',
      'show',
      'view',
    ],
    'zephr status <link>': ['check', 'info', 'stat', 'state'],
    'zephr ls': ['history', 'list', 'sent'],
    'zephr revoke <link>': ['burn', 'cancel', 'del', 'delete', 'destroy', 'remove', 'rm'],
    'zephr run -- <command>': ['exec', 'inject'],
    'zephr vault': ['secrets', 'store'],
    'zephr serve': ['daemon', 'server', 'start', 'up'],
    'zephr keys': ['apikey', 'apikeys', 'key', 'token', 'tokens'],
    'zephr config': ['configure', 'init', 'settings', 'setup'],
    'zephr config set apiKey': ['auth', 'login', 'register', 'signin', 'signup'],
    'zephr config unset apiKey': ['logout', 'signout'],
    'zephr doctor': ['diagnose', 'health', 'ping', 'whoami'],
    'zephr help': ['commands', 'man', 'usage'],
    'zephr --version': ['version'],
  },
  'zephr vault': {
    'zephr vault set': ['add', 'create', 'new', 'put', 'store', 'write'],
    'zephr vault ls': ['list', 'names'],
    'zephr vault rm': ['del', 'delete', 'remove', 'unset'],
    'zephr vault cp': ['copy'],
    'zephr vault reveal': ['cat', 'get', 'print', 'read', 'show', 'view'],
    'zephr vault status': ['info'],
    'zephr vault unlock': ['login', 'open'],
    'zephr vault lock': ['close', 'logout'],
    'zephr run -- <command>': ['exec', 'run'],
  },
  'zephr keys': {
    'zephr keys new': ['add', 'create', 'generate', 'issue', 'make'],
    'zephr keys ls': ['get', 'list', 'show'],
    'zephr keys revoke': ['del', 'delete', 'remove', 'rm'],
  },
  'zephr config': {
    'zephr config ls': ['list', 'show', 'view'],
    'zephr config get': ['read'],
    'zephr config set': ['add', 'put', 'write'],
    'zephr config unset': ['clear', 'del', 'delete', 'remove', 'reset', 'rm'],
    'zephr config path': ['file', 'where'],
  },
};

/**
 * What is meant by a word that stands where the name of a command could.
 * @param path what is typed before it, such as `zephr config`.
 */
export function commandMeant(path: string, word: string): string | undefined {
  const names = Object.entries(COMMANDS[path] ?? {});
  return names.find(([, words]) => words.includes(word))?.[0];
}

/** The error for options that zephr does without, by name; what they would be given is never shown. */
const OPTIONS: Readonly<Record<string, () => CliError>> = {
  '--api-key': () =>
    secretAsArgument('an API key', 'store it: zephr config set apiKey < file; or set ZEPHR_API_KEY'),
  '--callback-secret': () =>
    secretAsArgument('a callback secret', 'give it with --callback-secret-file or ZEPHR_CALLBACK_SECRET'),
  '--secret': noSecret,
  '--text': noSecret,
  '--password': noPassphrase,
  '--file': () => noFile('--file'),
  '-f': () => noFile('-f'),
  '-v': () => usageError("unknown option '-v'", 'the version is -V or --version'),
};

/**
 * The error for an option of other tools or other zephr commands; undefined for any other option.
 * @param isCreate whether it was given to the command that creates secrets: what is about a file or a secret there is
 *   about something else elsewhere.
 */
export function optionMeant(flag: string, isCreate: boolean): CliError | undefined {
  if (!isCreate && flag !== '--api-key' && flag !== '--password' && flag !== '-v') return undefined;
  return Object.hasOwn(OPTIONS, flag) ? OPTIONS[flag]?.() : undefined;
}

/** The error for a secret as an argument of the command that creates one. */
export function noSecret(): CliError {
  return secretAsArgument('a secret', 'pipe it in: printf %s "$PASSWORD" | zephr');
}

/** The error for the names of files as arguments. They are not repeated, for they may be a secret as well. */
export function noFiles(count: number): CliError {
  return usageError(
    'files are not named as arguments',
    count === 1
      ? 'send a file with zephr -a FILE, or its content with zephr < FILE'
      : 'send several files with zephr -a FILE -a FILE',
  );
}

function noPassphrase(): CliError {
  return secretAsArgument('a passphrase', 'use --passphrase to be asked for it, or --passphrase-file');
}

function noFile(flag: string): CliError {
  return usageError(
    `unknown option '${flag}'`,
    'send a file with zephr -a FILE, its content with zephr < FILE, and several with -a FILE -a FILE',
  );
}
