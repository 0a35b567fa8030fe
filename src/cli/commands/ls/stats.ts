/** `zephr stats`: how many secrets were sent from this machine, and what became of them. */

import { SECRET_STATES } from '../../../core/protocol/replies.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { readSentList } from '../../sent/list.js';
import { candidatesIn, lookUp } from '../../sent/look-up.js';
import type { CommonFlags } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';

export interface StatsFlags extends CommonFlags {
  readonly offline?: boolean;
}

export type StatsContext = Context<StatsFlags>;

/** Prints counts: by state, and created today, this week and this month, by the clock of this machine. */
export async function stats(context: StatsContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
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
    const rows = [
      ...Object.entries(states),
      ['sent today', created.today],
      ['this week', created.thisWeek],
      ['this month', created.thisMonth],
      ['in the list', created.total],
    ];
    await terminal.stdout.write(
      rows.map(([name, count]) => `${String(name).padEnd(12)} ${count}\n`).join(''),
    );
  }
  return EXIT.done;
}
