/** The grammar of durations. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMinuteRange, parseDuration } from '../../src/core/duration.js';

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

it.each([
  [1, 43_200, '1m to 30d'],
  [60, 525_600, '1h to 365d'],
  [90, 1_500, '90m to 25h'],
  [60, 60, '1h'],
])('a range of %i to %i minutes is written so that it can be typed', (min, max, text) => {
  expect(formatMinuteRange({ min, max })).toBe(text);
  const seconds = text.split(' to ').map(parseDuration);
  expect([seconds[0], seconds.at(-1)]).toEqual([min * 60, max * 60]);
});
