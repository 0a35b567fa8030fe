import { describe, expect, it } from 'vitest';
import { maxSecretBytesV2 } from '../../src/core/crypto/seal-v2.js';
import { DEFAULT_EXPIRY_MINUTES, EXPIRY } from '../../src/core/expiry.js';
import { isSecretId } from '../../src/core/link.js';
import { MAX_BLOB_LENGTH, TIERS } from '../../src/core/protocol/limits.js';
import { SECRET_ID_RE, SECRET_MAX_BYTES, SECRET_MAX_LENGTH, VALID_EXPIRY } from '../../src/limits.js';

describe('the limits', () => {
  it.each([
    ['anonymous', { count: 3, per: 'day' }, 60, 60, 6_144, 10],
    ['free', { count: 50, per: 'month' }, 60, 43_200, 20_480, 10],
    ['dev', { count: 2_000, per: 'month' }, 1, 43_200, 204_800, 100],
    ['pro', { count: 50_000, per: 'month' }, 1, 43_200, 1_048_576, 1_024],
  ] as const)(
    'of the tier %s are those of core/protocol/PROTOCOL.md section 6',
    (tier, creates, min, max, blob, uploadMb) => {
      expect(TIERS[tier]).toEqual({ creates, expiry: { min, max }, blob, upload: uploadMb * 1_048_576 });
    },
  );

  it('let no caller send more than the largest tier', () => {
    expect(MAX_BLOB_LENGTH).toBe(Math.max(...Object.values(TIERS).map(({ blob }) => blob)));
  });

  it('have a default expiry that every tier allows', () => {
    for (const { expiry } of Object.values(TIERS)) {
      expect(DEFAULT_EXPIRY_MINUTES).toBeGreaterThanOrEqual(expiry.min);
      expect(DEFAULT_EXPIRY_MINUTES).toBeLessThanOrEqual(expiry.max);
    }
  });

  it('name times in minutes', () => {
    expect(EXPIRY).toEqual({
      MINUTES_5: 5,
      MINUTES_15: 15,
      MINUTES_30: 30,
      HOURS_1: 60,
      HOURS_24: 1_440,
      DAYS_7: 10_080,
      DAYS_30: 43_200,
    });
  });
});

describe('zephr/limits.js', () => {
  it('has what programs for zephr 1 look for', () => {
    expect([...VALID_EXPIRY]).toEqual([5, 15, 30, 60, 1_440, 10_080, 43_200]);
    expect(SECRET_MAX_BYTES).toBe(maxSecretBytesV2(MAX_BLOB_LENGTH));
    expect(SECRET_MAX_LENGTH).toBe(SECRET_MAX_BYTES);
    for (const id of ['A'.repeat(22), 'A'.repeat(21), `${'A'.repeat(22)}\n`, '+'.repeat(22)])
      expect(SECRET_ID_RE.test(id)).toBe(isSecretId(id));
  });
});
