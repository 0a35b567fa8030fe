import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../src/core/bytes.js';
import { decodeMeta, encodeMeta, MAX_META_BYTES, type Meta } from '../../src/core/crypto/meta.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const anyMeta: fc.Arbitrary<Meta> = fc.record(
  {
    name: text.filter((name) => name !== '' && !/^\.\.?$|[/\\\p{Cc}]/u.test(name)),
    type: text,
    message: text,
  },
  { requiredKeys: [] },
);

/** What neither may be sealed nor opens. */
const BAD: readonly [string, unknown][] = [
  ['a path', { name: 'a/b' }],
  ['a path of another system', { name: 'a\\b' }],
  ['the directory itself', { name: '.' }],
  ['the directory above', { name: '..' }],
  ['an empty name', { name: '' }],
  ['a NUL in the name', { name: 'a\0' }],
  ['a line end in the name', { name: 'a\nb' }],
  ['an escape in the name', { name: '\u001b[2J' }],
  ['a DEL in the name', { name: 'a\u007f' }],
  ['a control beyond ASCII in the name', { name: 'a\u009b2J' }],
  ['a name that is a number', { name: 7 }],
  ['a name that is null', { name: null }],
  ['a type that is an array', { type: ['text/plain'] }],
  ['a message that is an object', { message: {} }],
  ['half a surrogate pair in the name', { name: 'a\ud83d' }],
  ['half a surrogate pair in the message', { message: '\ude00' }],
];

/** For input that the compiler would not let through. */
function untyped(json: unknown): Meta {
  return JSON.parse(JSON.stringify(json));
}

describe('meta', () => {
  it('opens as it was sealed', () => {
    fc.assert(
      fc.property(anyMeta, (meta) => {
        expect(decodeMeta(encodeMeta(meta))).toEqual(meta);
      }),
    );
  });

  it('is nothing when it says nothing', () => {
    expect(encodeMeta({})).toHaveLength(0);
    expect(decodeMeta(new Uint8Array(0))).toEqual({});
  });

  it('has its members in one order', () => {
    const meta = { message: 'c', type: 'b', name: 'a' };
    expect(Buffer.from(encodeMeta(meta)).toString()).toBe('{"name":"a","type":"b","message":"c"}');
  });

  it.each(['.env', '...', 'a b', 'id_ed25519', 'naïve 文件.txt', '-rf', '~', 'C:', '😀'])(
    'may have the name %j',
    (name) => {
      expect(decodeMeta(encodeMeta({ name }))).toEqual({ name });
    },
  );

  it('may have any character in its message', () => {
    const message = 'for you:\n\t"quotes", \\, \u0000, \u2028, 😀';
    expect(decodeMeta(encodeMeta({ message }))).toEqual({ message });
  });

  it.each(BAD)('is not sealed with %s', (_, json) => {
    expect(() => encodeMeta(untyped(json))).toThrow(
      expect.objectContaining({ name: 'ValidationError', code: 'INVALID_META' }),
    );
  });

  it.each(BAD)('does not open with %s', (_, json) => {
    expect(() => decodeMeta(encodeUtf8(JSON.stringify(json)))).toThrow(
      expect.objectContaining({ name: 'EncryptionError', code: 'DECRYPTION_FAILED' }),
    );
  });

  it.each([
    ['no JSON', '{'],
    ['an array', '["name"]'],
    ['null', 'null'],
    ['a string', '"name"'],
    ['a byte order mark', '\ufeff{}'],
    ['two objects', '{}{}'],
  ])('does not open as %s', (_, json) => {
    expect(() => decodeMeta(encodeUtf8(json))).toThrow(expect.objectContaining({ name: 'EncryptionError' }));
  });

  it('is not quoted by the error about it, nor by its causes', () => {
    let thrown: unknown;
    try {
      decodeMeta(encodeUtf8('hunter2'));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'EncryptionError', cause: expect.any(Error) });
    expect(inspect(thrown, { depth: 9 })).not.toContain('hunter2');
  });

  it('may have members of later versions, which are ignored', () => {
    const json = '{"name":"a","colour":"blue","__proto__":{"type":"x"},"constructor":1}';
    expect(decodeMeta(encodeUtf8(json))).toEqual({ name: 'a' });
  });

  it('loses members it does not know when it is sealed', () => {
    expect(decodeMeta(encodeMeta(untyped({ name: 'a', colour: 'blue' })))).toEqual({ name: 'a' });
  });

  it('takes undefined for absent', () => {
    expect(encodeMeta(Object.assign(untyped({}), { name: undefined }))).toHaveLength(0);
  });

  it('has room for 65,535 bytes and no more', () => {
    const around = encodeMeta({ message: '' }).length;
    expect(encodeMeta({ message: 'x'.repeat(MAX_META_BYTES - around) })).toHaveLength(MAX_META_BYTES);
    const tooLong = { message: `${'x'.repeat(MAX_META_BYTES - around - 1)}é` };
    expect(() => encodeMeta(tooLong)).toThrow(expect.objectContaining({ code: 'INVALID_META' }));
  });
});
