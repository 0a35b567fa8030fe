/** Creating: seals a secret here, sends the sealed blob, and gives the link. */

import { encodeUtf8 } from '../core/bytes.js';
import { proofHash, unlockKey } from '../core/crypto/key-schedule.js';
import { encodeMeta, type Meta } from '../core/crypto/meta.js';
import { sealV1 } from '../core/crypto/seal-v1.js';
import { sealV2 } from '../core/crypto/seal-v2.js';
import { ValidationError } from '../core/errors.js';
import { DEFAULT_EXPIRY_MINUTES, parseExpiry } from '../core/expiry.js';
import { formatKey, generateKey, type LinkKey, type Version } from '../core/key.js';
import { formatAddress, formatLink, parseServer } from '../core/link.js';
import { DEFAULT_SERVER, MAX_BLOB_LENGTH, MAX_VIEWS } from '../core/protocol/limits.js';
import { defaultLinkVersion, isLinkVersion, protocolVersion } from '../core/protocol/link-versions.js';
import { parseCreatedReply } from '../core/protocol/replies.js';
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
} from '../core/protocol/requests.js';
import { apiKeyHeaders } from './authorization.js';
import { checkReply } from './transport/network-errors.js';
import { send, type TransportOptions } from './transport/send.js';

/** An option that breaks its rule is a ValidationError with the code named here, before anything is sent. */
export interface CreateSecretOptions extends TransportOptions {
  /** The server's URL: https, or http for a loopback host. Default `https://zephr.io`. `INVALID_SERVER` */
  readonly server?: string;
  /**
   * How long it can be read: whole minutes, 1 to 43,200, or `'5m'`, `'1h'`, `'7d'`. Default 60. A server may allow a
   * caller less. `INVALID_EXPIRY`
   */
  readonly expiry?: number | string;
  /** Gives URL and key apart, for two channels. Default false. `INVALID_SPLIT` */
  readonly split?: boolean;
  /** A label that the server and its webhooks see: 1 to 128 printable ASCII characters. Default none. `INVALID_HINT` */
  readonly hint?: string;
  /** `zeph_…`, sent to `server`. Null, the default, is anonymous; blank is refused. `INVALID_API_KEY` */
  readonly apiKey?: string | null;
  /**
   * The https URL that gets a webhook when the secret was read, has expired or was revoked; together with
   * `callbackSecret`. `INVALID_CALLBACK`
   */
  readonly callbackUrl?: string;
  /** Signs these webhooks (HMAC-SHA256), 1 to 256 characters; together with `callbackUrl`. `INVALID_CALLBACK` */
  readonly callbackSecret?: string;
  /**
   * 1 to 64 letters, digits or hyphens; default a random UUID, with which the tries of one call are safe. Another call
   * seals anew, so that the same key again is an ApiError: 409 `IDEMPOTENCY_KEY_REUSED`. `INVALID_IDEMPOTENCY_KEY`
   */
  readonly idempotencyKey?: string;
  /** The link's version. Default `v1` for `https://zephr.io`, `v2` elsewhere. `INVALID_LINK_VERSION` */
  readonly link?: 'v1' | 'v2';
  /** A second factor the reader must know; not empty. Version 2. `PASSPHRASE_REQUIRED`, `INVALID_PASSPHRASE` */
  readonly passphrase?: string;
  /** How many readers it can have, 1 to 1,000. Default 1. Version 2. `INVALID_VIEWS` */
  readonly views?: number;
  /** A file's base name for the reader, encrypted. Default none. Version 2. `INVALID_META` */
  readonly name?: string;
  /** A message to the reader, encrypted; with `name` at most 65,535 bytes. Default none. Version 2. `INVALID_META` */
  readonly message?: string;
}

interface Created {
  /** Until when the secret can be read: ISO 8601, UTC. */
  readonly expiresAt: string;
  /** The server's id of the secret: 22 characters of base64url. Opens nothing by itself. */
  readonly secretId: string;
}

/** A secret behind one link. */
export interface StandardLink extends Created {
  readonly mode: 'standard';
  /** `{server}/secret/{id}#{key}`. It is all that reading needs, but for the passphrase where there is one. */
  readonly fullLink: string;
  readonly url?: undefined;
  readonly key?: undefined;
}

/** A secret behind URL and key, for two channels. */
export interface SplitLink extends Created {
  readonly mode: 'split';
  readonly fullLink?: undefined;
  /** `{server}/secret/{id}`: opens nothing by itself. */
  readonly url: string;
  /** Opens nothing by itself. */
  readonly key: string;
}

/** A created secret, of either mode. */
export type SecretLink = StandardLink | SplitLink;

