import { describe, expect, it } from 'vitest';
import { concatBytes, decodeUtf8, encodeUtf8, randomBytes } from '../../src/core/bytes.js';

describe('bytes', () => {
  it('keep a leading U+FEFF in text, both ways', () => {
    expect(decodeUtf8(encodeUtf8('\ufeffkey'))).toBe('\ufeffkey');
  });

  it('that are not UTF-8 are no text', () => {
    expect(() => decodeUtf8(new Uint8Array([0x68, 0xff]))).toThrow(TypeError);
    expect(() => decodeUtf8(new Uint8Array([0xed, 0xa0, 0x80]))).toThrow(TypeError);
  });

  it('join in order, in new memory', () => {
    const part = new Uint8Array([1, 2]);
    const joined = concatBytes(part, new Uint8Array(0), new Uint8Array([3]));
    part.fill(9);
    expect(joined).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('at random are as many as asked for, and never the same', () => {
    expect(randomBytes(0)).toHaveLength(0);
    expect(randomBytes(32)).toHaveLength(32);
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
  });
});
