/** The ways to a vault's key: each slot seals it under a key that one thing opens (vault/FORMAT.md). */

import { type Bytes, concatBytes, encodeUtf8, type RandomBytes, randomBytes } from '../core/bytes.js';
import { decrypt, encrypt, NONCE_BYTES } from '../core/crypto/aes-gcm.js';
import { deriveAesKey, importSecret } from '../core/crypto/hkdf.js';
import { EncryptionError, ValidationError } from '../core/errors.js';
import type { Slot, SlotKind } from './format.js';

/** What opens a slot. */
export type Opener =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** At least 32 bytes from a file, or from the system's keychain. */
  | { readonly kind: 'keyfile' | 'keychain'; readonly bytes: Bytes };

/** Stretches a passphrase (in NFC, as UTF-8) and a salt of 16 bytes to 32 bytes. */
export type StretchPassphrase = (passphrase: Uint8Array, salt: Uint8Array) => Promise<Bytes>;

/** What sealing depends on besides its arguments, so that a test can have known answers. */
export interface SlotOptions {
  readonly random?: RandomBytes;
  readonly stretch?: StretchPassphrase;
}

const SHORTEST_KEY_FILE = 32;

const argon2id: StretchPassphrase = async (passphrase, salt) =>
  (await import('../core/crypto/argon2id.js')).argon2id(passphrase, salt);

/**
 * Makes a slot.
 * @throws ValidationError `INVALID_PASSPHRASE`, or `INVALID_KEY_FILE` for fewer than 32 bytes.
 */
export async function makeSlot(
  vaultId: Bytes,
  vaultKey: Bytes,
  opener: Opener,
  { random = randomBytes, stretch = argon2id }: SlotOptions = {},
): Promise<Slot> {
  const place = { id: random(16), kind: opener.kind, salt: random(opener.kind === 'passphrase' ? 16 : 0) };
  const key = await slotKey(opener, place.salt, stretch);
  const nonce = random(NONCE_BYTES);
  const sealed = await encrypt(key, nonce, vaultKey, slotContext(vaultId, place));
  return { ...place, wrapped: concatBytes(nonce, sealed) };
}

/**
 * Opens a slot: the vault's key.
 * @throws EncryptionError `WRONG_OPENER` when it is another one's; ValidationError as {@link makeSlot}.
 */
export async function openSlot(
  vaultId: Bytes,
  slot: Slot,
  opener: Opener,
  { stretch = argon2id }: Pick<SlotOptions, 'stretch'> = {},
): Promise<Bytes> {
  const key = await slotKey(opener, slot.salt, stretch);
  const [nonce, sealed] = [slot.wrapped.slice(0, NONCE_BYTES), slot.wrapped.subarray(NONCE_BYTES)];
  try {
    return await decrypt(key, nonce, sealed, slotContext(vaultId, slot));
  } catch (cause) {
    throw new EncryptionError(`the ${WORDS[slot.kind]} does not open the vault`, 'WRONG_OPENER', { cause });
  }
}

const WORDS = {
  passphrase: 'passphrase',
  keyfile: 'key file',
  keychain: "keychain's key",
} as const satisfies Record<SlotKind, string>;

async function slotKey(opener: Opener, salt: Bytes, stretch: StretchPassphrase): Promise<CryptoKey> {
  const material = await materialOf(opener, salt, stretch);
  try {
    return await deriveAesKey(await importSecret(material), 'zephr/vault1/slot');
  } finally {
    material.fill(0);
  }
}

async function materialOf(opener: Opener, salt: Bytes, stretch: StretchPassphrase): Promise<Bytes> {
  if (opener.kind !== 'passphrase') {
    if (opener.bytes.length < SHORTEST_KEY_FILE) {
      throw new ValidationError(`a key file has ${SHORTEST_KEY_FILE} bytes or more`, 'INVALID_KEY_FILE');
    }
    return opener.bytes.slice();
  }
  const { passphrase } = opener;
  // UTF-8 has no lone surrogates: each would become U+FFFD, and many passphrases would count as the same one.
  if (passphrase === '' || /\p{Surrogate}/u.test(passphrase)) {
    throw new ValidationError('the passphrase is empty or not well-formed Unicode', 'INVALID_PASSPHRASE');
  }
  const password = encodeUtf8(passphrase.normalize('NFC'));
  try {
    return await stretch(password, salt);
  } finally {
    password.fill(0);
  }
}

/** Binds a slot's key to its place: a slot of another vault, or under another kind, does not open. */
function slotContext(vaultId: Bytes, { id, kind, salt }: Omit<Slot, 'wrapped'>): Bytes {
  return concatBytes(encodeUtf8('zephr/vault1/slot'), vaultId, id, salt, encodeUtf8(kind));
}
