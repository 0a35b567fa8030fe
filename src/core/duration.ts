/**
 * Durations as people write them: `90s`, `10m`, `1h30m`, `2d`, `1w`, `1y`. There is one grammar for every option and
 * setting; what a bare number means, and which durations are too long, is for the option to say.
 */

/** Each unit in seconds. A year is 365 days: what is counted in years here is an upper limit, not a date. */
const SECONDS = { y: 365 * 86_400, w: 7 * 86_400, d: 86_400, h: 3_600, m: 60, s: 1 } as const;

type Unit = keyof typeof SECONDS;

const UNITS: readonly Unit[] = ['y', 'w', 'd', 'h', 'm', 's'];

/** Whole numbers with their units, the largest first, each unit once. */
const DURATION = new RegExp(`^${UNITS.map((unit) => `(?:([0-9]{1,9})${unit})?`).join('')}$`);

/**
 * The seconds in a duration.
 * @param text without white space around it.
 * @returns null when the text is none. It may be 0, for `0m`.
 */
export function parseDuration(text: string): number | null {
  const [, ...amounts] = (text === '' ? null : DURATION.exec(text)) ?? [];
  if (amounts.length === 0) return null;
  return UNITS.reduce((seconds, unit, index) => seconds + Number(amounts[index] ?? 0) * SECONDS[unit], 0);
}

/**
 * A number of minutes in the largest unit of days, hours and minutes that leaves no rest: `30d`, `1h`, `90m`.
 * @param minutes a whole number from 1.
 */
export function formatMinutes(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

/** A range of minutes, such as `1m to 30d`; the one time where there is no other. */
export function formatMinuteRange({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? formatMinutes(min) : `${formatMinutes(min)} to ${formatMinutes(max)}`;
}
