/** HKDF (RFC 5869) with SHA-256 and an empty salt: every key and proof of the protocol comes from it. */

import { type Bytes, encodeUtf8 } from '../bytes.js';
import { webCrypto } from '../web-crypto.js';

/** Key material that keys are derived from; not extractable. */
export function importSecret(bytes: Bytes): Promise<CryptoKey> {
  return webCrypto().subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits', 'deriveKey']);
}

/** Derives `length` bytes, at most 8,160, for the purpose that `info` names. */
export async function expand(secret: CryptoKey, info: string, length: number): Promise<Bytes> {
  return new Uint8Array(await webCrypto().subtle.deriveBits(hkdf(info), secret, length * 8));
}

/** Derives a key for AES-256-GCM, which cannot be extracted. */
export function deriveAesKey(secret: CryptoKey, info: string): Promise<CryptoKey> {
  return webCrypto().subtle.deriveKey(hkdf(info), secret, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
}

function hkdf(info: string): HkdfParams {
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encodeUtf8(info) };
}
