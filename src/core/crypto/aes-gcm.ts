/** AES-256-GCM (NIST SP 800-38D) from WebCrypto: the one cipher of both protocol versions. */

import { decodeBase64url } from '../base64url.js';
import { type Bytes, unshared } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { webCrypto } from '../web-crypto.js';

/** Bytes of a nonce. No two messages under one key may have the same. */
export const NONCE_BYTES = 12;

/** Bytes of the tag at the end of every ciphertext. */
export const TAG_BYTES = 16;

/** A key of 32 bytes as WebCrypto takes it; not extractable. */
export function importAesKey(bytes: Bytes): Promise<CryptoKey> {
  return webCrypto().subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/**
 * Encrypts to ciphertext and tag. `plaintext` is copied at once, so that its owner may change it right away.
 * @param aad what is authenticated beside it
 */
export async function encrypt(
  key: CryptoKey,
  nonce: Bytes,
  plaintext: Uint8Array,
  aad?: Bytes,
): Promise<Bytes> {
  return new Uint8Array(await webCrypto().subtle.encrypt(paramsOf(nonce, aad), key, unshared(plaintext)));
}

/**
 * Decrypts ciphertext and tag, which are copied at once.
 * @throws EncryptionError when the key, the nonce, `aad` or a single bit differs from what was encrypted.
 */
export async function decrypt(key: CryptoKey, nonce: Bytes, sealed: Uint8Array, aad?: Bytes): Promise<Bytes> {
  try {
    return new Uint8Array(await webCrypto().subtle.decrypt(paramsOf(nonce, aad), key, unshared(sealed)));
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

/**
 * Sealed bytes from their base64url.
 * @throws EncryptionError when it is none, as for other sealed bytes that are not genuine.
 */
export function decodeSealed(text: string): Bytes {
  try {
    return decodeBase64url(text);
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

function paramsOf(nonce: Bytes, aad: Bytes | undefined): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, ...(aad !== undefined && { additionalData: aad }) };
}
