/** Reading in one step: takes the secret, opens it, acknowledges it. */

import { decodeUtf8 } from '../core/bytes.js';
import { EncryptionError, ZephrError } from '../core/errors.js';
import type { LinkOrPair } from './link-or-pair.js';
import { type Reading, type RetrieveSecretOptions, readSecret } from './read.js';

/**
 * A secret that was read. {@link retrieveSecret} gives `bytes` and `claimed` too, but not enumerable, so that who
 * copies, logs or serializes a result does not have the secret twice.
 */
export interface RetrievalResult extends Omit<Reading, 'acknowledge' | 'bytes' | 'claimed'> {
  /**
   * The secret as text.
   * @throws EncryptionError `NOT_TEXT` when it is not UTF-8: take {@link RetrievalResult.bytes}.
   */
  readonly plaintext: string;
  /** The secret's exact bytes. */
  readonly bytes?: Reading['bytes'];
  readonly claimed?: Reading['claimed'];
}

/** A {@link RetrievalResult} with all that there is to it. */
export type RetrievedSecret = RetrievalResult & Pick<Reading, 'bytes' | 'claimed'>;

/**
 * Reads a secret, upon which the server forgets it. A reply that is lost on the network is asked for again, and
 * meanwhile no other reader can get it.
 * @param link the whole link, or `{ url, key }` of a split pair.
 * @throws ValidationError for a damaged link (`INVALID_LINK`, `MISSING_KEY`, `AMBIGUOUS_LINK`, `LINK_OF_ANOTHER_KIND`) or
 *   a passphrase that is missing or not needed, and EncryptionError for a damaged key (`INVALID_KEY`,
 *   `UNKNOWN_KEY_VERSION`), before anything is sent.
 * @throws ApiError 404 unknown, 410 read, expired or revoked, 403 `WRONG_KEY` or `WRONG_PASSPHRASE`, 429 too many tries.
 * @throws EncryptionError when the secret does not open.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * const { plaintext } = await retrieveSecret(link);
 */
export async function retrieveSecret(
  link: LinkOrPair,
  given?: RetrieveSecretOptions | null,
): Promise<RetrievedSecret> {
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

/** Adds the text of a secret, or where it is not text a getter that says so. Only what is shown once is enumerable. */
function withPlaintext({ bytes, claimed, ...others }: Omit<Reading, 'acknowledge'>): RetrievedSecret {
  const result = { plaintext: '', ...others, bytes, claimed };
  for (const name of ['bytes', 'claimed']) Object.defineProperty(result, name, { enumerable: false });
  try {
    result.plaintext = decodeUtf8(bytes);
  } catch (cause) {
    const get = () => {
      throw new EncryptionError('the secret is not text: take its bytes', 'NOT_TEXT', { cause });
    };
    Object.defineProperty(result, 'plaintext', { get, enumerable: false });
  }
  return result;
}
