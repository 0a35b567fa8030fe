/** The `encrypted_blob` of both protocol versions: sealed bytes as base64url. */

import { decodeBase64url } from './base64url.js';
import type { Bytes } from './bytes.js';
import { doesNotOpen } from './refusal.js';

/**
 * The sealed bytes of an `encrypted_blob`.
 * @throws EncryptionError when it is not base64url.
 */
export function decodeBlob(blob: string): Bytes {
  try {
    return decodeBase64url(blob);
  } catch (cause) {
    throw doesNotOpen(cause);
  }
}

/** The most bytes that base64url of at most `characters` can hold. */
export function bytesWithin(characters: number): number {
  return Math.floor((characters * 3) / 4);
}
