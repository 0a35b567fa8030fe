import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpiry } from '../../src/core/expiry.js';

describe('an expiry', () => {
  it.each([
    ['5m', 5],
    ['90m', 90],
    ['1h', 60],
    ['7d', 10_080],
    ['30d', 43_200],
    ['31d', 44_640],
    ['1y', 525_600],
    ['525600', 525_600],
    ['720h', 43_200],
    ['43200m', 43_200],
    ['1m', 1],
    ['007m', 7],
    ['1w', 10_080],
    ['1h30m', 90],
    ['1d12h', 2_160],
    ['120s', 2],
    ['59m60s', 60],
  ])('of %s is %i minutes', (text, minutes) => {
    expect(parseExpiry(text)).toEqual({ minutes });
  });

  it('without a unit is minutes', () => {
    const number = fc.integer({ min: 1, max: 43_200 }).filter((n) => ![1, 24, 168, 720].includes(n));
    fc.assert(
      fc.property(number, (minutes) => {
        expect(parseExpiry(String(minutes))).toEqual({ minutes });
      }),
    );
  });

  it.each([
    ['1', 60],
    ['24', 1_440],
    ['168', 10_080],
    ['720', 43_200],
  ])('of a bare %s is hours, as in older documents, and says so', (text, minutes) => {
    expect(parseExpiry(text)).toEqual({ minutes, hoursSpelling: `${text}h` });
  });

  it.each(['90s', '1m1s', '1s'])('of %s is not whole minutes', (text) => {
    expect(() => parseExpiry(text)).toThrow('the expiry is not in whole minutes');
  });

  it.each(['0', '0m', '525601', '366d', '2y', '53w', '8761h', '999999999d', '1000000000m'])(
    'of %s is not between 1 minute and 1 year',
    (text) => {
      expect(() => parseExpiry(text)).toThrow(expect.objectContaining({ code: 'INVALID_EXPIRY' }));
    },
  );

  it.each([
    '',
    'm',
    '1q',
    '1H',
    '-1h',
    '+1h',
    '1.5h',
    '1e3',
    '0x10',
    ' 1h',
    '1h ',
    '1h\n',
    '30m1h',
    '1h1h',
    '1h30',
    '30 m',
    '١h',
    'never',
  ])('is not %j', (text) => {
    expect(() => parseExpiry(text)).toThrow(expect.objectContaining({ code: 'INVALID_EXPIRY' }));
  });
});
