import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64urlLength, decodeBase64url, encodeBase64url, isBase64url } from '../../src/core/base64url.js';
import { ValidationError } from '../../src/core/errors.js';

const anyBytes = fc.uint8Array({ maxLength: 300 });

describe('base64url', () => {
  it('agrees with Node on any bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      }),
    );
  });

  it('comes back as the same bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it('has the length it says', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(encodeBase64url(bytes)).toHaveLength(base64urlLength(bytes.length));
      }),
    );
  });

  it('encodes a view, not the buffer behind it', () => {
    expect(encodeBase64url(new Uint8Array([9, 104, 105, 9]).subarray(1, 3))).toBe('aGk');
  });

  it.each([
    ['padding', 'aGk='],
    ['the plain alphabet', 'ab+/'],
    ['a space', 'aG k'],
    ['a line end', 'aGk\n'],
    ['a letter beyond ASCII', 'aGké'],
    ['a length no bytes have', 'aGkaa'],
    ['a single character', 'a'],
    ['trailing bits after one byte', 'aB'],
    ['trailing bits after two bytes', 'aGl'],
    ['NUL', 'aGk\0'],
  ])('refuses %s', (_, text) => {
    expect(() => decodeBase64url(text)).toThrow(ValidationError);
    expect(isBase64url(text)).toBe(false);
  });

  it('has one text for every byte string: what decodes encodes to the same', () => {
    const nearly = fc.string({
      unit: fc.constantFrom(...'AQgwBRhxZz059-_+/= é'),
      maxLength: 9,
    });
    fc.assert(
      fc.property(nearly, (text) => {
        let bytes: Uint8Array | null = null;
        try {
          bytes = decodeBase64url(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_BASE64URL' });
        }
        expect(isBase64url(text)).toBe(bytes !== null);
        if (bytes !== null) expect(encodeBase64url(bytes)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', 'aGkh'])('looks at all bits of the last character, after %j', (start) => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const before of ['a', 'aG']) {
      const bytes = Buffer.from(`${start}${before}A`, 'base64url').length;
      const taken = [...alphabet].filter((last) => isBase64url(start + before + last));
      // The bits that no byte needs are zero: four of the six after one byte, two after two.
      expect(taken.join('')).toBe(bytes % 3 === 1 ? 'AQgw' : 'AEIMQUYcgkosw048');
      expect(taken.every((last) => decodeBase64url(start + before + last).length === bytes)).toBe(true);
    }
  });

  it('takes no bytes as no text', () => {
    expect(encodeBase64url(new Uint8Array(0))).toBe('');
    expect(decodeBase64url('')).toEqual(new Uint8Array(0));
    expect(isBase64url('')).toBe(true);
  });
});
