/** `zephr ls`: what was sent and asked for from this machine, and what became of it. */

import type { SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { forgetEnded, readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp, type Wanted } from '../../sent/look-up.js';
import { countsOf } from '../../sent/record.js';
import type { Refreshed } from '../../sent/refresh.js';
import { jsonLine } from '../../terminal/escape.js';
import { formatLine } from './line.js';
import { type RemoteRecord, remoteRecords } from './remote.js';

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

/** Lines that are written at once. */
const LINES = 100;

/** Prints what an API key made; without `--json` as it comes, for there may be much. */
async function lsRemote(context: LsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const all: RemoteRecord[] = [];
  let lines: string[] = [];
  for await (const record of remoteRecords(context)) {
    all.push(record);
    if (!flags.json) lines.push(remoteLine(record, now()));
    if (lines.length < LINES) continue;
    await terminal.stdout.write(lines.join(''));
    lines = [];
  }
  if (flags.json) await terminal.stdout.write(jsonLine({ secrets: all }));
  else if (all.length === 0) await reporter.info('there is nothing in the list');
  else await terminal.stdout.write(lines.join(''));
  return EXIT.done;
}

/** The line of what an API key made. */
function remoteLine(record: RemoteRecord, now: number): string {
  if (record.kind === 'secret') return formatLine({ ...record, label: record.hint }, now);
  const { answers: views, answersLeft: viewsLeft } = record;
  return formatLine({ ...record, views, viewsLeft, label: undefined }, now);
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
