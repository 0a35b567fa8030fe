/** The one answer to everything that does not open. */

import { EncryptionError } from './errors.js';

/**
 * The error for a secret that does not open. Which check failed is nobody's business, so the message and the
 * code are always the same; `why`, an error or a sentence about the form of things, becomes its `cause`.
 */
export function doesNotOpen(why: unknown): EncryptionError {
  return new EncryptionError(
    'the secret does not open: wrong key or passphrase, or it was tampered with',
    'DECRYPTION_FAILED',
    { cause: typeof why === 'string' ? new Error(why) : why },
  );
}
