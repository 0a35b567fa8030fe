/**
 * The key schedule of version 2: from a link's key and a passphrase to encryption key and proofs
 * (core/protocol/PROTOCOL.md section 3).
 */

import { encodeBase64url } from '../base64url.js';
import { type Bytes, concatBytes, encodeUtf8 } from '../bytes.js';
import { ValidationError } from '../errors.js';
import type { LinkKey } from '../key.js';
import { sha256 } from '../web-crypto.js';
import { deriveAesKey, expand, importSecret } from './hkdf.js';

/** What the key schedule derives from a link's key and, where it needs one, its passphrase. */
export interface UnlockedKey {
  /** AES-256-GCM, not extractable. */
  readonly encryptionKey: CryptoKey;
  /** 32 bytes that show a server that their sender can open the secret, and tell it nothing about the key. */
  readonly proof: Bytes;
  /**
   * 32 bytes that show that their sender has the whole link, whether or not it knows the passphrase. Null for a key
   * that needs no passphrase: its proof shows that already.
   */
  readonly linkProof: Bytes | null;
  /** Derives the key of the secret's files: AES-256-GCM, not extractable. */
  readonly deriveFilesKey: () => Promise<CryptoKey>;
}

/** Derives 32 bytes from a passphrase (in NFC, as UTF-8) and a salt of 16 bytes. */
export type PassphraseKdf = (passphrase: Uint8Array, salt: Uint8Array) => Promise<Bytes>;

const SALT_BYTES = 16;
const PROOF_BYTES = 32;

/** Imported when it is used: it is by far the largest module of core. */
const argon2id: PassphraseKdf = async (passphrase, salt) =>
  (await import('./argon2id.js')).argon2id(passphrase, salt);

/**
 * Runs the key schedule. With a passphrase this takes some tenths of a second and 64 MiB of memory.
 * @throws ValidationError `PASSPHRASE_REQUIRED` when the key needs a passphrase and it is missing or empty,
 *   `UNEXPECTED_PASSPHRASE` when there is one and the key takes none, `INVALID_PASSPHRASE` when it is not well-formed
 *   Unicode, `INVALID_KEY` for a key of version 1.
 */
export async function unlockKey(
  key: LinkKey,
  passphrase?: string,
  kdf: PassphraseKdf = argon2id,
): Promise<UnlockedKey> {
  if (key.version !== 2) throw new ValidationError('the key is not of version 2', 'INVALID_KEY');
  const stretched = await stretch(key, passphrase, kdf);
  const linkProof = key.passphrase
    ? await expand(await importSecret(key.bytes), 'zephr/v2/link-proof', PROOF_BYTES)
    : null;
  const material = concatBytes(key.bytes, stretched);
  try {
    const secret = await importSecret(material);
    const [encryptionKey, proof] = await Promise.all([
      deriveAesKey(secret, 'zephr/v2/encryption-key'),
      expand(secret, 'zephr/v2/proof', PROOF_BYTES),
    ]);
    return {
      encryptionKey,
      proof,
      linkProof,
      deriveFilesKey: () => deriveAesKey(secret, 'zephr/v2/files-key'),
    };
  } finally {
    stretched.fill(0);
    material.fill(0);
  }
}

/** The `Zephr-Proof` header: the proof in base64url. */
export function formatProof(unlocked: UnlockedKey): string {
  return encodeBase64url(unlocked.proof);
}

/** The `proof_hash` of a create: SHA-256 of the proof, in base64url. */
export async function proofHash(unlocked: UnlockedKey): Promise<string> {
  return hashOf(unlocked.proof);
}

/** The `Zephr-Link-Proof` header: the link proof in base64url; null for a key that needs no passphrase. */
export function formatLinkProof({ linkProof }: UnlockedKey): string | null {
  return linkProof === null ? null : encodeBase64url(linkProof);
}

/** The `link_proof_hash` of a create: SHA-256 of the link proof, in base64url; null likewise. */
export async function linkProofHash({ linkProof }: UnlockedKey): Promise<string | null> {
  return linkProof === null ? null : hashOf(linkProof);
}

async function hashOf(bytes: Bytes): Promise<string> {
  return encodeBase64url(await sha256(bytes));
}

/** P of the protocol: no bytes without a passphrase, else 32 that depend on the passphrase and on the key. */
async function stretch(key: LinkKey, passphrase: string | undefined, kdf: PassphraseKdf): Promise<Bytes> {
  if (!key.passphrase) {
    if (passphrase === undefined) return new Uint8Array(0);
    throw new ValidationError('the link takes no passphrase', 'UNEXPECTED_PASSPHRASE');
  }
  if (passphrase === undefined || passphrase === '') {
    throw new ValidationError('the link needs its passphrase', 'PASSPHRASE_REQUIRED');
  }
  // UTF-8 has no lone surrogates: each would become U+FFFD, and many passphrases would count as the same one.
  if (typeof passphrase !== 'string' || /\p{Surrogate}/u.test(passphrase)) {
    throw new ValidationError('the passphrase is not well-formed Unicode', 'INVALID_PASSPHRASE');
  }
  const salt = await expand(await importSecret(key.bytes), 'zephr/v2/passphrase-salt', SALT_BYTES);
  const password = encodeUtf8(passphrase.normalize('NFC'));
  try {
    return await kdf(password, salt);
  } finally {
    password.fill(0);
  }
}
