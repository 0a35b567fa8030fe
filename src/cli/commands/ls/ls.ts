/** `zephr ls`: what was sent from this machine, and what became of it. */

import type { SecretState } from '../../../core/protocol/replies.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { forgetEnded, readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp, type Wanted } from '../../sent/look-up.js';
import type { Refreshed } from '../../sent/refresh.js';
import { jsonLine } from '../../terminal/escape.js';
import { formatLine } from './line.js';
import { type RemoteSecret, remotePages } from './remote.js';

export interface LsFlags extends Wanted {
  readonly state?: SecretState;
  readonly count?: number;
  readonly forget?: boolean;
  readonly remote?: boolean;
}

export type LsContext = Context<LsFlags>;

/** Prints a line for each secret that was asked for, newest first. */
export async function ls(context: LsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  if (flags.remote) return lsRemote(context);
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

/** Prints what an API key made; without `--json` page by page, for there may be many. */
async function lsRemote(context: LsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const all: RemoteSecret[] = [];
  let count = 0;
  for await (const page of remotePages(context)) {
    count += page.length;
    if (flags.json) all.push(...page);
    else {
      const lines = page.map((secret) => formatLine({ ...secret, label: secret.hint }, now()));
      await terminal.stdout.write(lines.join(''));
    }
  }
  if (flags.json) await terminal.stdout.write(jsonLine({ secrets: all }));
  else if (count === 0) await reporter.info('there is nothing in the list');
  return EXIT.done;
}

/** The line of a secret of the list. */
function lineOf({ known, isStale, hint, memo, ...secret }: Refreshed, now: number): string {
  const state = `${known.state}${isStale || known.forgotten ? '?' : ''}`;
  return formatLine({ ...secret, state, viewsLeft: known.viewsLeft, label: memo ?? hint }, now);
}

/** Of the receipt nothing: it revokes. */
function asJson({ known, isStale, receipt: _, ...secret }: Refreshed) {
  const { forgotten, ...state } = known;
  return { ...secret, ...state, ...(isStale || forgotten ? { stale: true } : {}) };
}
