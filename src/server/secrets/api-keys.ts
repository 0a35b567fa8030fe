/** API keys: making one, and recognizing it later (core/protocol/PROTOCOL.md section 6). */

import { hash } from 'node:crypto';
import { type RandomBytes, randomBytes } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import type { KeyTier } from '../../core/protocol/limits.js';
import { isApiKey } from '../../core/protocol/requests.js';
import type { ApiKey, KeyStore } from '../store/contracts/keys.js';
import { ServiceError } from './service-error.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_CHARACTERS = 40;
const ID_CHARACTERS = 12;

/** A key that was just made. Only now can it be shown: the store keeps its hash. */
export interface IssuedKey extends ApiKey {
  /** `zeph_` and 40 letters or digits: 238 bits. */
  readonly key: string;
}

/**
 * Checks the name for a key: 1 to 64 letters, digits, dots, hyphens or underscores, the first a letter or digit, and
 * not beginning with `key_` or `zeph_`, so that it is not taken for an id or a key.
 * @throws ValidationError `INVALID_KEY_NAME`.
 */
export function checkKeyName(name: string): void {
  if (/^(?!key_|zeph_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new ValidationError(
    'the name is not 1 to 64 letters, digits, dots, hyphens or underscores, or it begins with key_ or zeph_',
    'INVALID_KEY_NAME',
  );
}

/** What a key is made as. */
export interface KeyTerms {
  readonly name: string;
  readonly tier: KeyTier;
  /** From when on it is refused, in milliseconds since 1970. Default never. */
  readonly expiresAt?: number | null;
}

/**
 * Makes a key and stores its hash.
 * @param now milliseconds since 1970.
 * @throws ValidationError as {@link checkKeyName}, or `KEY_NAME_TAKEN` if a key that is not revoked has
 *   the name.
 */
export async function issueKey(
  keys: KeyStore,
  { name, tier, expiresAt = null }: KeyTerms,
  now: number,
  random: RandomBytes = randomBytes,
): Promise<IssuedKey> {
  checkKeyName(name);
  const key = `zeph_${randomText(KEY_CHARACTERS, random)}`;
  const kept = { id: `key_${randomText(ID_CHARACTERS, random)}`, name, tier, createdAt: now, expiresAt };
  if ((await keys.addKey({ ...kept, hash: hashOf(key) })) === 'name taken') {
    throw new ValidationError(
      `there is a key named ${name}: revoke it or choose another name`,
      'KEY_NAME_TAKEN',
    );
  }
  return { ...kept, revokedAt: null, lastUse: null, refusals: null, key };
}

/**
 * Finds out which key `key` is, valid or not.
 * @param key what a client showed as its key, well-formed or not.
 * @throws ServiceError `INVALID_API_KEY` if it is not well-formed, or not known.
 */
export async function recognizeKey(keys: Pick<KeyStore, 'findKey'>, key: string): Promise<ApiKey> {
  const known = isApiKey(key) ? await keys.findKey(hashOf(key)) : null;
  if (known === null) throw new ServiceError('INVALID_API_KEY', 'the API key is not one of this server');
  return known;
}

/** The error for a key that was valid once: who shows it had it, and may know what has become of it. */
export function keyEnded({ revokedAt }: ApiKey): ServiceError {
  const what = revokedAt === null ? 'has expired' : 'was revoked';
  return new ServiceError('INVALID_API_KEY', `the API key ${what}`);
}

/** A plain hash, without salt or stretching, is enough: 238 random bits cannot be guessed. */
function hashOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

/** Random letters and digits, all equally likely. */
function randomText(length: number, random: RandomBytes): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      // 248 is the last multiple of 62 in a byte: bytes above it would make some characters more likely.
      if (byte < 248 && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return text;
}
