/** Moments as they travel: ISO 8601 with a zone, such as `2030-01-31T09:00:00Z`. */

/** The first time that is accepted, in milliseconds since 1970: earlier ones are none that anybody means. */
const FIRST_MS = 0;

/** The end of the times that are accepted, likewise: that of the year 9999, the last of four digits. */
export const END_MS = 253_402_300_800_000;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/**
 * A time of ISO 8601 in milliseconds since 1970, or null. The whole text must be a time: `Date.parse` alone also accepts
 * comments in parentheses, in which anybody could write anything.
 */
export function parseInstant(value: unknown): number | null {
  if (typeof value !== 'string' || !INSTANT.test(value)) return null;
  const time = Date.parse(value);
  return time >= FIRST_MS && time < END_MS ? time : null;
}

/** The same, spelled as `Date` does. */
export function instantOf(value: unknown): string | null {
  const time = parseInstant(value);
  return time === null ? null : new Date(time).toISOString();
}
