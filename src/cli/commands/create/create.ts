/** `zephr`: read a secret, seal it, print the link. */

import { checkCreateOptions, createSecret, type SecretLink } from '../../../client/create.js';
import type { LinkOrPair } from '../../../client/link-or-pair.js';
import { revokeSecret } from '../../../client/status.js';
import { maxSecretBytesV1 } from '../../../core/crypto/seal-v1.js';
import { maxSecretBytesV2 } from '../../../core/crypto/seal-v2.js';
import { DEFAULT_EXPIRY_MINUTES, type Expiry, parseExpiry } from '../../../core/expiry.js';
import { MAX_BLOB_LENGTH, MAX_V1_BLOB_LENGTH } from '../../../core/protocol/limits.js';
import type { LinkVersion } from '../../../core/protocol/link-versions.js';
import { type ServerClock, withServerClock } from '../../../net/server-clock.js';
import { CliError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { readSecretFile } from '../../files/secret-file.js';
import type { Context } from '../../parser/command.js';
import { connectionTo } from '../../settings/connection.js';
import {
  checkSetting,
  linkVersion,
  loadSettings,
  type Settings,
  withServerAdvice,
} from '../../settings/settings.js';
import { variable } from '../../terminal/environment.js';
import { askHidden, choosePassphrase } from '../../terminal/prompt.js';
import type { Reporter } from '../../terminal/reporter.js';
import { readAll } from '../../terminal/stdin.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import { type HandOutFlags, handOut } from './hand-out.js';

export interface CreateFlags extends HandOutFlags {
  readonly expiry?: string;
  readonly split?: boolean;
  readonly hint?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
  readonly views?: number;
  readonly name?: string;
  readonly message?: string;
  readonly callbackUrl?: string;
  readonly callbackSecretFile?: string;
  readonly link?: LinkVersion;
}

export type CreateContext = Context<CreateFlags>;

/** Creates a secret from stdin, or from a hidden prompt when stdin is a terminal. */
export async function create(context: CreateContext): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  requireOutput(flags, terminal);
  const settings = await loadSettings(flags, terminal, reporter);
  const link = linkVersion(flags.link, settings);
  const expiry = await expiryMinutes(flags, settings, reporter);
  const { views, timeout } = flags;
  const connection = await connectionTo(settings.server, flags, terminal);
  const { fetch, clock } = withServerClock(connection.fetch);
  const callback = await callbackOptions(flags, terminal);
  const passphraseFromFile =
    flags.passphraseFile === undefined
      ? undefined
      : await readSecretFile(flags.passphraseFile, 'passphrase', terminal);

  const options = {
    server: settings.server,
    apiKey: settings.apiKey,
    fetch,
    timeout,
    signal: terminal.interrupt,
    link,
    expiry: `${expiry}m`,
    split: flags.split ?? false,
    ...given('hint', flags.hint),
    ...given('views', views),
    ...given('name', flags.name),
    ...given('message', flags.message),
    ...callback,
  };
  // A secret that was typed would be lost to an option that is wrong. Any passphrase will do for the check.
  const passphraseToCome = passphraseFromFile ?? (flags.passphrase ? 'passphrase' : undefined);
  checkCreateOptions({ ...options, ...given('passphrase', passphraseToCome) });
  const secret = await obtainSecret(link, terminal);
  const passphrase =
    passphraseFromFile ??
    (flags.passphrase ? await choosePassphrase(terminal, 'give it with --passphrase-file') : undefined);
  const creating = createSecret(secret, { ...options, ...given('passphrase', passphrase) });
  const created = await reporter.waitFor(
    `waiting for ${new URL(settings.server).host}`,
    withServerAdvice(creating, settings),
  );
  // An interrupt ends neither this request nor the wait for it: the secret has to go.
  const revoke = () => revokeSecret(withKey(created), { fetch, timeout, ...given('passphrase', passphrase) });
  await handOut(created, context, link === 'v1' ? null : revoke);
  for (const warning of created.warnings ?? []) await reporter.warn(warning);
  await reporter.info(summary(created, views ?? 1, clock));
  return EXIT.done;
}

/** A link that goes to a stdout which is closed, and nowhere else, would be lost. */
function requireOutput({ copy, qr }: CreateFlags, { stdout }: Terminal): void {
  if (copy || qr || !stdout.wasClosed) return;
  throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', 'stdout is closed: nobody would get the link', {
    advice: 'nothing was sent: give it a file or a pipe',
  });
}

/** The URL that the server calls when something happened, and the secret that it signs the call with. */
export async function callbackOptions(
  { callbackUrl, callbackSecretFile }: Pick<CreateFlags, 'callbackUrl' | 'callbackSecretFile'>,
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

/** The variable's value with its white space, which is part of the secret that the receiver has too. */
function secretFromEnvironment({ env }: Terminal): string | undefined {
  return variable(env, 'ZEPHR_CALLBACK_SECRET') === undefined ? undefined : env.ZEPHR_CALLBACK_SECRET;
}

/** The link as its reader needs it. */
function withKey(created: SecretLink): LinkOrPair {
  return created.mode === 'split' ? { url: created.url, key: created.key } : created.fullLink;
}

function summary({ mode, expiresAt }: SecretLink, views: number, clock: ServerClock): string {
  const what = mode === 'split' ? 'the URL and the key together' : 'the link';
  const times = views === 1 ? 'once' : `${views} times`;
  const expiry = timeInWords(clock.toLocal(Date.parse(expiresAt)), Date.now());
  return `${what} can be read ${times}; it expires ${expiry}`;
}

/**
 * The secret from stdin or from a hidden prompt, no larger than a link of this version can carry.
 * @param advice what to do where there is none.
 */
export async function obtainSecret(
  link: LinkVersion,
  terminal: Terminal,
  advice = 'pipe a secret in: printf %s "$PASSWORD" | zephr',
): Promise<Uint8Array> {
  const limit = link === 'v1' ? maxSecretBytesV1(MAX_V1_BLOB_LENGTH) : maxSecretBytesV2(MAX_BLOB_LENGTH);
  const secret = terminal.stdin.isTerminal
    ? await askForSecret(terminal, advice)
    : await readAll(terminal, limit);
  if (secret.every(isWhitespace)) {
    throw usageError(
      secret.length === 0 ? 'the secret is empty' : 'the secret is nothing but white space',
      advice,
    );
  }
  return secret;
}

async function askForSecret(terminal: Terminal, advice: string): Promise<Uint8Array> {
  const missing = { message: 'there is no secret', advice };
  return new TextEncoder().encode(await askHidden(terminal, 'Secret (hidden)', missing));
}

async function expiryMinutes(flags: CreateFlags, settings: Settings, reporter: Reporter): Promise<number> {
  const { minutes, hoursSpelling } = readExpiry(flags, settings);
  if (hoursSpelling !== undefined) {
    const number = hoursSpelling.slice(0, -1);
    await reporter.warn(`an expiry of ${number} means hours, as in older documents: write ${hoursSpelling}`);
  }
  return minutes;
}

function readExpiry({ expiry: flag }: CreateFlags, { expiry }: Settings): Expiry {
  if (flag !== undefined) return parseExpiry(flag.trim());
  return expiry === undefined ? { minutes: DEFAULT_EXPIRY_MINUTES } : checkSetting(expiry, parseExpiry);
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** An object with the value under `key`, or without it where the value is undefined. */
export function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
