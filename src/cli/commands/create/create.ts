/** `zephr`: read a secret, seal it, print the link. */

import { createSecret, type SecretLink } from '../../../client/create.js';
import { maxSecretBytesV1 } from '../../../core/crypto/seal-v1.js';
import { maxSecretBytesV2 } from '../../../core/crypto/seal-v2.js';
import { DEFAULT_EXPIRY_MINUTES, parseExpiry } from '../../../core/expiry.js';
import { MAX_BLOB_LENGTH, MAX_VIEWS } from '../../../core/protocol/limits.js';
import { fetchFor } from '../../../net/proxy.js';
import { usageError } from '../../exit/exit.js';
import { readSecretFile } from '../../files/secret-file.js';
import { checked, linkVersion, loadSettings, type Settings, timeoutMs } from '../../settings/settings.js';
import { variable } from '../../terminal/environment.js';
import { askHidden } from '../../terminal/prompt.js';
import type { Reporter } from '../../terminal/reporter.js';
import { readAll } from '../../terminal/stdin.js';
import type { Terminal } from '../../terminal/terminal.js';
import { type HandOutFlags, handOut } from './hand-out.js';

export interface CreateFlags extends HandOutFlags {
  readonly expiry?: string;
  readonly split?: boolean;
  readonly hint?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
  readonly views?: string;
  readonly name?: string;
  readonly message?: string;
  readonly link?: string;
  readonly callbackUrl?: string;
  readonly callbackSecretFile?: string;
}

/** Creates a secret from stdin, or from a hidden prompt when stdin is a terminal. */
export async function create(flags: CreateFlags, terminal: Terminal, reporter: Reporter): Promise<void> {
  const settings = await loadSettings(flags, terminal, reporter);
  const link = checked(flags.link, () => linkVersion(flags.link ?? settings.link, settings.server));
  const expiry = await expiryMinutes(flags, settings, reporter);
  const views = flags.views === undefined ? undefined : viewCount(flags.views);
  const timeout = timeoutMs(flags);
  const fetch = fetchFor(settings.server, terminal.env);
  const callback = await callbackOptions(flags, terminal);
  const passphraseFromFile =
    flags.passphraseFile === undefined
      ? undefined
      : await readSecretFile(flags.passphraseFile, 'passphrase', terminal);

  const secret = await readSecret(link, terminal);
  const passphrase = passphraseFromFile ?? (flags.passphrase ? await choosePassphrase(terminal) : undefined);
  const creating = createSecret(secret, {
    server: settings.server,
    apiKey: settings.apiKey,
    fetch,
    timeout,
    signal: terminal.interrupt,
    link,
    expiry,
    split: flags.split ?? false,
    ...given('hint', flags.hint),
    ...given('passphrase', passphrase),
    ...given('views', views),
    ...given('name', flags.name),
    ...given('message', flags.message),
    ...callback,
  });
  const created = await reporter.waitFor(`waiting for ${new URL(settings.server).host}`, creating);
  await handOut(created, flags, terminal, reporter);
  await reporter.info(summary(created, views ?? 1));
}

/** Where the server tells that the secret was read, and what it signs that with. */
async function callbackOptions(
  { callbackUrl, callbackSecretFile }: CreateFlags,
  terminal: Terminal,
): Promise<{ callbackUrl?: string; callbackSecret?: string }> {
  if (callbackUrl === undefined) {
    if (callbackSecretFile !== undefined)
      throw usageError('a callback secret is given, and no --callback-url to use it for');
    return {};
  }
  const callbackSecret =
    callbackSecretFile === undefined
      ? secretFromEnvironment(terminal)
      : await readSecretFile(callbackSecretFile, 'callback secret', terminal);
  if (callbackSecret === undefined) {
    throw usageError(
      'the callback has no secret to sign it with',
      'give it with --callback-secret-file or ZEPHR_CALLBACK_SECRET',
    );
  }
  return { callbackUrl, callbackSecret };
}

/** As it is, white space included: the other side has the same. */
function secretFromEnvironment({ env }: Terminal): string | undefined {
  return variable(env, 'ZEPHR_CALLBACK_SECRET') === undefined ? undefined : env.ZEPHR_CALLBACK_SECRET;
}

function summary({ mode, expiresAt }: SecretLink, views: number): string {
  const what = mode === 'split' ? 'the URL and the key together' : 'the link';
  const times = views === 1 ? 'once' : `${views} times`;
  return `${what} can be read ${times}, until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC`;
}

async function readSecret(link: 'v1' | 'v2', terminal: Terminal): Promise<Uint8Array> {
  const limit = link === 'v1' ? maxSecretBytesV1(MAX_BLOB_LENGTH) : maxSecretBytesV2(MAX_BLOB_LENGTH);
  const secret = terminal.stdin.isTerminal ? await askForSecret(terminal) : await readAll(terminal, limit);
  if (secret.every(isWhitespace)) {
    throw usageError(
      secret.length === 0 ? 'the secret is empty' : 'the secret is nothing but white space',
      'pipe a secret in: printf %s "$PASSWORD" | zephr',
    );
  }
  return secret;
}

async function askForSecret(terminal: Terminal): Promise<Uint8Array> {
  const missing = { message: 'there is no secret', advice: 'pipe one in: printf %s "$PASSWORD" | zephr' };
  return new TextEncoder().encode(await askHidden(terminal, 'Secret (hidden)', missing));
}

/** Asks twice: a mistyped passphrase would lock the reader out. */
async function choosePassphrase(terminal: Terminal): Promise<string> {
  const missing = {
    message: 'there is no terminal to ask for the passphrase',
    advice: 'give it with --passphrase-file',
  };
  const first = await askHidden(terminal, 'Passphrase', missing);
  if (first === '') throw usageError('the passphrase is empty');
  if ((await askHidden(terminal, 'Passphrase again', missing)) !== first) {
    throw usageError('the two passphrases differ', 'nothing was sent: run it again');
  }
  return first;
}

async function expiryMinutes(flags: CreateFlags, settings: Settings, reporter: Reporter): Promise<number> {
  const text = flags.expiry ?? settings.expiry;
  if (text === undefined) return DEFAULT_EXPIRY_MINUTES;
  const { minutes, hoursSpelling } = checked(flags.expiry, () => parseExpiry(text.trim()));
  if (hoursSpelling !== undefined) {
    await reporter.warn(
      `an expiry of ${text} is taken for hours, as older documents do: write ${hoursSpelling}`,
    );
  }
  return minutes;
}

function viewCount(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text))
    throw usageError('--views is not a whole number', `write it as 1 to ${MAX_VIEWS}`);
  return Number(text);
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** A member only where there is a value: absent and undefined are not the same. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
