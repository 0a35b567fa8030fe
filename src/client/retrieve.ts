/** Reading in one step: take the secret, open it, acknowledge it. */

import { decodeUtf8 } from '../core/bytes.js';
import { EncryptionError, ZephrError } from '../core/errors.js';
import type { LinkOrPair } from './link-or-pair.js';
import { type Reading, type RetrieveSecretOptions, readSecret } from './read.js';

/** A secret that was retrieved. */
export interface RetrievalResult extends Omit<Reading, 'acknowledge'> {
  /**
   * The secret as text.
   * @throws EncryptionError `NOT_TEXT` when it is not UTF-8: take {@link RetrievalResult.bytes}.
   */
  readonly plaintext: string;
}

/**
 * Takes a secret back; the server forgets it. A reply lost on the network is asked for again, and nobody else
 * can get it meanwhile.
 *
 * @param link the whole link, or `{ url, key }` of a split pair.
 * @throws ValidationError for a damaged link (`INVALID_LINK`, `MISSING_KEY`, `INVALID_KEY`, `UNKNOWN_KEY_VERSION`) or
 *   a passphrase that is missing or superfluous, before anything is sent.
 * @throws ApiError 404 unknown, 410 read, expired or revoked, 403 wrong key or passphrase, 429 too many tries.
 * @throws EncryptionError when what came does not open.
 * @throws NetworkError when no usable answer came; whatever `signal` was aborted with.
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
    // The secret is here. Unacknowledged, the server forgets it by itself, within a minute or two.
    if (!(error instanceof ZephrError) && !options.signal?.aborted) throw error;
  }
  return withPlaintext(secret);
}

/** Adds the text, or what explains that there is none to whoever asks for it. */
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
