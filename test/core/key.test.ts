import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/core/bytes.js';
import { formatKey, generateKey, type LinkKey, parseKey } from '../../src/core/key.js';
import { v1, v2 } from './vectors.js';

const anyKey: fc.Arbitrary<LinkKey> = fc
  .record({
    kind: fc.constantFrom(
      { version: 1, passphrase: false } as const,
      { version: 2, passphrase: false } as const,
      { version: 2, passphrase: true } as const,
    ),
    bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })
  .map(({ kind, bytes }) => ({ ...kind, bytes: new Uint8Array(bytes) }));

const body = 'WTj-u3ZI7osMopS7gYpj-4Qxm4i8P5K7Iy1g7loBGPo';

describe('a key', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        expect(parseKey(formatKey(key))).toEqual(key);
      }),
    );
  });

  it.each([...v1.seal, ...v2.seal].map(({ name, key }) => [name, key] as const))(
    'of the vector "%s" is written as it was read',
    (_, key) => {
      expect(formatKey(parseKey(key))).toBe(key);
    },
  );

  it('says its version and whether it needs a passphrase', () => {
    expect(parseKey(`v1.${body}`)).toMatchObject({ version: 1, passphrase: false });
    expect(parseKey(`v2.${body}`)).toMatchObject({ version: 2, passphrase: false });
    expect(parseKey(`v2p.${body}`)).toMatchObject({ version: 2, passphrase: true });
  });

  it.each(v1.refuse_key_strings)('is not %j', (text) => {
    expect(() => parseKey(text)).toThrow(expect.objectContaining({ name: 'ValidationError' }));
  });

  it.each([
    ['a space before it', ` v1.${body}`],
    ['a line end after it', `v1.${body}\n`],
    ['a version in capitals', `V2.${body}`],
    ['a passphrase in version 1', `v1p.${body}`],
    ['a full stop for an underscore', `v2.${body.replace('-', '.')}`],
    ['no full stop', `v2${body}`],
    ['another prefix too', `v2.v2.${body}`],
  ])('is not one with %s', (_, text) => {
    expect(() => parseKey(text)).toThrow(expect.objectContaining({ name: 'ValidationError' }));
  });

  it.each(['v3.', 'v9.', 'v10.', 'v3p.'])(
    'of a later version is told apart from a damaged one: %s',
    (prefix) => {
      expect(() => parseKey(prefix + body)).toThrow(expect.objectContaining({ code: 'UNKNOWN_KEY_VERSION' }));
    },
  );

  it('is never in the error about it', () => {
    for (const text of [`v1.${body}x`, `v1.${body.slice(1)}`, `v1.!${body.slice(1)}`, body, `v9.${body}`]) {
      expect(() => parseKey(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(body.slice(1, 20)) }),
      );
    }
  });

  it('misses no damage: whatever is cut, added or replaced is refused or another key', () => {
    const damage = fc.tuple(
      fc.nat(46),
      fc.constantFrom('cut', 'add', 'replace'),
      fc.constantFrom(...'A_-v2.p =%'),
    );
    fc.assert(
      fc.property(damage, ([at, how, character]) => {
        const text = `v2.${body}`;
        const rest = text.slice(how === 'add' ? at : at + 1);
        const damaged = text.slice(0, at) + (how === 'cut' ? '' : character) + rest;
        fc.pre(damaged !== text && at < text.length);
        let read: LinkKey | null = null;
        try {
          read = parseKey(damaged);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ValidationError' });
        }
        if (read !== null) expect(formatKey(read)).toBe(damaged);
      }),
    );
  });

  it('is 32 bytes from the given source of randomness', () => {
    const asked: number[] = [];
    const random = (length: number): Bytes => {
      asked.push(length);
      return new Uint8Array(length).fill(5);
    };
    expect(generateKey(2, true, random)).toEqual({
      version: 2,
      passphrase: true,
      bytes: new Uint8Array(32).fill(5),
    });
    expect(asked).toEqual([32]);
  });

  it('is new every time', () => {
    expect(generateKey(1).bytes).not.toEqual(generateKey(1).bytes);
  });

  it('of version 1 knows no passphrase', () => {
    expect(generateKey(1, true).passphrase).toBe(false);
  });
});
