/** Creating: seal here, send the sealed blob, hand back the link. */

import { encodeUtf8 } from '../core/bytes.js';
import { ValidationError } from '../core/errors.js';
import { parseExpiry } from '../core/expiry.js';
import { formatKey, generateKey, type LinkKey, type Version } from '../core/key.js';
import { DEFAULT_EXPIRY_MINUTES, DEFAULT_SERVER, MAX_BLOB_LENGTH, MAX_VIEWS } from '../core/limits.js';
import { formatAddress, formatLink, parseServer } from '../core/link.js';
import { sealV1 } from '../core/seal-v1.js';
import { proofHash, sealV2, unlockKey } from '../core/seal-v2.js';
import { parseCreatedReply } from '../core/wire-replies.js';
import { type CreateBody, HEADERS, isHint } from '../core/wire-requests.js';
import { believe } from './believe.js';
import { send, type TransportOptions } from './transport.js';

export interface CreateOptions extends TransportOptions {
  /** The server's URL, https (http for loopback only). Default `https://zephr.io`. */
  readonly server?: string;
  /** Until when it can be read: minutes (1 to 43,200), or `'5m'`, `'1h'`, `'7d'`. Default one hour. */
  readonly expiry?: number | string;
  /** Hand out URL and key apart, for two channels. Default false. */
  readonly split?: boolean;
  /** A label in clear text for the server and its webhooks: 1 to 128 printable ASCII characters. */
  readonly hint?: string;
  /** `zeph_…`; null or missing is anonymous. */
  readonly apiKey?: string | null;
  /** https address that is told when the secret was read; with `callbackSecret`. */
  readonly callbackUrl?: string;
  /** Signs the webhooks, 1 to 256 characters; with `callbackUrl`. */
  readonly callbackSecret?: string;
  /** 1 to 64 letters, digits or hyphens; default a random UUID. The same key with another secret is refused (409). */
  readonly idempotencyKey?: string;
  /** The link's version. Default `v1` for `https://zephr.io`, `v2` elsewhere. */
  readonly link?: 'v1' | 'v2';
  /** A second factor the reader must know; version 2. */
  readonly passphrase?: string;
  /** How many readers, 1 to 1,000; version 2. Default 1. */
  readonly views?: number;
  /** A file name for the reader, encrypted; version 2. */
  readonly name?: string;
  /** A message to the reader, encrypted; version 2. */
  readonly message?: string;
}

/** A created secret: one link, or URL and key for two channels. */
export type CreatedSecret = {
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
  readonly secretId: string;
} & (
  | { readonly mode: 'standard'; readonly fullLink: string }
  | { readonly mode: 'split'; readonly url: string; readonly key: string }
);

/**
 * Seals a secret, stores the sealed blob on the server and gives the link.
 * @param secret a string (sent as UTF-8) or bytes; not empty.
 * @throws ValidationError for what is wrong with the input, before anything is sent.
 * @throws ApiError when the server refuses; NetworkError when it could not be asked or is no such server.
 */
export async function createSecret(
  secret: string | Uint8Array,
  options: CreateOptions = {},
): Promise<CreatedSecret> {
  const content = contentOf(secret);
  const server = parseServer(options.server ?? DEFAULT_SERVER);
  const version = pickVersion(server, options);
  const headers = requestHeaders(options);
  const terms = requestTerms(options);
  const key = generateKey(version, options.passphrase !== undefined);
  const sealed = await seal(content, key, options);
  if (sealed.encrypted_blob.length > MAX_BLOB_LENGTH) {
    throw new ValidationError('the secret is larger than any server takes', 'SECRET_TOO_LARGE');
  }

  const url = `${server}/api/secrets`;
  const body = JSON.stringify({ ...sealed, ...terms } satisfies CreateBody);
  const { json } = await send({ method: 'POST', url, headers, body }, options);
  const { id, expires_at: expiresAt } = believe(url, () => parseCreatedReply(json, version));

  const common = { expiresAt, secretId: id };
  return options.split
    ? { mode: 'split', url: formatAddress({ server, id }), key: formatKey(key), ...common }
    : { mode: 'standard', fullLink: formatLink({ server, id, key }), ...common };
}

