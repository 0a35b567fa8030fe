/** `zephr`: read a secret, seal it, print the link. */

import { checkCreateOptions, createSecret, type SecretLink } from '../../../client/create/create.js';
import type { CreateSecretOptions } from '../../../client/create/options.js';
import { revokeSecret, secretStatus } from '../../../client/status.js';
import { DEFAULT_EXPIRY_MINUTES, type Expiry, parseExpiry } from '../../../core/expiry.js';
import type { LinkOrPair } from '../../../core/links/link-or-pair.js';
import type { LinkVersion } from '../../../core/protocol/link-versions.js';
import { type ServerClock, withServerClock } from '../../../net/server-clock.js';
import { CliError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { readSecretFile } from '../../files/secret-file.js';
import type { Context } from '../../parser/command.js';
import { type GateFlags, gatesOf } from '../../parser/gate-options.js';
import type { LinkOptions } from '../../parser/link.js';
import { recordSent } from '../../sent/append.js';
import type { SentSecret } from '../../sent/record.js';
import { type Ask, exitOf, waitForEnd } from '../../sent/wait.js';
import { untilOf } from '../../sent/waiting.js';
import { connectionTo } from '../../settings/connection.js';
import {
  type CommonFlags,
  checkSetting,
  keepsRecord,
  linkVersion,
  loadSettings,
  type Settings,
  withServerAdvice,
} from '../../settings/settings.js';
import { variable } from '../../terminal/environment.js';
import { choosePassphrase } from '../../terminal/prompt.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import type { SecretPlaceFlags } from '../../vault/flags.js';
import { type HandOutFlags, handOut } from './hand-out.js';
import type { LargeSend } from './large.js';
import { type Given, type SecretFlags, takeSecret } from './secret.js';

/** Longest memo, in characters. */
const MAX_MEMO = 1_000;

export interface CreateFlags extends GateFlags, HandOutFlags, SecretFlags {
  readonly expiry?: string;
  readonly split?: boolean;
  readonly hint?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
  readonly views?: number;
  readonly message?: string;
  /** The name of a secret in the vault. */
  readonly fromVault?: string;
  readonly callbackUrl?: string;
  readonly callbackSecretFile?: string;
  readonly link?: LinkVersion;
  readonly memo?: string;
  /** False for `--no-record`. */
  readonly record?: boolean;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly for?: number;
}

export type CreateContext = Context<CreateFlags & SecretPlaceFlags>;

/**
 * Creates a secret from stdin, from a hidden prompt when stdin is a terminal, or from files.
 * @param takesText whether stdin is the text beside files.
 */
export async function create(context: CreateContext, takesText: boolean): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  requireOutput(flags, terminal);
  checkMemo(flags);
  const settings = await loadSettings(flags, terminal, reporter);
  const isListed = flags.record !== false && keepsRecord(settings);
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
    ...given('message', flags.message),
    ...given('gates', gatesOf(flags)),
    ...callback,
  };
  // A secret that was typed would be lost to an option that is wrong. Any passphrase will do for the check.
  const passphraseToCome = passphraseFromFile ?? (flags.passphrase ? 'passphrase' : undefined);
  await checkCreateOptions({
    ...options,
    ...given('name', flags.name),
    ...given('passphrase', passphraseToCome),
    ...given('attachments', flags.attach && []),
  });
  const { secret, sources, name } = await secretFor(context, takesText, link);
  const passphrase =
    passphraseFromFile ??
    (flags.passphrase ? await choosePassphrase(terminal, 'give it with --passphrase-file') : undefined);
  const all = { ...options, ...given('name', name), ...given('passphrase', passphrase) };
  const isSmall = sources === null && secret instanceof Uint8Array;
  const creating = isSmall ? createSmall(secret, all) : createLarge({ secret, sources }, all, context);
  const advised = withServerAdvice(creating, settings);
  const { host } = new URL(settings.server);
  // Files have a progress of their own.
  const { sent: created, finish } = await (isSmall
    ? reporter.waitFor(`waiting for ${host}`, advised)
    : advised);
  // An interrupt ends neither this request nor the wait for it: the secret has to go.
  const withPassphrase = { fetch, timeout, ...given('passphrase', passphrase) };
  const revoke = () => revokeSecret(created.receiptLink ?? withKey(created), withPassphrase);
  const canRevoke = link !== 'v1' || created.receiptLink !== undefined;
  try {
    await handOut(created, context, canRevoke ? revoke : null);
  } finally {
    await finish();
  }
  if (isListed) {
    const terms = { server: settings.server, views: views ?? 1, ...given('hint', flags.hint) };
    await addToList(created, terms, context);
  }
  for (const warning of created.warnings ?? []) await reporter.warn(warning);
  await reporter.info(summary(created, views ?? 1, clock));
  if (!flags.wait) return EXIT.done;
  return waitForReaders(created, withPassphrase, context);
}

