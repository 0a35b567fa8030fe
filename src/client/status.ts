/** A secret's status, and its revocation: both show an authorization and use up nothing. */

import { ValidationError } from '../core/errors.js';
import { isSecretId, parseServer } from '../core/link.js';
import type { LinkOrPair } from '../core/links/link-or-pair.js';
import { parseReceiptLink, type ReceiptLink } from '../core/links/receipt-links.js';
import { kindOfLink } from '../core/links/request-links.js';
import { DEFAULT_SERVER } from '../core/protocol/limits.js';
import { parseStatusReply } from '../core/protocol/replies.js';
import {
  type Authorization,
  apiKeyHeaders,
  apiUrl,
  authorizeByLink,
  authorizeByReceipt,
} from './authorization.js';
import type { RetrieveSecretOptions } from './read.js';
import { type SecretStatus, statusOf } from './secret-status.js';
import { checkReply } from './transport/network-errors.js';
import {
  DEFAULT_TIMEOUT_MS,
  LONGEST_WAIT_MS,
  send,
  type TransportOptions,
  waitSeconds,
} from './transport/send.js';

/** A secret by its id, for the API key that created it. */
export interface OwnSecret {
  readonly id: string;
  readonly apiKey: string;
  /** Default `https://zephr.io`. */
  readonly server?: string;
}

/** Which secret: by what its reader has, by its receipt link, or by id and API key. */
export type SecretReference = LinkOrPair | ReceiptLink | OwnSecret;

/** Options of {@link secretStatus}. */
export interface StatusOptions extends RetrieveSecretOptions {
  /** Answers as soon as the status is another than this one, or after `wait`. Default: at once. */
  readonly seen?: Pick<SecretStatus, 'state' | 'viewsLeft'>;
  /** Milliseconds, at most 25,000, for which the server may wait for another status than `seen`. Default 25,000. */
  readonly wait?: number;
}

/**
 * Tells whether and when a secret was read. Uses up nothing.
 * @param from the whole link, `{ url, key }` of a split pair, the receipt link, or `{ id, apiKey }`
 * @throws ValidationError for a damaged link, a missing or unneeded passphrase, or a version 1 link, which has no
 *   status (`NEEDS_VERSION_2`) but by its receipt, before anything is sent.
 * @throws ApiError 404 unknown, 403 wrong key, passphrase or receipt, 429 too many tries.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 */
export async function secretStatus(
  from: SecretReference,
  options: StatusOptions = {},
): Promise<SecretStatus> {
  const { url: secret, headers } = await authorize(from, options.passphrase);
  const { seen, wait = LONGEST_WAIT_MS, timeout = DEFAULT_TIMEOUT_MS, ...others } = options;
  const longest = waitSeconds(wait);
  const seconds = seen === undefined ? 0 : longest;
  const query = seen && seconds > 0 ? `?wait=${seconds}&seen=${seen.state}.${seen.viewsLeft}` : '';
  const url = `${secret}/status${query}`;
  const patience = timeout + seconds * 1_000;
  const { json } = await send({ method: 'GET', url, headers }, { ...others, timeout: patience });
  return statusOf(checkReply(url, () => parseStatusReply(json)));
}

/**
 * Destroys a secret for every reader.
 * @param from as for {@link secretStatus}
 * @throws ValidationError and NetworkError as {@link secretStatus} does.
 * @throws ApiError 410 when it was read or has expired before, 404 unknown, 403 wrong key, passphrase or receipt, 429
 *   too many tries.
 */
export async function revokeSecret(
  from: SecretReference,
  options: RetrieveSecretOptions = {},
): Promise<void> {
  await revoke(await authorize(from, options.passphrase), options);
}

async function authorize(from: SecretReference, passphrase: string | undefined): Promise<Authorization> {
  if (typeof from === 'string') {
    return isReceiptLink(from)
      ? authorizeByReceipt(parseReceiptLink(from))
      : authorizeByLink(from, passphrase);
  }
  // Callers in plain JavaScript can pass anything.
  if (typeof from !== 'object' || from === null) return authorizeByLink(from, passphrase);
  if ('receipt' in from) return authorizeByReceipt(from);
  if (!('apiKey' in from)) return authorizeByLink(from, passphrase);
  if (typeof from.id !== 'string' || !isSecretId(from.id)) {
    throw new ValidationError('that is not the id of a secret', 'INVALID_LINK');
  }
  const server = parseServer(from.server ?? DEFAULT_SERVER);
  return { url: apiUrl({ server, id: from.id }), headers: apiKeyHeaders(from.apiKey) };
}

/** What is no link is none of a receipt either: who reads it as a link says what is wrong with it. */
function isReceiptLink(text: string): boolean {
  try {
    return kindOfLink(text) === 'receipt';
  } catch (error) {
    if (error instanceof ValidationError) return false;
    throw error;
  }
}

/** Destroys the secret that the authorization is for. @throws ApiError, NetworkError as {@link revokeSecret}. */
async function revoke({ url, headers }: Authorization, options: TransportOptions): Promise<void> {
  await send({ method: 'DELETE', url, headers }, options);
}
