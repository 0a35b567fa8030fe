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
