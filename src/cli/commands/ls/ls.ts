/** `zephr ls`: what was sent from this machine, and what became of it. */

import type { SecretState } from '../../../core/protocol/replies.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { forgetEnded, readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp, type Wanted } from '../../sent/look-up.js';
import type { Refreshed } from '../../sent/refresh.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import { clockTime, durationInWords } from '../../terminal/times.js';

export interface LsFlags extends Wanted {
  readonly state?: SecretState;
  readonly count?: number;
  readonly forget?: boolean;
}

export type LsContext = Context<LsFlags>;

/** Letters of an id that are shown: enough to name it by. */
const SHORT_ID = 8;

/** Prints a line for each secret that was asked for, newest first. */
export async function ls(context: LsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const list = await readSentList(terminal, reporter);
  const candidates = candidatesIn(list.secrets, flags);
  const { state, count = candidates.length } = flags;
  // Whether a secret is in a state is known only after asking.
  const asked = state === undefined ? candidates.slice(0, count) : candidates;
  const found = await lookUp(asked, context);
  const shown = found.filter(({ known }) => state === undefined || known.state === state).slice(0, count);
  if (flags.json) await terminal.stdout.write(jsonLine({ secrets: shown.map(asJson) }));
  else if (shown.length === 0) await reporter.info('there is nothing in the list');
  else await terminal.stdout.write(shown.map((secret) => lineOf(secret, now())).join(''));
  if (flags.forget) {
    const forgotten = await forgetEnded(terminal);
    await reporter.info(`${forgotten} of them dropped from the list`);
  }
  return EXIT.done;
}

/** One line: short id, state, when it was sent, views, and the label or the memo. */
function lineOf(secret: Refreshed, now: number): string {
  const { id, known, isStale, views, createdAt, hint, memo } = secret;
  const state = `${known.state}${isStale || known.forgotten ? '?' : ''}`;
  const sent = Date.parse(createdAt);
  const ago = `${durationInWords(Math.max(0, now - sent))} ago`;
  const taken = `${views - known.viewsLeft}/${views}`;
  const label = escapeText(memo ?? hint ?? '');
  const cells = [
    id.slice(0, SHORT_ID),
    state.padEnd(8),
    `${clockTime(sent, now)}, ${ago}`.padEnd(36),
    taken.padEnd(5),
  ];
  return `${`${cells.join('  ')}  ${label}`.trimEnd()}\n`;
}

/** Of the receipt nothing: it revokes. */
function asJson({ known, isStale, receipt: _, ...secret }: Refreshed) {
  const { forgotten, ...state } = known;
  return { ...secret, ...state, ...(isStale || forgotten ? { stale: true } : {}) };
}
