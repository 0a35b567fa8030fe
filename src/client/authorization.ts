/** Authorizing requests about a secret: the URL they go to, and the headers that show what their sender may do. */

import { formatProof, type UnlockedKey, unlockKey } from '../core/crypto/key-schedule.js';
import { ValidationError } from '../core/errors.js';
import type { SecretAddress } from '../core/link.js';
import { HEADERS } from '../core/protocol/requests.js';
import { type LinkOrPair, toLink } from './link-or-pair.js';

/** Lets its holder ask for a secret's status and revoke it; both are the same however it was made. */
export interface Authorization {
  /** The secret's URL in the server's API. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Authorizes with a link, by the proof that its key and passphrase give.
 * @throws ValidationError for a damaged link or a missing or unneeded passphrase; `NEEDS_VERSION_2` for a version 1
 *   link, which has no proof.
 */
export async function authorizeByLink(
  from: LinkOrPair,
  passphrase: string | undefined,
): Promise<Authorization> {
  const link = toLink(from);
  if (link.key.version !== 2) {
    throw new ValidationError('a version 1 link can only be read: it has no status', 'NEEDS_VERSION_2');
  }
  return { url: apiUrl(link), headers: proofHeaders(await unlockKey(link.key, passphrase)) };
}

/** A secret's URL in the server's API (core/protocol/PROTOCOL.md section 4). */
export function apiUrl({ server, id }: SecretAddress): string {
  return `${server}/api/secrets/${id}`;
}

/** Shows the server that the sender can open the secret. */
export function proofHeaders(unlocked: UnlockedKey): Record<string, string> {
  return { [HEADERS.proof]: formatProof(unlocked) };
}

/** Shows the server an API key, if there is one (core/protocol/PROTOCOL.md section 6). */
export function apiKeyHeaders(apiKey: string | null | undefined): Record<string, string> {
  return apiKey === undefined || apiKey === null ? {} : { Authorization: `Bearer ${apiKey}` };
}
