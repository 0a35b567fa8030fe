/** Lines of the audit log, each with the SHA-256 of the one before it, and what is wrong with a log that was changed. */

import { createHash } from 'node:crypto';

/** One use of secrets, or one change of what may be done with them. It has no field that could hold a value. */
export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** What was run, such as `call` or `vault bind`. */
  readonly command: string;
  /** Who says to be asking: declared, not proved. */
  readonly agent?: string;
  readonly pid: number;
  /** Names of secrets. */
  readonly secrets: readonly string[];
  readonly method?: string;
  readonly host?: string;
  /** Of a URL, without its query. */
  readonly path?: string;
  /** What was started, without its arguments. */
  readonly program?: string;
  /** Of the response. */
  readonly status?: number;
  readonly decision: Decision;
  readonly reason?: string;
  readonly milliseconds?: number;
  /** The same in the line that allows a request and in the one that says how it ended. */
  readonly use?: string;
}

/** Allowed and refused are decided, and logged, before anything is sent or started; done and failed say how it ended. */
export type Decision = 'allowed' | 'refused' | 'done' | 'failed';

const NOT_THE_FIRST = 'was not the first one: it was changed, or lines before it were dropped';
const NOT_THE_LAST = 'is not the last one that was written: it was changed, or lines after it were dropped';
const NOT_KNOWN = 'was added, as may have been lines before it, or the program that wrote them was killed';

function notAfter(line: number): string {
  return `was not written after line ${line}: one of the two was changed or moved, or lines between them were dropped or added`;
}

/** What a changed log shows. */
export interface Finding {
  /** The file, as it was named to {@link verifyChain}. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly what: string;
}

/** What the first line of a log says of the one before it. */
export const BEFORE_THE_FIRST = '';

/** Longer texts are cut: whoever calls chooses some of them. */
const MOST_CHARACTERS = 1_024;

/** A line of the log, without its end: in ASCII, so that no terminal takes anything in it for a command. */
export function formatLine(previous: string, entry: AuditEntry): string {
  const line = { previous, ...entry };
  // Nearly all are short, and to have each member looked at by a function takes as long as all else.
  const json = JSON.stringify(line);
  const cut =
    json.length <= MOST_CHARACTERS ? json : JSON.stringify(line, (_, value: unknown) => cutText(value));
  return /^[ -~]*$/.test(cut) ? cut : cut.replace(/[^ -~]/g, escapeUnit);
}

function cutText(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= MOST_CHARACTERS) return value;
  return `${value.slice(0, MOST_CHARACTERS)}…`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** base64url of the SHA-256 of a line without its end. */
export function hashLine(line: string): string {
  return createHash('sha256').update(line).digest('base64url');
}

/** A log as it is on the disk. */
export interface WrittenLog {
  /** In the order in which they were written. */
  readonly files: readonly { readonly file: string; readonly text: string }[];
  /** Whether the first of them is the first that there was: old ones are removed in time. */
  readonly isWhole: boolean;
  /** The hash of the line that was written last; null when it is not known. */
  readonly head: string | null;
}

/** Looks for lines that were changed, dropped, moved or added. */
export function verifyChain({ files, isWhole, head }: WrittenLog): Finding[] {
  const findings: Finding[] = [];
  let before: { readonly file: string; readonly line: number; readonly hash: string } | null = null;
  let headSeen = false;
  for (const { file, text } of files) {
    for (const [index, line] of linesOf(text).entries()) {
      const at = { file, line: index + 1 };
      const previous = previousOf(line);
      if (previous === null) findings.push({ ...at, what: 'is not a line of the log' });
      else if (before === null) {
        if (isWhole && previous !== BEFORE_THE_FIRST) findings.push({ ...at, what: NOT_THE_FIRST });
      } else if (previous !== before.hash) {
        findings.push({ ...at, what: notAfter(before.line) });
      }
      before = { ...at, hash: hashLine(line) };
      headSeen ||= before.hash === head;
    }
  }
  const end = before ?? { file: files.at(-1)?.file ?? '', line: 0, hash: BEFORE_THE_FIRST };
  if (head !== null && head !== end.hash) {
    findings.push({ file: end.file, line: end.line, what: headSeen ? NOT_KNOWN : NOT_THE_LAST });
  }
  return findings;
}

/** The lines of a log's text; a last one without an end was not written to its end. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The entry in a line; null when it is none. */
export function readLine(line: string): AuditEntry | null {
  const value = parse(line);
  if (typeof value?.previous !== 'string') return null;
  const { time, command, pid, decision, secrets } = value;
  const isEntry =
    typeof time === 'string' &&
    typeof command === 'string' &&
    typeof pid === 'number' &&
    (decision === 'allowed' || decision === 'refused' || decision === 'done' || decision === 'failed') &&
    Array.isArray(secrets) &&
    secrets.every((name) => typeof name === 'string');
  if (!isEntry) return null;
  const { agent, method, host, path, program, status, reason, milliseconds, use } = value;
  return {
    time,
    command,
    pid,
    decision,
    secrets,
    ...texts({ agent, method, host, path, program, reason, use }),
    ...(typeof status === 'number' && { status }),
    ...(typeof milliseconds === 'number' && { milliseconds }),
  };
}

function previousOf(line: string): string | null {
  const previous = parse(line)?.previous;
  return typeof previous === 'string' ? previous : null;
}

function parse(line: string): Partial<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    // A line that somebody has changed need not be JSON.
    return null;
  }
}

/** The members that are texts. */
function texts(members: Record<string, unknown>): Record<string, string> {
  const isText = (member: [string, unknown]): member is [string, string] => typeof member[1] === 'string';
  return Object.fromEntries(Object.entries(members).filter(isText));
}
