/** The options of a create, and their checks, before anything is sent. */

import { encodeUtf8 } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import { DEFAULT_EXPIRY_MINUTES, parseExpiry } from '../../core/expiry.js';
import type { Version } from '../../core/key.js';
import { MAX_VIEWS } from '../../core/protocol/limits.js';
import { defaultLinkVersion, isLinkVersion, protocolVersion } from '../../core/protocol/link-versions.js';
import {
  type CallbackSecretProblem,
  type CallbackUrlProblem,
  type CreateBody,
  callbackSecretProblem,
  callbackUrlProblem,
  HEADERS,
  isHint,
  isIdempotencyKey,
  isViews,
  MAX_CALLBACK_SECRET_LENGTH,
} from '../../core/protocol/requests.js';
import { webCrypto } from '../../core/web-crypto.js';
import { apiKeyHeaders } from '../authorization.js';
import type { Attachment, Content } from '../files/content.js';
import type { TransportOptions } from '../transport/send.js';
import type { SecretGates } from './gates.js';

/** An option that breaks its rule is a ValidationError with the code named here, before anything is sent. */
export interface CreateSecretOptions extends TransportOptions {
  /** The server's URL: https, or http for a loopback host. Default `https://zephr.io`. `INVALID_SERVER` */
  server?: string;
  /**
   * How long it can be read: `'5m'`, `'1h'`, `'7d'`, or whole minutes, 1 to 525,600. The bare numbers 1, 24, 168 and 720
   * are hours, as they were in zephr 1. Default 60. A server may allow a caller less. `INVALID_EXPIRY`
   */
  expiry?: number | string;
  /** Gives URL and key apart, for two channels. Default false. `INVALID_SPLIT` */
  split?: boolean;
  /** A label that the server and its webhooks see: 1 to 128 printable ASCII characters. Default none. `INVALID_HINT` */
  hint?: string;
  /** `zeph_…`, sent to `server`. Null, the default, is anonymous; blank is refused. `INVALID_API_KEY` */
  apiKey?: string | null;
  /**
   * The https URL that gets a webhook when the secret was read, has expired or was revoked; together with
   * `callbackSecret`. `INVALID_CALLBACK`
   */
  callbackUrl?: string;
  /** Signs these webhooks (HMAC-SHA256), 1 to 256 characters; together with `callbackUrl`. `INVALID_CALLBACK` */
  callbackSecret?: string;
  /**
   * 1 to 64 letters, digits or hyphens; default a random UUID, with which the tries of one call are safe. Another call
   * seals anew, so that the same key again is an ApiError: 409 `IDEMPOTENCY_KEY_REUSED`. `INVALID_IDEMPOTENCY_KEY`
   */
  idempotencyKey?: string;
  /** The link's version. Default `v1` for `https://zephr.io`, `v2` elsewhere. `INVALID_LINK_VERSION` */
  link?: 'v1' | 'v2';
  /** A second factor the reader must know; not empty. Version 2. `PASSPHRASE_REQUIRED`, `INVALID_PASSPHRASE` */
  passphrase?: string;
  /** How many readers it can have, 1 to 1,000. Default 1. Version 2. `INVALID_VIEWS` */
  views?: number;
  /** A file's base name for the reader, encrypted. Default none. Version 2. `INVALID_META` */
  name?: string;
  /** A message to the reader, encrypted; with `name` at most 65,535 bytes. Default none. Version 2. `INVALID_META` */
  message?: string;
  /**
   * Files of any size that the server takes, 1 to 100, encrypted with their names. The secret is then the text that goes
   * with them, and may be empty. Default none. Version 2. `INVALID_META` for a name, `INVALID_SECRET` for a content
   */
  attachments?: readonly Attachment[];
  /** What readers must pass besides the key. Default nothing. Version 2. `INVALID_GATES`, `GATE_NOT_OFFERED` */
  gates?: SecretGates;
  /**
   * Is called while files are sent, or content that is too large for a blob, with the bytes that the server has: in the
   * end somewhat more than they are, for their length is padded.
   */
  onProgress?: (sentBytes: number) => void;
}

/** A secret: a string, sealed as UTF-8, or bytes of any number. */
export type SecretContent = string | Content;

/** The bytes to seal: exactly those that were given, or those of the string in UTF-8. */
export function contentOf(secret: string | Uint8Array): Uint8Array {
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
  // UTF-8 has no lone surrogates: one would come back as another character.
  if (/\p{Surrogate}/u.test(secret)) {
    throw new ValidationError('the secret is not well-formed Unicode: send its bytes', 'INVALID_SECRET');
  }
  return encodeUtf8(secret);
}

