/** Access modes: what an operator lets callers without an API key do (core/protocol/PROTOCOL.md section 6). */

import { EXPIRY_RANGE } from '../../core/expiry.js';
import { type Limits, MAX_UPLOAD_BYTES, TIERS } from '../../core/protocol/limits.js';

/** What a server can let callers without a key do. */
export const ACCESS_MODES = ['open', 'tiered', 'closed'] as const;

export type Access = (typeof ACCESS_MODES)[number];

/**
 * What a caller without a key may do in each mode; `null` may not create. Where the mode is `open` a rate takes the
 * place of the pro tier's monthly quota, because a whole office can share one address.
 */
const KEYLESS: Readonly<Record<Access, Limits | null>> = {
  open: { ...TIERS.pro, creates: { count: 60, per: 'minute' } },
  tiered: TIERS.anonymous,
  closed: null,
};

/** Limits with another longest expiry, in minutes, where they have the longest that any tier has. */
export function withLongestExpiry(limits: Limits, max: number): Limits {
  const { expiry } = limits;
  return expiry.max === EXPIRY_RANGE.max ? { ...limits, expiry: { ...expiry, max } } : limits;
}

/** Limits with another longest upload, in bytes: where they have the longest of all tiers, or more than that. */
export function withLongestUpload(limits: Limits, max: number): Limits {
  const upload = limits.upload === MAX_UPLOAD_BYTES ? max : Math.min(limits.upload, max);
  return { ...limits, upload };
}

/**
 * What a caller without a key may do; `null` may not create.
 * @param rateLimit creates a minute and address where the mode has such a rate; 0 for any number. Default: the rate
 *   of the mode.
 */
export function keylessLimits(access: Access, rateLimit?: number): Limits | null {
  const limits = KEYLESS[access];
  if (rateLimit === undefined || limits?.creates?.per !== 'minute') return limits;
  return { ...limits, creates: rateLimit === 0 ? null : { count: rateLimit, per: 'minute' } };
}
