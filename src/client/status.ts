/** Asking after a version 2 secret, and revoking it: both prove the key and use up nothing. */

import { formatProof, unlockKey } from '../core/crypto/seal-v2.js';
import { ValidationError } from '../core/errors.js';
import type { Link } from '../core/link.js';
import { parseStatusReply, type SecretState } from '../core/protocol/replies.js';
import { HEADERS } from '../core/protocol/requests.js';
import { type LinkOrPair, toLink } from './link-or-pair.js';
import { apiUrl, type RetrieveSecretOptions } from './read.js';
import { checkReply, send } from './transport.js';

/** What has become of a secret. Times are ISO 8601, UTC. */
export interface SecretStatus {
  readonly state: SecretState;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly views: number;
  readonly viewsLeft: number;
  readonly firstReadAt?: string;
}

/**
 * Whether and when a secret was read. Uses up nothing.
 * @throws ValidationError for a version 1 link, which has no proof to ask with.
 * @throws ApiError, NetworkError
 */
export async function secretStatus(
  from: LinkOrPair,
  options: RetrieveSecretOptions = {},
): Promise<SecretStatus> {
  const link = toLink(from);
  const url = `${apiUrl(link)}/status`;
  const { json } = await send({ method: 'GET', url, headers: await proofHeader(link, options) }, options);
  const reply = checkReply(url, () => parseStatusReply(json));
  return {
    state: reply.state,
    createdAt: reply.created_at,
    expiresAt: reply.expires_at,
    views: reply.views,
    viewsLeft: reply.views_left,
    ...(reply.first_read_at === undefined ? {} : { firstReadAt: reply.first_read_at }),
  };
}

/**
 * Destroys a secret for every reader.
 * @throws ValidationError for a version 1 link.
 * @throws ApiError 410 when it was read or has expired before; NetworkError
 */
export async function revokeSecret(from: LinkOrPair, options: RetrieveSecretOptions = {}): Promise<void> {
  const link = toLink(from);
  await send({ method: 'DELETE', url: apiUrl(link), headers: await proofHeader(link, options) }, options);
}

async function proofHeader(
  link: Link,
  { passphrase }: RetrieveSecretOptions,
): Promise<Record<string, string>> {
  if (link.key.version !== 2) {
    throw new ValidationError('a version 1 link can only be read: it has no status', 'NEEDS_VERSION_2');
  }
  return { [HEADERS.proof]: formatProof(await unlockKey(link.key, passphrase)) };
}