/** The protocol version of the link that was asked for, or of the server's default one. */
export function pickVersion(server: string, options: CreateSecretOptions): Version {
  const { link, passphrase, views, name, message, attachments, gates } = options;
  if (link !== undefined && !isLinkVersion(link)) {
    throw new ValidationError('the link version is not v1 or v2', 'INVALID_LINK_VERSION');
  }
  const version = protocolVersion(link ?? defaultLinkVersion(server));
  const needing2 = { passphrase, views, name, message, attachments, gates };
  const wanted = Object.entries(needing2).find(([, value]) => value !== undefined);
  if (version === 1 && wanted !== undefined) {
    throw new ValidationError(`${wanted[0]} needs a version 2 link`, 'NEEDS_VERSION_2');
  }
  return version;
}

/** The headers of a request that makes something new. */
export function requestHeaders({
  apiKey,
  idempotencyKey,
}: Pick<CreateSecretOptions, 'apiKey' | 'idempotencyKey'>): Record<string, string> {
  if (idempotencyKey !== undefined && !(isText(idempotencyKey) && isIdempotencyKey(idempotencyKey))) {
    throw new ValidationError(
      'the idempotency key is not 1 to 64 letters, digits or hyphens',
      'INVALID_IDEMPOTENCY_KEY',
    );
  }
  return {
    'Content-Type': 'application/json',
    [HEADERS.idempotencyKey]: idempotencyKey ?? webCrypto().randomUUID(),
    ...apiKeyHeaders(apiKey),
  };
}

/** What the server is told in clear text, but for gates: a server is asked for those first. */
export function requestTerms(options: CreateSecretOptions): Omit<CreateBody, 'encrypted_blob'> {
  const { hint, callbackUrl, callbackSecret, views } = options;
  const expiry = options.expiry ?? DEFAULT_EXPIRY_MINUTES;
  const split = options.split ?? false;
  if (typeof split !== 'boolean') throw new ValidationError('split is not true or false', 'INVALID_SPLIT');
  if (hint !== undefined && !(isText(hint) && isHint(hint))) {
    throw new ValidationError('the hint is not 1 to 128 printable characters', 'INVALID_HINT');
  }
  if (views !== undefined && !isViews(views)) {
    throw new ValidationError(`the number of readers is not 1 to ${MAX_VIEWS}`, 'INVALID_VIEWS');
  }
  checkCallback(callbackUrl, callbackSecret);
  return {
    expiry: parseExpiry(String(expiry)).minutes,
    split_url_mode: split,
    ...(hint === undefined ? {} : { hint }),
    ...(views === undefined ? {} : { views }),
    ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
    ...(callbackSecret === undefined ? {} : { callback_secret: callbackSecret }),
  };
}

const CALLBACK_URL_PROBLEMS: Readonly<Record<CallbackUrlProblem, string>> = {
  'too long': 'the callback is longer than 2,048 characters',
  'not a URL': 'the callback is not a URL',
  'wrong protocol': 'the callback is not an https URL',
  'has a user': 'the callback has a user name or password in its URL',
};

const CALLBACK_SECRET_PROBLEMS: Readonly<Record<CallbackSecretProblem, string>> = {
  'wrong length': `the callback secret is not 1 to ${MAX_CALLBACK_SECRET_LENGTH} characters long`,
  'not storable': 'the callback secret holds a zero character or half of a character',
};

/** Throws for what no server takes. Each server decides whether it takes http, and which addresses it calls. */
export function checkCallback(url: string | undefined, secret: string | undefined): void {
  const invalid = (message: string) => new ValidationError(message, 'INVALID_CALLBACK');
  if ((url === undefined) !== (secret === undefined)) {
    throw invalid('a callback needs both its URL and its secret');
  }
  if (url === undefined || secret === undefined) return;
  if (!isText(url) || !isText(secret)) throw invalid('the callback and its secret are not both strings');
  const urlProblem = callbackUrlProblem(url, ['https:', 'http:']);
  if (urlProblem !== null) throw invalid(CALLBACK_URL_PROBLEMS[urlProblem]);
  const secretProblem = callbackSecretProblem(secret);
  if (secretProblem !== null) throw invalid(CALLBACK_SECRET_PROBLEMS[secretProblem]);
}

/** The types say so too, but callers in plain JavaScript can pass anything. */
function isText(value: unknown): value is string {
  return typeof value === 'string';
}
