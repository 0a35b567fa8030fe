/** The grammar of durations. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/core/duration.js';

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5_400],
    ['2d', 172_800],
    ['1w', 604_800],
    ['1y', 31_536_000],
    ['1y2w3d4h5m6s', 31_536_000 + 2 * 604_800 + 3 * 86_400 + 4 * 3_600 + 5 * 60 + 6],
    ['0m', 0],
  ])('of %s has %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    's',
    '1',
    '1.5h',
    '-1h',
    '+1h',
    '1H',
    '1h ',
    ' 1h',
    '1h\n',
    '1h 30m',
    '30m1h',
    '1m1m',
    '1ms',
    '1mo',
    '١h',
  ])('is not %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('is the sum of its parts', () => {
    const units = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;
    const amount = fc.nat(999_999_999);
    fc.assert(
      fc.property(fc.record({ d: amount, h: amount, m: amount, s: amount }), ({ d, h, m, s }) => {
        expect(parseDuration(`${d}d${h}h${m}m${s}s`)).toBe(d * units.d + h * units.h + m * units.m + s);
      }),
    );
  });
});
