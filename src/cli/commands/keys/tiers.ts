/**
 * What the tiers of API keys mean, in words: for help, and for whoever has just made a key. The same limits are a table
 * in section 6 of core/protocol/PROTOCOL.md.
 */

import { formatMinuteRange } from '../../../core/duration.js';
import { KEY_TIERS, type KeyTier, TIERS } from '../../../core/protocol/limits.js';

/** What a key of this tier may do, such as `2000 creates a month, of 200 KB, for 1m to 30d`. */
export function tierInWords(tier: KeyTier): string {
  const { creates, expiry, blob } = TIERS[tier];
  const count = creates === null ? 'any number of creates' : `${creates.count} creates a ${creates.per}`;
  return `${count}, of ${sizeInWords(blob)}, for ${formatMinuteRange(expiry)}`;
}

/** All tiers and what they mean, on one line. */
export function tiersInWords(): string {
  return KEY_TIERS.map((tier) => `${tier}: ${tierInWords(tier)}`).join('; ');
}

/** The size of a sealed secret. Limits are whole kilobytes, of 1,024 bytes. */
function sizeInWords(bytes: number): string {
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${kilobytes} KB` : `${kilobytes / 1024} MB`;
}
