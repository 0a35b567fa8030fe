/** `zephr stats`: how many secrets were sent or asked for from this machine, and what became of them. */

import type { Created } from '../../../client/sender/lists.js';
import { SECRET_STATES } from '../../../core/protocol/replies.js';
import { REQUEST_STATES } from '../../../core/protocol/secret-requests.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp } from '../../sent/look-up.js';
import type { Listed } from '../../sent/record.js';
import type { CommonFlags } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import { remoteStatistics } from './remote.js';

export interface StatsFlags extends CommonFlags {
  readonly offline?: boolean;
  readonly remote?: boolean;
}

export type StatsContext = Context<StatsFlags>;

/** Prints counts: by state, and created today, this week and this month, by the clock of this machine. */
export async function stats(context: StatsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  if (flags.remote) return statsRemote(context);
  const { records } = await readSentList(terminal, reporter);
  const found = await lookUp(candidatesIn(records, flags), context);
  const of = (kind: Listed['kind'], states: readonly string[]) => {
    const own = found.filter((record) => record.kind === kind);
    return { states: countedBy(states, own), created: createdOf(own, now()) };
  };
  const { states, created } = of('secret', SECRET_STATES);
  const requests = of('request', REQUEST_STATES);
  if (flags.json) await terminal.stdout.write(jsonLine({ states, created, requests }));
  else {
    const all = ['in the list', created.total] as const;
    await terminal.stdout.write(
      table([...Object.entries(states), ...inRows(created), all, ...askedRows(requests.states)]),
    );
  }
  return EXIT.done;
}

function countedBy(states: readonly string[], own: readonly Listed[]): Record<string, number> {
  return Object.fromEntries(
    states.map((state) => [state, own.filter(({ known }) => known.state === state).length]),
  );
}

/** How many were made lately, by the clock of this machine. @param now milliseconds since 1970. */
function createdOf(own: readonly Listed[], now: number): Created {
  const since = (from: Date) => own.filter(({ createdAt }) => Date.parse(createdAt) >= from.getTime()).length;
  const today = new Date(new Date(now).setHours(0, 0, 0, 0));
  const week = new Date(today);
  week.setDate(today.getDate() - ((today.getDay() + 6) % 7));
  const month = new Date(today.getFullYear(), today.getMonth(), 1);
  return { today: since(today), thisWeek: since(week), thisMonth: since(month), total: own.length };
}

/** Prints the server's counts of what an API key made, by the calendar of UTC. */
async function statsRemote(context: StatsContext): Promise<ExitCode> {
  const { flags, terminal } = context;
  const { secrets, requests } = await remoteStatistics(context);
  if (flags.json) await terminal.stdout.write(jsonLine({ ...secrets, requests }));
  else {
    const { states, created, bytes } = secrets;
    const all = ['at the server', created.total] as const;
    const rows = [
      ...Object.entries(states),
      ...inRows(created),
      all,
      ['bytes stored', bytes] as const,
      ...askedRows(requests.states),
    ];
    await terminal.stdout.write(table(rows));
  }
  return EXIT.done;
}

type Row = readonly [name: string, count: number];

/** The rows of requests. */
function askedRows(states: Readonly<Record<string, number>>): Row[] {
  return Object.entries(states).map(([state, count]) => [`asked: ${state}`, count]);
}

function inRows({ today, thisWeek, thisMonth }: Omit<Created, 'total'>): Row[] {
  return [
    ['sent today', today],
    ['this week', thisWeek],
    ['this month', thisMonth],
  ];
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, count]) => `${name.padEnd(width)}  ${count}\n`).join('');
}
