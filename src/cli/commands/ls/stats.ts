/** `zephr stats`: how many secrets were sent from this machine, and what became of them. */

import type { Created } from '../../../client/sender/lists.js';
import { SECRET_STATES } from '../../../core/protocol/replies.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp } from '../../sent/look-up.js';
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
  const { secrets } = await readSentList(terminal, reporter);
  const found = await lookUp(candidatesIn(secrets, flags), context);
  const states = Object.fromEntries(
    SECRET_STATES.map((state) => [state, found.filter(({ known }) => known.state === state).length]),
  );
  const since = (from: Date) =>
    found.filter(({ createdAt }) => Date.parse(createdAt) >= from.getTime()).length;
  const today = new Date(new Date(now()).setHours(0, 0, 0, 0));
  const week = new Date(today);
  week.setDate(today.getDate() - ((today.getDay() + 6) % 7));
  const month = new Date(today.getFullYear(), today.getMonth(), 1);
  const created = {
    today: since(today),
    thisWeek: since(week),
    thisMonth: since(month),
    total: found.length,
  };
  if (flags.json) await terminal.stdout.write(jsonLine({ states, created }));
  else {
    const rows = [...Object.entries(states), ...inRows(created), ['in the list', created.total] as const];
    await terminal.stdout.write(table(rows));
  }
  return EXIT.done;
}

/** Prints the server's counts of what an API key made, by the calendar of UTC. */
async function statsRemote(context: StatsContext): Promise<ExitCode> {
  const { flags, terminal } = context;
  const { secrets, requests } = await remoteStatistics(context);
  if (flags.json) await terminal.stdout.write(jsonLine({ ...secrets, requests }));
  else {
    const ofRequests = Object.entries(requests.states).map(
      ([state, count]) => [`asked: ${state}`, count] as const,
    );
    const { states, created, bytes } = secrets;
    const all = ['at the server', created.total] as const;
    const rows = [
      ...Object.entries(states),
      ...inRows(created),
      all,
      ['bytes stored', bytes] as const,
      ...ofRequests,
    ];
    await terminal.stdout.write(table(rows));
  }
  return EXIT.done;
}

type Row = readonly [name: string, count: number];

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
