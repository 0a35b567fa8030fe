/** Expiry times as people write them: durations of whole minutes, such as `5m`, `1h30m` or `7d`, or bare minutes. */

import { parseDuration } from './duration.js';
import { ValidationError } from './errors.js';

/** Expiry times by name, in minutes. */
export const EXPIRY = {
  MINUTES_5: 5,
  MINUTES_15: 15,
  MINUTES_30: 30,
  HOURS_1: 60,
  HOURS_24: 1_440,
  DAYS_7: 10_080,
  DAYS_30: 43_200,
} as const;

/** The expiry of a secret whose sender gives none, in minutes. */
export const DEFAULT_EXPIRY_MINUTES = EXPIRY.HOURS_1;

/**
 * Shortest and longest expiry that any caller may ask for, in minutes, where the server's operator says nothing else
 * (core/protocol/PROTOCOL.md section 6).
 */
export const EXPIRY_RANGE = { min: 1, max: EXPIRY.DAYS_30 } as const;

/** The longest expiry that an operator may allow, in minutes: 365 days. */
export const LONGEST_EXPIRY_MINUTES = 525_600;

/** An expiry that was read from text. */
export interface Expiry {
  /** Whole minutes, 1 to 525,600. Most servers allow 43,200. */
  readonly minutes: number;
  /** Set when a bare number was taken for hours: the unambiguous spelling, such as `24h`. */
  readonly hoursSpelling?: string;
}

/** The bare numbers that stood for hours in the documents of zephr 1. */
const OLD_HOURS: ReadonlySet<string> = new Set(['1', '24', '168', '720']);

/**
 * Reads an expiry: a duration (core/duration.ts) of whole minutes. A bare number is minutes, except 1, 24, 168 and 720,
 * which stood for hours in the documents of zephr 1.
 * @throws ValidationError `INVALID_EXPIRY` when it is none of these, or not 1 minute to 1 year.
 */
export function parseExpiry(text: string): Expiry {
  const hours = OLD_HOURS.has(text);
  const isBare = /^[0-9]{1,9}$/.test(text);
  const seconds = parseDuration(isBare ? `${text}${hours ? 'h' : 'm'}` : text);
  if (seconds === null) {
    throw new ValidationError('the expiry is not a time such as 5m, 1h30m, 7d or 1w', 'INVALID_EXPIRY');
  }
  if (seconds % 60 !== 0) throw new ValidationError('the expiry is not in whole minutes', 'INVALID_EXPIRY');
  const minutes = seconds / 60;
  if (minutes < EXPIRY_RANGE.min || minutes > LONGEST_EXPIRY_MINUTES) {
    throw new ValidationError('the expiry is not between 1 minute and 1 year', 'INVALID_EXPIRY');
  }
  return hours ? { minutes, hoursSpelling: `${text}h` } : { minutes };
}
