/** How times, durations, sizes and file names are written, in the page's language. */

import { locale } from './language.js';

const MINUTE_MS = 60_000;

// In minutes.
const HOUR = 60;
const DAY = 24 * HOUR;

// Each function makes its `Intl` format when it is called: made on load, they would take most of the time to load.

/** Day and time of day in the visitor's time zone. @param time ISO 8601, or milliseconds since 1970. */
export function formatDateTime(time: string | number): string {
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

/** Time of day in the visitor's time zone, to the second. @param time in milliseconds since 1970. */
export function formatTimeOfDay(time: number): string {
  const format = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
  return format.format(new Date(time));
}

/**
 * How long it is until `time`, such as `in 1 hour`, rounded down from two minutes on.
 * @param time ISO 8601, or milliseconds since 1970.
 * @param now in milliseconds since 1970.
 */
export function formatTimeUntil(time: string | number, now: number): string {
  const relative = new Intl.RelativeTimeFormat(locale);
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

/** A number of bytes, as bytes, kB or MB (decimal). @param round how to round kB, and tenths of MB; default down. */
export function formatSize(bytes: number, round: (count: number) => number = Math.floor): string {
  if (bytes < 1_000) return formatUnit(bytes, 'byte');
  if (bytes < 1_000_000) return formatUnit(round(bytes / 1_000), 'kilobyte', 'short');
  return formatUnit(round(bytes / 100_000) / 10, 'megabyte', 'short');
}

function formatUnit(count: number, unit: string, unitDisplay: 'long' | 'short' = 'long'): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay }).format(count);
}

/** Characters that hide, or that reorder the text around them: with one, `gpj.exe` can be shown as `exe.jpg`. */
const MISLEADING = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** A file name that another person gave, with every misleading character replaced by U+FFFD. */
export function escapeName(name: string): string {
  return name.replace(MISLEADING, '\ufffd');
}

/** A text that another person wrote, line by line, with its control and misleading characters made visible. */
export function escapeText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(MISLEADING, (character) =>
      character === '\n' || character === '\t' ? character : visibleControl(character),
    );
}

/** U+2400 to U+241F are pictures of the control characters U+0000 to U+001F, and U+2421 is one of U+007F. */
function visibleControl(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
