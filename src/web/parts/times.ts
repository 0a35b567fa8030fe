/** How times and durations are written, in the page's language and the visitor's time zone. */

import { locale, translate } from './language.js';
import { serverNow } from './page-fetch.js';

const MINUTE_MS = 60_000;

// In minutes.
const HOUR = 60;
const DAY = 24 * HOUR;

// Each function makes its `Intl` format when it is called: made on load, they would take most of the time to load.

/**
 * A time as one says it, such as `today at 23:40` or `on 3 December at 08:15`; with the year only in another year.
 * @param time ISO 8601, or milliseconds since 1970.
 */
export function formatWhen(time: string | number): string {
  const then = new Date(time);
  const now = new Date();
  const clock = new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(then);
  const days = Math.round((startOfDay(then) - startOfDay(now)) / (DAY * MINUTE_MS));
  if (days === 0) return translate('time.today', { time: clock });
  if (days === 1) return translate('time.tomorrow', { time: clock });
  if (days === -1) return translate('time.yesterday', { time: clock });
  const year = then.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  const date = new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'long', ...year }).format(then);
  return translate('time.date', { date, time: clock });
}

/** Rounded to whole days, two of these differ by the days between them, also where a clock was put forward or back. */
function startOfDay(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** Time of day in the visitor's time zone, to the second. @param time in milliseconds since 1970. */
export function formatTimeOfDay(time: number): string {
  const format = new Intl.DateTimeFormat(locale(), { timeStyle: 'medium' });
  return format.format(new Date(time));
}

/**
 * A time ahead, as texts say it: when that is and how long it is until then by the server's clock, such as
 * `today at 23:40, in 1 hour`. What is seconds away has no time of day.
 * @param time ISO 8601, or milliseconds since 1970.
 */
export function formatAhead(time: string | number): string {
  const now = serverNow();
  const until = formatTimeUntil(time, now);
  if (new Date(time).getTime() - now < 2 * MINUTE_MS) return until;
  return translate('time.ahead', { when: formatWhen(time), in: until });
}

/** How long it is until `time`, such as `in 1 hour`, rounded down from two minutes on. */
function formatTimeUntil(time: string | number, now: number): string {
  const relative = new Intl.RelativeTimeFormat(locale());
  const ms = new Date(time).getTime() - now;
  if (ms < 2 * MINUTE_MS) return relative.format(Math.max(0, Math.round(ms / 1000)), 'second');
  // A reply takes some seconds to arrive. A secret that lasts an hour should still say `in 1 hour` then.
  const minutes = Math.floor((ms + 10_000) / MINUTE_MS);
  if (minutes >= 2 * DAY) return relative.format(Math.floor(minutes / DAY), 'day');
  if (minutes >= 2 * HOUR || minutes === HOUR) return relative.format(Math.floor(minutes / HOUR), 'hour');
  return relative.format(minutes, 'minute');
}

/** A duration in whole minutes, in the largest unit that divides it, such as `1 day` or `90 minutes`. */
export function formatDuration(minutes: number): string {
  if (minutes % DAY === 0) return formatUnit(minutes / DAY, 'day');
  if (minutes % HOUR === 0) return formatUnit(minutes / HOUR, 'hour');
  return formatUnit(minutes, 'minute');
}

/** A wait in whole seconds; from 100 seconds on in minutes, rounded up. */
export function formatWait(seconds: number): string {
  return seconds < 100 ? formatUnit(seconds, 'second') : formatUnit(Math.ceil(seconds / 60), 'minute');
}

function formatUnit(count: number, unit: string): string {
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}
