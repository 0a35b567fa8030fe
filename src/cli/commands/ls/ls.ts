/** `zephr ls`: what was sent and asked for from this machine, and what became of it. */

import { SECRET_STATES, type SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { forgetEnded, readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp, type Wanted } from '../../sent/look-up.js';
import { countsOf } from '../../sent/record.js';
import type { Refreshed } from '../../sent/refresh.js';
import { jsonLine } from '../../terminal/escape.js';
import { formatLine } from './line.js';
import { type RemoteSecret, type RemoteWanted, remotePages } from './remote.js';

export interface LsFlags extends Wanted {
  readonly state?: SecretState | RequestState;
  readonly count?: number;
  readonly forget?: boolean;
  readonly remote?: boolean;
}

export type LsContext = Context<LsFlags>;

/** Prints a line for each secret and each request that is wanted, newest first. */
export async function ls(context: LsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  if (flags.remote) return lsRemote(context);
  const list = await readSentList(terminal, reporter);
  const candidates = candidatesIn(list.records, flags);
  const { state, count = candidates.length } = flags;
  // Whether one is in a state is known only after asking.
  const asked = state === undefined ? candidates.slice(0, count) : candidates;
  const found = await lookUp(asked, context);
  const shown = found.filter(({ known }) => state === undefined || known.state === state).slice(0, count);
  if (flags.json) await terminal.stdout.write(jsonLine({ secrets: shown.map(asJson) }));
  else if (shown.length === 0) await reporter.info('there is nothing in the list');
  else await terminal.stdout.write(shown.map((record) => lineOf(record, now())).join(''));
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
  for await (const page of remotePages({ ...context, flags: remoteFlags(flags) })) {
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

/** The options, where `--state` names one that secrets can be in. */
function remoteFlags({ state, ...flags }: LsFlags): RemoteWanted {
  if (state === undefined) return flags;
  const known = SECRET_STATES.find((one) => one === state);
  if (known === undefined) throw usageError('--remote lists secrets, and that is a state of requests');
  return { ...flags, state: known };
}

/** The line of a record of the list. */
function lineOf(record: Refreshed, now: number): string {
  const { id, createdAt, known, isStale, hint, memo } = record;
  const state = `${known.state}${isStale || known.forgotten ? '?' : ''}`;
  const { all, left } = countsOf(record);
  return formatLine({ id, createdAt, state, views: all, viewsLeft: left, label: memo ?? hint }, now);
}

/** Of the receipt nothing: it revokes, or cancels. */
function asJson({ known, isStale, receipt: _, ...record }: Refreshed) {
  const { forgotten, ...state } = known;
  return { ...record, ...state, ...(isStale || forgotten ? { stale: true } : {}) };
}
