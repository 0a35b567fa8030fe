/**
 * Hybrid public key encryption (RFC 9180) in base mode, with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM:
 * what one person seals to another whose public key they have (core/protocol/PROTOCOL.md section 8).
 */

import type { CipherSuite } from '@hpke/core';
import { type Bytes, concatBytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { webCrypto } from '../web-crypto.js';
import { TAG_BYTES } from './aes-gcm.js';

/** Bytes of a public key, and of the ephemeral one in front of what is sealed to it. */
export const PUBLIC_KEY_BYTES = 32;

/** Who can open what is sealed to the public key. */
export interface HpkeKeyPair {
  /** 32 bytes (RFC 7748). */
  readonly publicKey: Bytes;
  readonly keys: CryptoKeyPair;
}

/** What sealing and opening must agree about besides the key. */
export interface HpkeContext {
  /** Bound to the key that is agreed upon. */
  readonly info: Bytes;
  /** Bound to the ciphertext. */
  readonly aad: Bytes;
}

/** The key pair of RFC 9180 section 7.1.3 for these 32 bytes. */
export async function deriveKeyPair(ikm: Bytes): Promise<HpkeKeyPair> {
  const { kem } = await suite();
  const keys = await kem.deriveKeyPair(bufferOf(ikm));
  return { publicKey: new Uint8Array(await kem.serializePublicKey(keys.publicKey)), keys };
}

/**
 * Seals to a public key: the ephemeral public key, then ciphertext and tag.
 * @param ephemeralIkm what the ephemeral key pair is derived from; random, unless a known answer is wanted.
 * @throws EncryptionError for a public key that is none.
 */
export async function sealTo(
  publicKey: Bytes,
  { info, aad }: HpkeContext,
  plaintext: Bytes,
  ephemeralIkm?: Bytes,
): Promise<Bytes> {
  const hpke = await suite();
  try {
    const sender = await hpke.createSenderContext({
      recipientPublicKey: await hpke.kem.deserializePublicKey(bufferOf(publicKey)),
      info: bufferOf(info),
      ...(ephemeralIkm !== undefined && { ekm: bufferOf(ephemeralIkm) }),
    });
    const ciphertext = await sender.seal(bufferOf(plaintext), bufferOf(aad));
    return concatBytes(new Uint8Array(sender.enc), new Uint8Array(ciphertext));
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

/**
 * Opens what {@link sealTo} made.
 * @throws EncryptionError when the key, the context or a single bit differs from what was sealed.
 */
export async function openWith(
  { keys }: HpkeKeyPair,
  { info, aad }: HpkeContext,
  sealed: Bytes,
): Promise<Bytes> {
  if (sealed.length < PUBLIC_KEY_BYTES + TAG_BYTES) throw decryptionFailed('the sealed bytes are too few');
  const hpke = await suite();
  try {
    const recipient = await hpke.createRecipientContext({
      recipientKey: keys,
      enc: bufferOf(sealed.subarray(0, PUBLIC_KEY_BYTES)),
      info: bufferOf(info),
    });
    const plaintext = await recipient.open(bufferOf(sealed.subarray(PUBLIC_KEY_BYTES)), bufferOf(aad));
    return new Uint8Array(plaintext);
  } catch (cause) {
    throw decryptionFailed(cause);
  }
}

let chosen: CipherSuite | undefined;

/** Loaded when something is sealed or opened: to show a request takes none of it. */
async function suite(): Promise<CipherSuite> {
  if (chosen !== undefined) return chosen;
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import('@hpke/core');
  const kem = (await hasX25519()) ? new DhkemX25519HkdfSha256() : await portableKem();
  chosen = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  return chosen;
}

/** Whether WebCrypto has X25519; older browsers do not. */
async function hasX25519(): Promise<boolean> {
  try {
    await webCrypto().subtle.generateKey('X25519', false, ['deriveBits']);
    return true;
  } catch {
    return false;
  }
}

/** The curve in JavaScript, loaded where it is needed. */
async function portableKem() {
  const { DhkemX25519HkdfSha256: Portable } = await import('@hpke/dhkem-x25519');
  return new Portable();
}

/** The bytes alone: HPKE takes whole buffers, and a view may see part of one. */
function bufferOf(bytes: Bytes): ArrayBuffer {
  return bytes.slice().buffer;
}