/** The bytes to seal: exactly those that were given. */
function contentOf(secret: string | Uint8Array): Uint8Array {
  if (typeof secret !== 'string') {
    if (!(secret instanceof Uint8Array)) {
      throw new ValidationError('the secret is neither a string nor a Uint8Array', 'INVALID_SECRET');
    }
    if (secret.length === 0) throw new ValidationError('the secret is empty', 'EMPTY_SECRET');
    return secret;
  }
  if (secret.trim() === '') {
    throw new ValidationError('the secret is empty or nothing but white space', 'EMPTY_SECRET');
  }
  // A lone surrogate has no UTF-8: it would come back as another character.
  if (/\p{Surrogate}/u.test(secret)) {
    throw new ValidationError('the secret is not well-formed Unicode: send its bytes', 'INVALID_SECRET');
  }
  return encodeUtf8(secret);
}

/** The link version: as asked, else what the server is known to speak. */
function pickVersion(server: string, options: CreateOptions): Version {
  const { link, passphrase, views, name, message } = options;
  if (link !== undefined && link !== 'v1' && link !== 'v2') {
    throw new ValidationError('the link version is not v1 or v2', 'INVALID_LINK_VERSION');
  }
  const version = (link ?? (server === DEFAULT_SERVER ? 'v1' : 'v2')) === 'v1' ? 1 : 2;
  const beyond = { passphrase, views, name, message };
  const wanted = Object.entries(beyond).find(([, value]) => value !== undefined);
  if (version === 1 && wanted !== undefined) {
    throw new ValidationError(`${wanted[0]} needs a version 2 link`, 'NEEDS_VERSION_2');
  }
  return version;
}

function requestHeaders({ apiKey, idempotencyKey }: CreateOptions): Record<string, string> {
  if (idempotencyKey !== undefined && !/^[A-Za-z0-9-]{1,64}$/.test(idempotencyKey)) {
    throw new ValidationError(
      'the idempotency key is not 1 to 64 letters, digits or hyphens',
      'INVALID_IDEMPOTENCY_KEY',
    );
  }
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    [HEADERS.idempotencyKey]: idempotencyKey ?? crypto.randomUUID(),
  };
  if (apiKey !== undefined && apiKey !== null) {
    if (!/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new ValidationError('the API key is blank or holds characters no API key has', 'INVALID_API_KEY');
    }
    headers.Authorization = `Bearer ${apiKey}`;
  }
  return headers;
}

/** Everything the server is told in clear. */
function requestTerms(options: CreateOptions): Omit<CreateBody, 'encrypted_blob'> {
  const { expiry = DEFAULT_EXPIRY_MINUTES, hint, callbackUrl, callbackSecret, views } = options;
  if (hint !== undefined && !isHint(hint)) {
    throw new ValidationError('the hint is not 1 to 128 printable ASCII characters', 'INVALID_HINT');
  }
  if (views !== undefined && !(Number.isInteger(views) && views >= 1 && views <= MAX_VIEWS)) {
    throw new ValidationError(`the number of readers is not 1 to ${MAX_VIEWS}`, 'INVALID_VIEWS');
  }
  checkCallback(callbackUrl, callbackSecret);
  return {
    expiry: typeof expiry === 'string' ? parseExpiry(expiry).minutes : parseExpiry(`${expiry}m`).minutes,
    split_url_mode: options.split ?? false,
    ...(hint === undefined ? {} : { hint }),
    ...(views === undefined ? {} : { views }),
    ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
    ...(callbackSecret === undefined ? {} : { callback_secret: callbackSecret }),
  };
}

/** What no server takes. Whether http will do, and which addresses, is for each server to say. */
function checkCallback(url: string | undefined, secret: string | undefined): void {
  const fault = (message: string) => new ValidationError(message, 'INVALID_CALLBACK');
  if ((url === undefined) !== (secret === undefined)) {
    throw fault('a callback needs both its URL and its secret');
  }
  if (url === undefined || secret === undefined) return;
  if (url.length > 2048) throw fault('the callback is longer than 2,048 characters');
  if (!URL.canParse(url)) throw fault('the callback is not a URL');
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') throw fault('the callback is not an https URL');
  if (username !== '' || password !== '') {
    throw fault('the callback has a user name or password in its URL');
  }
  if (secret.length < 1 || secret.length > 256) {
    throw fault('the callback secret is not 1 to 256 characters long');
  }
}

async function seal(
  content: Uint8Array,
  key: LinkKey,
  options: CreateOptions,
): Promise<Pick<CreateBody, 'encrypted_blob' | 'version' | 'proof_hash'>> {
  if (key.version === 1) return { encrypted_blob: await sealV1(content, key) };
  const { passphrase, name, message } = options;
  const unlocked = await unlockKey(key, passphrase);
  const meta = { ...(name === undefined ? {} : { name }), ...(message === undefined ? {} : { message }) };
  return {
    encrypted_blob: await sealV2(content, meta, unlocked),
    version: 2,
    proof_hash: await proofHash(unlocked),
  };
}
