/** Sealing and opening, version 1 (core/protocol/PROTOCOL.md section 2): one AES-256-GCM message in a JSON object. */

import { base64urlCapacity, base64urlLength, decodeBase64url, encodeBase64url } from '../base64url.js';
import { type Bytes, decodeUtf8, encodeUtf8, type RandomBytes, randomBytes } from '../bytes.js';
import { decryptionFailed, ValidationError } from '../errors.js';
import type { LinkKey } from '../key.js';
import { decrypt, encrypt, importAesKey, NONCE_BYTES, TAG_BYTES } from './aes-gcm.js';

/**
 * Seals `secret` into an `encrypted_blob`. Its nonce is drawn from `random`.
 * @throws ValidationError `INVALID_KEY` unless `key` is of version 1.
 */
export async function sealV1(
  secret: Uint8Array,
  key: LinkKey,
  random: RandomBytes = randomBytes,
): Promise<string> {
  if (key.version !== 1) throw new ValidationError('the key is not of version 1', 'INVALID_KEY');
  const iv = random(NONCE_BYTES);
  const ciphertext = await encrypt(await importAesKey(key.bytes), iv, secret);
  return encodeBase64url(encodeUtf8(envelope(encodeBase64url(iv), encodeBase64url(ciphertext))));
}

/**
 * Opens an `encrypted_blob`. Other members of its JSON object, their order and white space do not matter.
 * @throws EncryptionError `DECRYPTION_FAILED`, the same for every flaw of the blob or the key.
 */
export async function openV1(blob: string, key: LinkKey): Promise<Bytes> {
  if (key.version !== 1) throw decryptionFailed('the key is not of version 1');
  const { iv, ciphertext } = readEnvelope(blob);
  return decrypt(await importAesKey(key.bytes), iv, ciphertext);
}

/** The longest secret, in bytes, whose blob has at most `maxBlobLength` characters; 0 when there is none. */
export function maxSecretBytesV1(maxBlobLength: number): number {
  const envelopeBytes = envelope('', '').length + base64urlLength(NONCE_BYTES);
  const ciphertext = base64urlCapacity(base64urlCapacity(maxBlobLength) - envelopeBytes);
  return Math.max(0, ciphertext - TAG_BYTES);
}

function envelope(iv: string, ciphertext: string): string {
  return `{"iv":"${iv}","ciphertext":"${ciphertext}"}`;
}

function readEnvelope(blob: string): { iv: Bytes; ciphertext: Bytes } {
  try {
    const json: unknown = JSON.parse(decodeUtf8(decodeBase64url(blob)));
    const iv = decodeBase64url(textMember(json, 'iv'));
    if (iv.length !== NONCE_BYTES) throw new Error(`the iv has ${iv.length} bytes, not ${NONCE_BYTES}`);
    return { iv, ciphertext: decodeBase64url(textMember(json, 'ciphertext')) };
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

function textMember(json: unknown, name: string): string {
  if (typeof json === 'object' && json !== null && Object.hasOwn(json, name)) {
    const value: unknown = Reflect.get(json, name);
    if (typeof value === 'string') return value;
  }
  throw new Error(`the blob has no ${name}`);
}
