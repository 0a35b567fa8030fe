/**
 * How long to wait, in words: servers say it in messages, and the command in its advice. English only; the page has
 * the words of its languages.
 */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Units and from how many seconds on they are used: the first in which it is more than one and a half. */
const UNITS: readonly (readonly [name: string, length: number, from: number])[] = [
  ['day', DAY, 1.5 * DAY],
  ['hour', HOUR, 1.5 * HOUR],
  ['minute', MINUTE, 1.5 * MINUTE],
  ['second', 1, 0],
];

/**
 * A wait as a person says it: `in 3 days`, `in 20 minutes`, `in 1 second`. It is rounded up, so that it is over when the
 * words say so.
 * @param seconds 0 or more; fractions are rounded up.
 */
export function inWords(seconds: number): string {
  const [name, length] = UNITS.find(([, , from]) => seconds > from) ?? (['second', 1] as const);
  const count = Math.max(1, Math.ceil(seconds / length));
  return `in ${count} ${name}${count === 1 ? '' : 's'}`;
}