/** What is sent: a secret of the vault, or what {@link takeSecret} takes. */
async function secretFor(context: CreateContext, takesText: boolean, link: LinkVersion): Promise<Given> {
  const { flags, terminal } = context;
  if (flags.fromVault === undefined) return takeSecret(flags, takesText, link, terminal);
  const { secretFromVault } = await import('./from-vault.js');
  return { secret: await secretFromVault(flags.fromVault, context), sources: null, name: flags.name };
}

/** What is to go with the line of the list, which `--no-record` leaves out. */
export function checkMemo({ memo, record }: Pick<CreateFlags, 'memo' | 'record'>): void {
  if (memo === undefined) return;
  if (record === false) throw usageError('--memo is for the list, and --no-record keeps nothing in it');
  if (memo.length > MAX_MEMO) throw usageError(`the memo is longer than ${MAX_MEMO} characters`);
}

/** Adds a secret, or an answer to a request, to the list of what was sent from here. Its key is not in it. */
export async function addToList(
  { secretId: id, receiptLink, expiresAt }: Pick<SecretLink, 'secretId' | 'receiptLink' | 'expiresAt'>,
  { server, ...terms }: Pick<SentSecret, 'server' | 'views' | 'hint' | 'request'>,
  {
    flags,
    terminal,
    now,
  }: Pick<Context<CommonFlags & Pick<CreateFlags, 'memo'>>, 'flags' | 'terminal' | 'now'>,
): Promise<void> {
  const receipt = receiptLink?.slice(receiptLink.lastIndexOf('.') + 1);
  const createdAt = new Date(now()).toISOString();
  const place = { kind: 'secret', server, id, ...given('receipt', receipt) } as const;
  await recordSent({ ...place, createdAt, expiresAt, ...terms, ...given('memo', flags.memo) }, terminal);
}

/** Waits until no more reads can come, and ends with what that came to. */
async function waitForReaders(
  created: SecretLink,
  options: Pick<LinkOptions, 'fetch' | 'timeout' | 'passphrase'>,
  { flags, terminal, reporter, now }: CreateContext,
): Promise<ExitCode> {
  const from = created.receiptLink ?? withKey(created);
  const { interrupt } = terminal;
  const ask: Ask = (seen, wait) =>
    secretStatus(from, { ...options, signal: interrupt, wait, ...given('seen', seen) });
  const until = untilOf(flags, now);
  const waited = await reporter.waitFor(
    'waiting for its readers',
    waitForEnd(ask, { interrupt, reporter, now, until }),
  );
  await reporter.info(waited.isOver ? 'it still waits for a reader' : `it ended: ${waited.status.state}`);
  return exitOf(waited);
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

async function createSmall(secret: Uint8Array, options: CreateSecretOptions): Promise<LargeSend<SecretLink>> {
  return { sent: await createSecret(secret, options), finish: async () => undefined };
}

/** Loaded with the code for files. */
async function createLarge(
  what: Pick<Given, 'secret' | 'sources'>,
  options: CreateSecretOptions,
  context: CreateContext,
): Promise<LargeSend<SecretLink>> {
  const { createFromSources } = await import('./large.js');
  return createFromSources(what, options, context);
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

/** An object with the value under `key`, or without it where the value is undefined. */
export function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
