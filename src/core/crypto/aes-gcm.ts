/** AES-256-GCM from WebCrypto (NIST SP 800-38D): the one cipher of both protocol versions, and the blob it ends up in. */

import { decodeBase64url } from '../base64url.js';
import type { Bytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';

/** Bytes of a nonce, which a key must never see twice. */
export const NONCE_BYTES = 12;

/** Bytes of the tag at the end of every ciphertext. */
export const TAG_BYTES = 16;

/** `bytes`, 32 of them, as a key that WebCrypto does not give out again. */
export function importAesKey(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** Ciphertext and tag. `plaintext` is copied before this returns: its owner may change it at once. */
export async function encrypt(key: CryptoKey, nonce: Bytes, plaintext: Uint8Array): Promise<Bytes> {
  return new Uint8Array(
    await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, unshared(plaintext)),
  );
}

/**
 * The plaintext of ciphertext and tag. `sealed` is copied before this returns.
 * @throws EncryptionError when the key, the nonce or a single bit is another.
 */
export async function decrypt(key: CryptoKey, nonce: Bytes, sealed: Uint8Array): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, unshared(sealed)));
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

/**
 * The sealed bytes of an `encrypted_blob`.
 * @throws EncryptionError when it is not base64url.
 */
export function decodeBlob(blob: string): Bytes {
  try {
    return decodeBase64url(blob);
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

/** The same memory for WebCrypto, or a copy where the memory is shared, which WebCrypto refuses. */
function unshared(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
}
