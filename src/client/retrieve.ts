/** Reading in one step: takes the secret, opens it, acknowledges it. */

import { decodeUtf8 } from '../core/bytes.js';
import { EncryptionError, ZephrError } from '../core/errors.js';
import type { LinkOrPair } from './link-or-pair.js';
import { type Reading, type RetrieveSecretOptions, readSecret } from './read.js';

/** A secret that was read. */
export interface RetrievalResult extends Omit<Reading, 'acknowledge'> {
  /**
   * The secret as text.
   * @throws EncryptionError `NOT_TEXT` when it is not UTF-8: take {@link RetrievalResult.bytes}.
   */
  readonly plaintext: string;
}

/**
 * Reads a secret, upon which the server forgets it. A reply that is lost on the network is asked for again, and
 * meanwhile no other reader can get it.
 * @param link the whole link, or `{ url, key }` of a split pair.
 * @throws ValidationError for a damaged link (`INVALID_LINK`, `MISSING_KEY`, `INVALID_KEY`, `UNKNOWN_KEY_VERSION`) or
 *   a passphrase that is missing or not needed, before anything is sent.
 * @throws ApiError 404 unknown, 410 read, expired or revoked, 403 wrong key or passphrase, 429 too many tries.
 * @throws EncryptionError when the secret does not open.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * const { plaintext } = await retrieveSecret(link);
 */
export async function retrieveSecret(
  link: LinkOrPair,
  given?: RetrieveSecretOptions | null,
): Promise<RetrievalResult> {
  const options = given ?? {};
  const { acknowledge, ...secret } = await readSecret(link, options);
  try {
    await acknowledge();
  } catch (error) {
    // The secret is here, and so returned. Without an acknowledgement the server forgets it by itself, within a minute
    // or two.
    if (!(error instanceof ZephrError) && !options.signal?.aborted) throw error;
  }
  return withPlaintext(secret);
}

/** Adds the text of a secret, or where it is not text a getter that says so. */
function withPlaintext(secret: Omit<RetrievalResult, 'plaintext'>): RetrievalResult {
  try {
    return { plaintext: decodeUtf8(secret.bytes), ...secret };
  } catch (cause) {
    return {
      get plaintext(): string {
        throw new EncryptionError('the secret is not text: take its bytes', 'NOT_TEXT', { cause });
      },
      ...secret,
    };
  }
}
