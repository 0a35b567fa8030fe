/** The server's log for a person at a terminal: a line of JSON as a time, an event and what else it says. */

import { escapeText } from '../../terminal/escape.js';

/** Members that have a place of their own in the line. */
const OWN_PLACE = ['level', 'time', 'event', 'message'];

/**
 * A line of the log as a person reads it: `14:03:07 request  method=GET route=/api/secrets/:id status=200`. Whatever is
 * no line of the log stays as it is.
 * @param json a JSON object, without a newline.
 */
export function readableLine(json: string): string {
  const line: unknown = JSON.parse(json);
  if (typeof line !== 'object' || line === null) return escapeText(json);
  const fields = line as Readonly<Record<string, unknown>>;
  const level = fields.level === 'info' ? '' : `${textOf(fields.level)}: `;
  const message = fields.message === undefined ? '' : `: ${textOf(fields.message)}`;
  const others = Object.entries(fields).filter(([name]) => !OWN_PLACE.includes(name));
  const said = others.map(([name, value]) => `${name}=${textOf(value)}`).join(' ');
  const event = `${clock(fields.time)} ${level}${textOf(fields.event)}${message}`;
  return escapeText(said === '' ? event : `${event}  ${said}`);
}

/** The time of day here, `14:03:07`. */
function clock(time: unknown): string {
  const date = typeof time === 'string' ? new Date(time) : new Date();
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
