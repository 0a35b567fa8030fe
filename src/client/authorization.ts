/** Authorizing requests about a secret: the URL they go to, and the headers that show what their sender may do. */

import { encodeBase64url } from '../core/base64url.js';
import { formatLinkProof, formatProof, type UnlockedKey, unlockKey } from '../core/crypto/key-schedule.js';
import { ValidationError } from '../core/errors.js';
import type { SecretAddress } from '../core/link.js';
import { type LinkOrPair, toLink } from '../core/links/link-or-pair.js';
import type { ReceiptLink } from '../core/links/receipt-links.js';
import { HEADERS } from '../core/protocol/requests.js';

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

/** Authorizes with a receipt. */
export function authorizeByReceipt({ receipt, ...address }: ReceiptLink): Authorization {
  return { url: apiUrl(address), headers: { [HEADERS.receipt]: encodeBase64url(receipt) } };
}

/** A secret's URL in the server's API (core/protocol/PROTOCOL.md section 4). */
export function apiUrl({ server, id }: SecretAddress): string {
  return `${server}/api/secrets/${id}`;
}

/** Shows the server that the sender can open the secret, and where a passphrase is needed, that it has the link. */
export function proofHeaders(unlocked: UnlockedKey): Record<string, string> {
  const linkProof = formatLinkProof(unlocked);
  return {
    [HEADERS.proof]: formatProof(unlocked),
    ...(linkProof === null ? {} : { [HEADERS.linkProof]: linkProof }),
  };
}

/**
 * Shows the server an API key, if there is one (core/protocol/PROTOCOL.md section 6). White space around it, such as the
 * line end of a file, is no part of it; what else it has to look like is its server's business.
 * @throws ValidationError `INVALID_API_KEY` when it is blank, or holds what no header can.
 */
export function apiKeyHeaders(apiKey: string | null | undefined): Record<string, string> {
  if (apiKey === undefined || apiKey === null) return {};
  const key = typeof apiKey === 'string' ? apiKey.trim() : '';
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ValidationError('the API key is blank or holds characters no API key has', 'INVALID_API_KEY');
  }
  return { Authorization: `Bearer ${key}` };
}
