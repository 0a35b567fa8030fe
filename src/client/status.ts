/** A version 2 secret's status, and its revocation: both show an authorization and use up nothing. */

import { parseStatusReply, type SecretState } from '../core/protocol/replies.js';
import { type Authorization, authorizeByLink } from './authorization.js';
import type { LinkOrPair } from './link-or-pair.js';
import type { RetrieveSecretOptions } from './read.js';
import { checkReply } from './transport/network-errors.js';
import { send, type TransportOptions } from './transport/send.js';

/** What has become of a secret. Times are ISO 8601, UTC. */
export interface SecretStatus {
  readonly state: SecretState;
  /** The sender's label, in clear. */
  readonly hint?: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** How many readers it was created for. */
  readonly views: number;
  /** How many of them have not read it. */
  readonly viewsLeft: number;
  /** Missing until the first of them has. */
  readonly firstReadAt?: string;
  /** How many chunks of 1 MiB its files take, padding included; missing where it has none. */
  readonly chunks?: number;
}

/**
 * Tells whether and when a secret was read. Uses up nothing.
 * @param from the whole link, or `{ url, key }` of a split pair
 * @throws ValidationError for a damaged link, a missing or unneeded passphrase, or a version 1 link, which has no
 *   status (`NEEDS_VERSION_2`), before anything is sent.
 * @throws ApiError 404 unknown, 403 wrong key or passphrase, 429 too many tries.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 */
export async function secretStatus(
  from: LinkOrPair,
  options: RetrieveSecretOptions = {},
): Promise<SecretStatus> {
  return statusOf(await authorizeByLink(from, options.passphrase), options);
}

/**
 * Destroys a secret for every reader.
 * @param from the whole link, or `{ url, key }` of a split pair
 * @throws ValidationError and NetworkError as {@link secretStatus} does.
 * @throws ApiError 410 when it was read or has expired before, 404 unknown, 403 wrong key or passphrase, 429 too many
 *   tries.
 */
export async function revokeSecret(from: LinkOrPair, options: RetrieveSecretOptions = {}): Promise<void> {
  await revoke(await authorizeByLink(from, options.passphrase), options);
}

/** The status of the secret that the authorization is for. @throws ApiError, NetworkError as {@link secretStatus}. */
async function statusOf(
  { url: secret, headers }: Authorization,
  options: TransportOptions,
): Promise<SecretStatus> {
  const url = `${secret}/status`;
  const { json } = await send({ method: 'GET', url, headers }, options);
  const reply = checkReply(url, () => parseStatusReply(json));
  return {
    state: reply.state,
    ...(reply.hint === undefined ? {} : { hint: reply.hint }),
    createdAt: reply.created_at,
    expiresAt: reply.expires_at,
    views: reply.views,
    viewsLeft: reply.views_left,
    ...(reply.first_read_at === undefined ? {} : { firstReadAt: reply.first_read_at }),
    ...(reply.chunks === undefined ? {} : { chunks: reply.chunks }),
  };
}

/** Destroys the secret that the authorization is for. @throws ApiError, NetworkError as {@link revokeSecret}. */
async function revoke({ url, headers }: Authorization, options: TransportOptions): Promise<void> {
  await send({ method: 'DELETE', url, headers }, options);
}
