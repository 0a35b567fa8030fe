/** Reading: unlock first, then take one view under a claim, open it, and acknowledge when it is safe. */

import { encodeBase64url } from '../core/base64url.js';
import { type Bytes, randomBytes } from '../core/bytes.js';
import { openV1 } from '../core/crypto/seal-v1.js';
import { formatProof, type Meta, openV2, type UnlockedKey, unlockKey } from '../core/crypto/seal-v2.js';
import { ValidationError } from '../core/errors.js';
import type { Link, SecretAddress } from '../core/link.js';
import { parseReadReply } from '../core/protocol/replies.js';
import { HEADERS, isClaim } from '../core/protocol/requests.js';
import { type LinkOrPair, toLink } from './link-or-pair.js';
import { checkReply, send, type TransportOptions } from './transport.js';

export interface RetrieveSecretOptions extends TransportOptions {
  /**
   * Needed when the link says so (`v2p`), and wrong when it does not: a ValidationError `PASSPHRASE_REQUIRED` or
   * `UNEXPECTED_PASSPHRASE`. Default none.
   */
  readonly passphrase?: string;
  /** Taken for the sake of older code, and not sent: reading needs no API key. */
  readonly apiKey?: string | null;
  /**
   * Names this reader: 22 to 64 random characters of base64url. Default a new one, the same for all tries of this call.
   * Your own lets another call read again until `purgeAt`, should this one be cut off. A ValidationError
   * `INVALID_CLAIM` for any other form.
   */
  readonly claim?: string;
}

/** A secret that was taken and opened. */
export interface Reading extends Meta {
  readonly bytes: Bytes;
  /** The clear-text label its sender gave it. */
  readonly hint?: string;
  /** Until when this very client could ask again; ISO 8601. */
  readonly purgeAt?: string;
  /** Whether the server knows claims: if not, the secret is gone from it already. */
  readonly claimed: boolean;
  /** Readers still allowed; version 2. */
  readonly viewsLeft?: number;
  /**
   * Tells the server that the secret has arrived where it belongs, so that it forgets it at once rather than
   * at `purgeAt`. Does nothing where the server knows no claims.
   * @throws ApiError, NetworkError
   */
  acknowledge(): Promise<void>;
}

/** A claim nobody else has. */
export function newClaim(): string {
  return encodeBase64url(randomBytes(24));
}

/** Where a secret's API is. */
export function apiUrl({ server, id }: SecretAddress): string {
  return `${server}/api/secrets/${id}`;
}

/**
 * Takes one view of a secret and opens it. Everything that can fail without the server fails before it is asked.
 * A repeated request carries the same claim, so a reply lost on the way is not a secret lost.
 * @throws ValidationError for a missing or superfluous passphrase or a malformed claim, before anything is sent.
 * @throws ApiError when the server refuses; NetworkError when no usable answer came.
 * @throws EncryptionError when what came does not open.
 */
export async function readSecret(from: LinkOrPair, options: RetrieveSecretOptions = {}): Promise<Reading> {
  const link = toLink(from);
  const unlocked =
    link.key.version === 2 || options.passphrase !== undefined
      ? await unlockKey(link.key, options.passphrase)
      : null;
  const claim = options.claim ?? newClaim();
  if (!isClaim(claim)) {
    throw new ValidationError('the claim is not 22 to 64 characters of base64url', 'INVALID_CLAIM');
  }
  const url = apiUrl(link);
  const headers = {
    [HEADERS.claim]: claim,
    ...(unlocked === null ? {} : { [HEADERS.proof]: formatProof(unlocked) }),
  };
  const reply = await send({ method: 'GET', url, headers }, options);
  const { encrypted_blob, hint, purge_at, views_left } = checkReply(url, () => parseReadReply(reply.json));
  const { content, meta } = await open(encrypted_blob, link, unlocked);
  const claimed = reply.headers.get(HEADERS.claim) === claim;
  return {
    ...meta,
    bytes: content,
    claimed,
    ...(hint === undefined ? {} : { hint }),
    ...(purge_at === undefined ? {} : { purgeAt: purge_at }),
    ...(views_left === undefined ? {} : { viewsLeft: views_left }),
    async acknowledge() {
      if (claimed) await send({ method: 'DELETE', url, headers: { [HEADERS.claim]: claim } }, options);
    },
  };
}

async function open(
  blob: string,
  link: Link,
  unlocked: UnlockedKey | null,
): Promise<{ content: Bytes; meta: Meta }> {
  return unlocked === null ? { content: await openV1(blob, link.key), meta: {} } : openV2(blob, unlocked);
}
