/** The key in a link's fragment (core/protocol/PROTOCOL.md section 1): a version and 32 random bytes. */

import { decodeBase64url, encodeBase64url } from './base64url.js';
import { type Bytes, type RandomBytes, randomBytes } from './bytes.js';
import { ValidationError } from './errors.js';

/** The protocol versions that a link can be of. */
export type Version = 1 | 2;

/** A link's key. It opens the secret, together with the passphrase where there is one, and never goes to the server. */
export interface LinkKey {
  readonly version: Version;
  /** Whether a passphrase is needed too: `v2p`. */
  readonly passphrase: boolean;
  /** 32 bytes. */
  readonly bytes: Bytes;
}

const KEY_BYTES = 32;
const KEY_CHARACTERS = 43;

const PREFIXES: readonly { prefix: string; version: Version; passphrase: boolean }[] = [
  { prefix: 'v1.', version: 1, passphrase: false },
  { prefix: 'v2.', version: 2, passphrase: false },
  { prefix: 'v2p.', version: 2, passphrase: true },
];

/** A new random key. `passphrase` is ignored for version 1, which has none. */
export function generateKey(
  version: Version,
  passphrase = false,
  random: RandomBytes = randomBytes,
): LinkKey {
  return { version, passphrase: version === 2 && passphrase, bytes: random(KEY_BYTES) };
}

/** The key as it stands in a link: `v1.`, `v2.` or `v2p.` and 43 characters. */
export function formatKey(key: LinkKey): string {
  const prefix = key.version === 1 ? 'v1.' : key.passphrase ? 'v2p.' : 'v2.';
  return prefix + encodeBase64url(key.bytes);
}

/**
 * Reads a key as it stands in a link. Nothing is trimmed or repaired: a damaged key must be noticed before the one read
 * of a secret is spent on it. What may stand around a key is for the reader of links.
 * @throws ValidationError `UNKNOWN_KEY_VERSION` for a later version's key, else `INVALID_KEY`.
 */
export function parseKey(text: string): LinkKey {
  const known = PREFIXES.find(({ prefix }) => text.startsWith(prefix));
  if (known === undefined) {
    if (/^v[0-9]+[a-z]*\./.test(text)) {
      throw new ValidationError('the key is of a version this zephr does not know', 'UNKNOWN_KEY_VERSION');
    }
    throw damagedKey('it does not start with v1. or v2.');
  }
  const bytes = decodeKey(text.slice(known.prefix.length));
  return { version: known.version, passphrase: known.passphrase, bytes };
}

/** The 32 bytes behind the dot of a key, of any kind of link. @throws ValidationError `INVALID_KEY`. */
export function decodeKey(encoded: string): Bytes {
  if (encoded.length > KEY_CHARACTERS) throw damagedKey('there is something behind it');
  if (encoded.length < KEY_CHARACTERS) throw damagedKey('it was cut off, and its end is missing');
  try {
    return decodeBase64url(encoded);
  } catch (cause) {
    throw damagedKey('a character in it was changed on the way', cause);
  }
}

function damagedKey(how: string, cause?: unknown): ValidationError {
  return new ValidationError(`the key is damaged: ${how}`, 'INVALID_KEY', { cause });
}
