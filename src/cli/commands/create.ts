/** `zephr`: read a secret, seal it, print the link. */

import { type CreatedSecret, createSecret } from '../../client/create.js';
import { parseExpiry } from '../../core/expiry.js';
import { DEFAULT_EXPIRY_MINUTES, DEFAULT_SERVER, MAX_BLOB_LENGTH } from '../../core/limits.js';
import { maxSecretBytesV1 } from '../../core/seal-v1.js';
import { maxSecretBytesV2 } from '../../core/seal-v2.js';
import { usageError } from '../exit.js';
import { readSecretFile } from '../link-input.js';
import { nodeFetch } from '../node-fetch.js';
import { type CommonFlags, loadSettings, timeoutMs } from '../settings.js';
import { readAll } from '../stdin.js';
import type { Talk } from '../talk.js';
import type { Terminal } from '../terminal.js';

export interface CreateFlags extends CommonFlags {
  readonly expiry?: string;
  readonly split?: boolean;
  readonly hint?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
  readonly views?: string;
  readonly name?: string;
  readonly message?: string;
  readonly link?: string;
}

/** Creates a secret from stdin, or from a hidden prompt when stdin is a terminal. */
export async function create(flags: CreateFlags, terminal: Terminal, talk: Talk): Promise<void> {
  const settings = await loadSettings(flags, terminal, talk);
  const link = linkVersion(flags.link ?? settings.link, settings.server);
  const expiry = await expiryMinutes(flags.expiry ?? settings.expiry, talk);
  const views = flags.views === undefined ? undefined : wholeNumber(flags.views, 'views');
  const timeout = timeoutMs(flags);
  const passphraseFromFile =
    flags.passphraseFile === undefined ? undefined : await readSecretFile(flags.passphraseFile, 'passphrase');

  const secret = await readSecret(link, terminal);
  const passphrase = passphraseFromFile ?? (flags.passphrase ? await choosePassphrase(terminal) : undefined);
  const created = await createSecret(secret, {
    server: settings.server,
    apiKey: settings.apiKey,
    fetch: nodeFetch,
    timeout,
    link,
    expiry,
    split: flags.split ?? false,
    ...given('hint', flags.hint),
    ...given('passphrase', passphrase),
    ...given('views', views),
    ...given('name', flags.name),
    ...given('message', flags.message),
  });
  await terminal.stdout.write(flags.json ? `${JSON.stringify(created)}\n` : plain(created));
  await terminal.stdout.flush();
  await talk.say(summary(created, views ?? 1));
}

function plain(created: CreatedSecret): string {
  return created.mode === 'split' ? `${created.url}\n${created.key}\n` : `${created.fullLink}\n`;
}

function summary({ mode, expiresAt }: CreatedSecret, views: number): string {
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
  const { askHidden } = await import('../prompt.js');
  const missing = { message: 'there is no secret', hint: 'pipe one in: printf %s "$PASSWORD" | zephr' };
  return new TextEncoder().encode(await askHidden(terminal, 'Secret (hidden)', missing));
}

/** Asks twice: a mistyped passphrase would lock the reader out. */
async function choosePassphrase(terminal: Terminal): Promise<string> {
  const { askHidden } = await import('../prompt.js');
  const missing = {
    message: 'there is no terminal to ask for the passphrase',
    hint: 'give it with --passphrase-file',
  };
  const first = await askHidden(terminal, 'Passphrase', missing);
  if (first === '') throw usageError('the passphrase is empty');
  if ((await askHidden(terminal, 'Passphrase again', missing)) !== first) {
    throw usageError('the two passphrases differ', 'nothing was sent: run it again');
  }
  return first;
}

function linkVersion(link: string | undefined, server: string): 'v1' | 'v2' {
  if (link === undefined) return server === DEFAULT_SERVER ? 'v1' : 'v2';
  if (link !== 'v1' && link !== 'v2') throw usageError('the link version is not v1 or v2');
  return link;
}

async function expiryMinutes(text: string | undefined, talk: Talk): Promise<number> {
  if (text === undefined) return DEFAULT_EXPIRY_MINUTES;
  const { minutes, hoursSpelling } = parseExpiry(text.trim());
  if (hoursSpelling !== undefined) {
    await talk.warn(`an expiry of ${text} is taken for hours, as older documents do: write ${hoursSpelling}`);
  }
  return minutes;
}

function wholeNumber(text: string, option: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw usageError(`--${option} is not a whole number`);
  return Number(text);
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** A member only where there is a value: absent and undefined are not the same. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
