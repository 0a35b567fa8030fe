import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestUnpadded, paddedLength, padme } from '../../src/core/crypto/padme.js';
import { v2 } from './vectors.js';

const anyLength = fc.oneof(fc.nat(5000), fc.nat(), fc.nat(2 ** 45));

describe('padding', () => {
  it.each(v2.padme)('takes %i bytes to %i, and a frame to %i', (length, padded, frame) => {
    expect(padme(length)).toBe(padded);
    expect(paddedLength(length)).toBe(frame);
  });

  it('adds at most 12 %, and never takes away', () => {
    fc.assert(
      fc.property(anyLength, (length) => {
        expect(padme(length)).toBeGreaterThanOrEqual(length);
        expect(padme(length)).toBeLessThanOrEqual(length * 1.12);
      }),
    );
  });

  it('leaves a padded length as it is', () => {
    fc.assert(
      fc.property(anyLength, (length) => {
        expect(padme(padme(length))).toBe(padme(length));
      }),
    );
  });

  it('is as defined at powers of two, where logarithms are rounded', () => {
    for (let exponent = 1; exponent < 50; exponent++) {
      const power = 2 ** exponent;
      expect(padme(power)).toBe(power);
      expect(padme(power - 1)).toBeLessThanOrEqual(power);
      const step = 2 ** (exponent - Math.floor(Math.log2(exponent + 0.5)) - 1);
      expect(padme(power + 1)).toBe(power + Math.max(1, step));
    }
  });

  it('knows the longest length that a room takes', () => {
    fc.assert(
      fc.property(anyLength, (room) => {
        const longest = longestUnpadded(room);
        if (longest > 0) expect(paddedLength(longest)).toBeLessThanOrEqual(room);
        expect(paddedLength(longest + 1)).toBeGreaterThan(room);
      }),
    );
  });

  it('knows it around every step too', () => {
    for (let room = 0; room < 3000; room++) {
      const longest = longestUnpadded(room);
      expect(longest === 0 ? 0 : paddedLength(longest)).toBeLessThanOrEqual(room);
      expect(paddedLength(longest + 1)).toBeGreaterThan(room);
    }
  });
});
