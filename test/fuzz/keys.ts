/** Keys, expiries and everything else in base64url: Node's own decoder is the second opinion. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBase64url, encodeBase64url, isBase64url } from '../../src/core/base64url.js';
import { ValidationError } from '../../src/core/errors.js';
import { parseExpiry } from '../../src/core/expiry.js';
import { formatKey, parseKey } from '../../src/core/key.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { mutated, oddLine } from './odd.js';

/** A valid key. */
export const keyText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('v1.', 'v2.', 'v2p.'), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([version, bytes]) => version + Buffer.from(bytes).toString('base64url'));

/** The bytes of `text`, or null if Node would write them in another way. */
function bytesOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

const keys = property(
  'a key is one of three versions and 32 bytes, to the last bit',
  fc.oneof({ weight: 9, arbitrary: mutated(keyText) }, { weight: 1, arbitrary: oddLine }),
  async (text) => {
    const result = await resultOf(() => parseKey(text));
    const [, version = '', rest = ''] = /^(v1|v2|v2p)\.(.*)$/s.exec(text) ?? [];
    const bytes = rest.length === 43 ? bytesOf(rest) : null;
    if (bytes !== null) {
      assert('value' in result, 'a valid key is refused');
      assert.deepEqual(result.value, {
        version: version === 'v1' ? 1 : 2,
        passphrase: version === 'v2p',
        bytes: new Uint8Array(bytes),
      });
      assert.equal(formatKey(result.value), text);
      return 'read';
    }
    assert('error' in result, 'a damaged key is read');
    assert(result.error instanceof ValidationError);
    assert(['INVALID_KEY', 'UNKNOWN_KEY_VERSION'].includes(result.error.code));
    assert(!quotes(result.error.message, text), 'the message quotes the key');
    return 'refused';
  },
  { weight: 200, outcomes: ['read', 'refused'] },
);

const base64url = property(
  'base64url has one spelling of any bytes',
  mutated(fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('base64url'))),
  async (text) => {
    const expected = bytesOf(text);
    const result = await resultOf(() => decodeBase64url(text));
    assert.equal(isBase64url(text), expected !== null);
    if (expected === null) {
      assert('error' in result && result.error instanceof ValidationError, 'not refused');
      assert.equal(result.error.message, 'not base64url');
      return 'refused';
    }
    assert('value' in result, 'refused');
    assert.deepEqual(result.value, new Uint8Array(expected));
    assert.equal(encodeBase64url(result.value), text);
    return 'read';
  },
  { outcomes: ['read', 'refused'] },
);

/** In minutes, as the contract has them; null for what it does not have. */
function minutesOf(text: string): number | null {
  const unit = text.slice(-1);
  const factor = { m: 1, h: 60, d: 1440 }[unit];
  const digits = factor === undefined ? text : text.slice(0, -1);
  if (digits === '' || [...digits].some((digit) => !'0123456789'.includes(digit))) return null;
  const hours = ['1', '24', '168', '720'].includes(text);
  const minutes = Number(digits) * (hours ? 60 : (factor ?? 1));
  // Zeros in front are a slip rather than a number of ten digits.
  return digits.length <= 9 && minutes >= 1 && minutes <= 525_600 ? minutes : null;
}

const expiries = property(
  'an expiry is whole minutes within a year',
  fc.oneof(
    mutated(
      fc.tuple(fc.nat(600_000), fc.constantFrom('', 'm', 'h', 'd')).map(([count, unit]) => `${count}${unit}`),
    ),
    fc.constantFrom('1', '24', '168', '720', '720h', '30d', '365d', '366d', '525600', '525601'),
  ),
  async (text) => {
    const result = await resultOf(() => parseExpiry(text));
    const expected = minutesOf(text);
    if (expected === null) {
      assert('error' in result && result.error instanceof ValidationError, 'not refused');
      assert.equal(result.error.code, 'INVALID_EXPIRY');
      return 'refused';
    }
    assert('value' in result, 'refused');
    assert.equal(result.value.minutes, expected);
    const { hoursSpelling } = result.value;
    if (hoursSpelling !== undefined) assert.equal(parseExpiry(hoursSpelling).minutes, expected);
    return 'read';
  },
  { outcomes: ['read', 'refused'] },
);

export const KEYS: Family = { name: 'keys', properties: [keys, base64url, expiries] };