/**
 * Seals a secret, stores the sealed blob on the server and gives the link.
 * @param secret a string (sealed as UTF-8) or bytes; not empty, and a string not only white space. The server sets the
 *   longest: at most about 770,000 bytes, or 590,000 in a version 1 link.
 * @throws ValidationError for input that breaks a rule, before anything is sent.
 * @throws ApiError when the server refuses: 401 the API key, 403 the tier, 409 an idempotency key used before,
 *   413 the size, 429 a limit.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * const { fullLink } = await createSecret('hunter2', { server, expiry: '5m' });
 */
export function createSecret(
  secret: string | Uint8Array,
  options?: CreateSecretOptions & { readonly split?: false },
): Promise<StandardLink>;
export function createSecret(
  secret: string | Uint8Array,
  options: CreateSecretOptions & { readonly split: true },
): Promise<SplitLink>;
export function createSecret(secret: string | Uint8Array, options?: CreateSecretOptions): Promise<SecretLink>;
export async function createSecret(
  secret: string | Uint8Array,
  given?: CreateSecretOptions | null,
): Promise<SecretLink> {
  const options = given ?? {};
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
  const { id, expires_at: expiresAt } = checkReply(url, () => parseCreatedReply(json, version));

  const common = { expiresAt, secretId: id };
  return options.split
    ? { mode: 'split', url: formatAddress({ server, id }), key: formatKey(key), ...common }
    : { mode: 'standard', fullLink: formatLink({ server, id, key }), ...common };
}

/**
 * Checks the options of a create without a secret, so that nobody is asked for one in vain.
 * @throws ValidationError as {@link createSecret} does for them.
 */
export function checkCreateOptions(options: CreateSecretOptions): void {
  pickVersion(parseServer(options.server ?? DEFAULT_SERVER), options);
  requestHeaders(options);
  requestTerms(options);
  encodeMeta(metaOf(options));
}

/** The bytes to seal: exactly those that were given, or those of the string in UTF-8. */
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
  // UTF-8 has no lone surrogates: one would come back as another character.
  if (/\p{Surrogate}/u.test(secret)) {
    throw new ValidationError('the secret is not well-formed Unicode: send its bytes', 'INVALID_SECRET');
  }
  return encodeUtf8(secret);
}

/** The protocol version of the link that was asked for, or of the server's default one. */
function pickVersion(server: string, options: CreateSecretOptions): Version {
  const { link, passphrase, views, name, message } = options;
  if (link !== undefined && !isLinkVersion(link)) {
    throw new ValidationError('the link version is not v1 or v2', 'INVALID_LINK_VERSION');
  }
  const version = protocolVersion(link ?? defaultLinkVersion(server));
  const needing2 = { passphrase, views, name, message };
  const wanted = Object.entries(needing2).find(([, value]) => value !== undefined);
  if (version === 1 && wanted !== undefined) {
    throw new ValidationError(`${wanted[0]} needs a version 2 link`, 'NEEDS_VERSION_2');
  }
  return version;
}

function requestHeaders({ apiKey, idempotencyKey }: CreateSecretOptions): Record<string, string> {
  if (idempotencyKey !== undefined && !(isText(idempotencyKey) && isIdempotencyKey(idempotencyKey))) {
    throw new ValidationError(
      'the idempotency key is not 1 to 64 letters, digits or hyphens',
      'INVALID_IDEMPOTENCY_KEY',
    );
  }
  if (apiKey !== undefined && apiKey !== null && !(isText(apiKey) && /^[\x21-\x7e]+$/.test(apiKey))) {
    throw new ValidationError('the API key is blank or holds characters no API key has', 'INVALID_API_KEY');
  }
  return {
    'Content-Type': 'application/json',
    [HEADERS.idempotencyKey]: idempotencyKey ?? crypto.randomUUID(),
    ...apiKeyHeaders(apiKey),
  };
}

/** What the server is told in clear text. */
function requestTerms(options: CreateSecretOptions): Omit<CreateBody, 'encrypted_blob'> {
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
    expiry: typeof expiry === 'string' ? parseExpiry(expiry).minutes : parseExpiry(`${expiry}m`).minutes,
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
function checkCallback(url: string | undefined, secret: string | undefined): void {
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

/** The type says so too, but callers in plain JavaScript can pass anything. */
function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** What is sealed beside the secret. */
function metaOf({ name, message }: CreateSecretOptions): Meta {
  return { ...(name === undefined ? {} : { name }), ...(message === undefined ? {} : { message }) };
}

/** The sealed secret as a create sends it. */
async function seal(
  content: Uint8Array,
  key: LinkKey,
  options: CreateSecretOptions,
): Promise<Pick<CreateBody, 'encrypted_blob' | 'version' | 'proof_hash'>> {
  if (key.version === 1) return { encrypted_blob: await sealV1(content, key) };
  const unlocked = await unlockKey(key, options.passphrase);
  return {
    encrypted_blob: await sealV2(content, metaOf(options), unlocked),
    version: 2,
    proof_hash: await proofHash(unlocked),
  };
}
