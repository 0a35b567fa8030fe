/** API keys: how one is made, checked and known again (PROTOCOL.md section 6). */

import { createHash } from 'node:crypto';
import { type RandomBytes, randomBytes } from '../../core/bytes.js';
import { ApiError, ValidationError } from '../../core/errors.js';
import type { KeyTier } from '../../core/protocol/limits.js';
import { isApiKey } from '../../core/protocol/requests.js';
import type { ApiKey, KeyStore } from '../store/contracts/keys.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_CHARACTERS = 40;
const ID_CHARACTERS = 12;

/** A key that was made just now: the only time that anybody sees it. */
export interface IssuedKey extends ApiKey {
  /** `zeph_` and 40 letters or digits: 238 bits. */
  readonly key: string;
}

/**
 * Checks what somebody wants to call a key: 1 to 64 letters, digits, dots, hyphens or underscores, the first a letter
 * or digit, and no such beginning that it could be taken for an id or a key.
 * @throws ValidationError `INVALID_KEY_NAME`.
 */
export function checkKeyName(name: string): void {
  if (/^(?!key_|zeph_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new ValidationError(
    'the name is not 1 to 64 letters, digits, dots, hyphens or underscores, or it begins with key_ or zeph_',
    'INVALID_KEY_NAME',
  );
}

/**
 * Makes a key and keeps its hash.
 * @param now milliseconds since 1970.
 * @throws ValidationError as {@link checkKeyName}, or `KEY_NAME_TAKEN` if a valid key has the name.
 */
export async function issueKey(
  keys: KeyStore,
  { name, tier }: { readonly name: string; readonly tier: KeyTier },
  now: number,
  random: RandomBytes = randomBytes,
): Promise<IssuedKey> {
  checkKeyName(name);
  const key = `zeph_${randomText(KEY_CHARACTERS, random)}`;
  const kept = { id: `key_${randomText(ID_CHARACTERS, random)}`, name, tier, createdAt: now };
  if ((await keys.addKey({ ...kept, hash: hashOf(key) })) === 'name taken') {
    throw new ValidationError(
      `there is a key named ${name}: revoke it or choose another name`,
      'KEY_NAME_TAKEN',
    );
  }
  return { ...kept, revokedAt: null, key };
}

/**
 * The valid key in an `Authorization` header.
 * @throws ApiError 401 `INVALID_API_KEY` if it holds none, one that is not known, or one that was revoked.
 */
export async function recogniseKey(keys: KeyStore, authorization: string): Promise<ApiKey> {
  const [, key = ''] = /^bearer +([^ ]+) *$/i.exec(authorization) ?? [];
  const known = isApiKey(key) ? await keys.findKey(hashOf(key)) : null;
  if (known === null) {
    throw new ApiError('the API key is not one of this server, or was revoked', 401, 'INVALID_API_KEY');
  }
  return known;
}

/** With so much chance in a key, a plain hash says nothing about it. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

/** Random letters and digits, each as likely as any other. */
function randomText(length: number, random: RandomBytes): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      // 248 is the last multiple of 62 in a byte: what is above would favour some characters.
      if (byte < 248 && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return text;
}
