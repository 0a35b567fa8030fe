/** Times in words for people: how far away, and when by the clock on this machine's wall. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The most units a duration is told in are two: `1 hour 30 minutes`, `2 days 3 hours`. */
const UNITS = [
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
] as const;

/**
 * A duration, such as `30 days`, `1 hour 30 minutes` or `45 seconds`; under two minutes in seconds.
 * @param milliseconds not negative; rounded to the smallest unit told.
 */
export function durationInWords(milliseconds: number): string {
  if (milliseconds < 2 * MINUTE_MS) {
    const seconds = Math.round(milliseconds / SECOND_MS);
    return seconds === 60 ? '1 minute' : count(seconds, 'second');
  }
  const minutes = Math.round(milliseconds / MINUTE_MS) * MINUTE_MS;
  // Beyond two days nobody asks for minutes, nor for hours of a week.
  const rounded = minutes < DAY_MS ? minutes : Math.round(minutes / HOUR_MS) * HOUR_MS;
  let rest = rounded;
  const parts: string[] = [];
  for (const [unit, length] of UNITS) {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    if (amount > 0) parts.push(count(amount, unit));
  }
  return parts.slice(0, 2).join(' ');
}

/**
 * A point of time by the local clock: `23:40` on the same day, else `2026-12-05 23:40`.
 * @param at milliseconds since 1970, and so is `now`.
 */
export function clockTime(at: number, now: number): string {
  const [time, today] = [new Date(at), new Date(now)];
  const clock = `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
  return dateOf(time) === dateOf(today) ? clock : `${dateOf(time)} ${clock}`;
}

/**
 * A point of time, relative and by the local clock: `in 1 hour, at 23:40`, `2 minutes ago, at 21:05`.
 * @param at milliseconds since 1970, and so is `now`; both by the same clock, which is this machine's.
 */
export function timeInWords(at: number, now: number): string {
  const distance = durationInWords(Math.abs(at - now));
  const relative = at >= now ? `in ${distance}` : `${distance} ago`;
  return `${relative}, at ${clockTime(at, now)}`;
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

function dateOf(time: Date): string {
  return `${String(time.getFullYear()).padStart(4, '0')}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
