/** A line of `zephr ls`, for what was sent from here and for what an API key made alike. */

import { escapeText } from '../../terminal/escape.js';
import { clockTime, durationInWords } from '../../terminal/times.js';

/** What a line tells. */
export interface Line {
  readonly id: string;
  /** With a question mark where it may be out of date. */
  readonly state: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly views: number;
  readonly viewsLeft: number;
  readonly label: string | undefined;
}

/** Letters of an id that are shown: enough to name it by. */
const SHORT_ID = 8;

/** One line: short id, state, when it was sent, views taken of all, and the label. @param now milliseconds since 1970. */
export function formatLine(
  { id, state, createdAt, views, viewsLeft, label = '' }: Line,
  now: number,
): string {
  const sent = Date.parse(createdAt);
  const ago = `${durationInWords(Math.max(0, now - sent))} ago`;
  const cells = [
    id.slice(0, SHORT_ID),
    state.padEnd(8),
    `${clockTime(sent, now)}, ${ago}`.padEnd(36),
    `${views - viewsLeft}/${views}`.padEnd(5),
  ];
  return `${`${cells.join('  ')}  ${escapeText(label)}`.trimEnd()}\n`;
}
