/** How times, durations, sizes and the names that strangers gave are shown. */

import { locale } from './language.js';

const MINUTE_MS = 60_000;
const HOUR = 60;
const DAY = 24 * HOUR;

// Formats are made when they are used: that takes longer than all else that the page does before it can be used.

/** A day and its time where the reader is. */
export function localTime(time: string | number): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(time));
}

/** The time of day where the reader is, to the second. */
export function clockTime(time: string | number): string {
  const format = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
  return format.format(new Date(time));
}

/** How long until `time`, such as `in 1 hour`. Never promises more than there is. */
export function fromNow(time: string | number, now: number): string {
  const relative = new Intl.RelativeTimeFormat(locale);
  const ms = new Date(time).getTime() - now;
  if (ms < 2 * MINUTE_MS) return relative.format(Math.max(0, Math.round(ms / 1000)), 'second');
  // A reply takes a moment: what is to last an hour has then less than that.
  const minutes = Math.floor((ms + 10_000) / MINUTE_MS);
  if (minutes >= 2 * DAY) return relative.format(Math.floor(minutes / DAY), 'day');
  if (minutes >= 2 * HOUR || minutes === HOUR) return relative.format(Math.floor(minutes / HOUR), 'hour');
  return relative.format(minutes, 'minute');
}

/** So many minutes, in the largest unit that has whole ones. */
export function duration(minutes: number): string {
  if (minutes % DAY === 0) return amount(minutes / DAY, 'day');
  if (minutes % HOUR === 0) return amount(minutes / HOUR, 'hour');
  return amount(minutes, 'minute');
}

/** So many seconds to wait; many of them in minutes. Never less than it takes. */
export function waitingTime(seconds: number): string {
  return seconds < 100 ? amount(seconds, 'second') : amount(Math.ceil(seconds / 60), 'minute');
}

/** So many bytes, in thousands or millions where there are. @param round what to do with the rest; default drop it. */
export function size(bytes: number, round: (count: number) => number = Math.floor): string {
  if (bytes < 1_000) return amount(bytes, 'byte');
  if (bytes < 1_000_000) return amount(round(bytes / 1_000), 'kilobyte', 'short');
  return amount(round(bytes / 100_000) / 10, 'megabyte', 'short');
}

function amount(count: number, unit: string, unitDisplay: 'long' | 'short' = 'long'): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay }).format(count);
}

/** Characters that hide, or that reorder what stands around them: `gpj.exe` can pass for `exe.jpg` with one. */
const MISLEADING = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** `name` with every misleading character as U+FFFD. */
export function escapeName(name: string): string {
  return name.replace(MISLEADING, '\ufffd');
}
