/** `zephr vault log`: what secrets were used for, and whether the log of it is as it was written. */

import { basename } from 'node:path';
import { type AuditEntry, linesOf, readLine, verifyChain } from '../../../broker/audit/chain.js';
import { followLog } from '../../../broker/audit/follow.js';
import { linesBackwards, readSettledLog } from '../../../broker/audit/log.js';
import { CliError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import type { CommonFlags } from '../../settings/settings.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import { auditStorage } from '../../vault/access.js';

/** The options that say which lines. */
interface LogFilters {
  readonly secret?: string;
  readonly agent?: string;
  readonly blocked?: boolean;
  /** Milliseconds since 1970. */
  readonly since?: number;
}

export type LogContext = Context<
  CommonFlags &
    LogFilters & {
      readonly last?: number;
      readonly tail?: boolean;
      readonly verify?: boolean;
      readonly export?: boolean;
    }
>;

/** How many lines are shown where nothing says otherwise. */
const USUAL_LINES = 20;

/** A line of the log, as it is written and as it is read. */
interface Line {
  readonly text: string;
  readonly entry: AuditEntry;
}

/** Shows the log, goes on showing it, or checks it. */
export async function showLog(context: LogContext): Promise<ExitCode> {
  const { flags, terminal } = context;
  if (flags.verify) return verifyLog(context);
  if (flags.tail) return tailLog(context);
  const lines = await lastLines(auditStorage(terminal).path, flags);
  if (flags.export) await terminal.stdout.write(lines.map(({ text }) => `${text}\n`).join(''));
  else {
    const entries = lines.map(({ entry }) => entry);
    await terminal.stdout.write(flags.json ? jsonLine({ entries }) : entries.map(rowOf).join(''));
  }
  return EXIT.done;
}

/** The last lines that the options ask for, in the order in which they were written. */
async function lastLines(path: string, flags: LogContext['flags']): Promise<Line[]> {
  const isAll = flags.last === undefined && (flags.since !== undefined || flags.export === true);
  const wanted = isAll ? Number.POSITIVE_INFINITY : (flags.last ?? USUAL_LINES);
  const lines: Line[] = [];
  const ended = new Set<string | undefined>();
  for await (const text of linesBackwards(path)) {
    const entry = matching(text, flags);
    if (entry === null) continue;
    // The line that began a use is not shown beside the one that ended it.
    if (!flags.export && entry.decision === 'allowed' && ended.has(entry.use)) continue;
    if (lines.length >= wanted) break;
    if (entry.decision !== 'allowed' && entry.use !== undefined) ended.add(entry.use);
    lines.push({ text, entry });
  }
  return lines.reverse();
}

/** The entry of a line that the options ask for; null for any other line. */
function matching(text: string, { secret, agent, blocked, since }: LogFilters): AuditEntry | null {
  const entry = readLine(text);
  if (entry === null) return null;
  const isWanted =
    (secret === undefined || entry.secrets.includes(secret)) &&
    (agent === undefined || entry.agent === agent) &&
    (!blocked || entry.decision === 'refused') &&
    (since === undefined || Date.parse(entry.time) >= since);
  return isWanted ? entry : null;
}

/** Shows the last lines, and then each as it is written: those that begin a use too. */
async function tailLog({ flags, terminal }: LogContext): Promise<ExitCode> {
  let last: number | undefined = flags.last ?? USUAL_LINES;
  for await (const lines of followLog(auditStorage(terminal).path, terminal.interrupt)) {
    const found = lines.flatMap((text) => {
      const entry = matching(text, flags);
      return entry === null ? [] : [{ text, entry }];
    });
    const shown = last === undefined ? found : found.slice(Math.max(0, found.length - last));
    last = undefined;
    await terminal.stdout.write(shown.map((line) => tailed(line, flags)).join(''));
  }
  return EXIT.done;
}

function tailed({ text, entry }: Line, flags: LogContext['flags']): string {
  if (flags.export) return `${text}\n`;
  return flags.json ? jsonLine(entry) : rowOf(entry);
}

/** One row: when, how it ended, what was done, to where, with which secrets, and by whom. */
function rowOf(entry: AuditEntry): string {
  const { time, command, decision, reason, status, method, host, path, program, secrets, agent } = entry;
  const where = [method, `${host ?? ''}${path ?? ''}`, program].filter(
    (part) => part !== undefined && part !== '',
  );
  const cells = [
    localTime(time),
    decision.padEnd(7),
    command.padEnd(12),
    ...where,
    secrets.join(','),
    ...(status === undefined ? [] : [String(status)]),
    ...(reason === undefined ? [] : [reason]),
    ...(entry.milliseconds === undefined ? [] : [`${entry.milliseconds} ms`]),
    ...(agent === undefined ? [] : [`by ${agent}`]),
  ];
  return `${escapeText(cells.join('  ')).trimEnd()}\n`;
}

/** By the clock on the wall, to the second. */
function localTime(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const [date, clock] = [
    [at.getFullYear(), at.getMonth() + 1, at.getDate()],
    [at.getHours(), at.getMinutes(), at.getSeconds()],
  ].map((parts) => parts.map((part) => String(part).padStart(2, '0')));
  return `${date?.join('-')} ${clock?.join(':')}`;
}

/**
 * Checks that no line was edited, dropped, moved or added.
 * @throws CliError exit 9 where one was; what was found is on stdout.
 */
async function verifyLog({ flags, terminal }: LogContext): Promise<ExitCode> {
  const log = await readSettledLog(auditStorage(terminal));
  const lines = log.files.reduce((count, { text }) => count + linesOf(text).length, 0);
  const findings = verifyChain(log).map((finding) => ({ ...finding, file: basename(finding.file) }));
  if (flags.json) await terminal.stdout.write(jsonLine({ ok: findings.length === 0, lines, findings }));
  else if (findings.length === 0)
    await terminal.stdout.write(`ok: ${lines} lines, each after the one before\n`);
  else {
    const rows = findings.map(({ file, line, what }) => `${file} line ${line} ${what}\n`);
    await terminal.stdout.write(rows.join(''));
  }
  if (findings.length === 0) return EXIT.done;
  throw new CliError(EXIT.decryptionFailed, 'LOG_CHANGED', 'the log is not as it was written', {
    advice: 'put it aside, with audit.jsonl.head: the next use of a secret begins a new one',
  });
}
