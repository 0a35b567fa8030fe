/**
 * The list of what was sent from this machine, read as a whole. A command looks after it in passing: it skips damaged
 * lines, and writes the list anew when most of its lines are out of date.
 */

import { readFile } from 'node:fs/promises';
import { errorCode, isSystemError, ZephrError } from '../../core/errors.js';
import { usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import { acquireLock } from '../files/process-lock.js';
import { replaceFile } from '../files/temporary-file.js';
import type { Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';
import { appendLines, LOCK_MS, sentListPath } from './append.js';
import {
  countsOf,
  formatState,
  hasEnded,
  type KnownState,
  keyOf,
  type Listed,
  newlyListed,
  type Place,
  parseLine,
  withState,
} from './record.js';

/** Out of date lines that are left alone. */
const SPARE_LINES = 1_000;

/** A whole list. */
export interface SentList {
  /** Oldest first. */
  readonly records: readonly Listed[];
  /** Lines that could not be read. */
  readonly damaged: number;
  /** Lines that a compaction would leave out. */
  readonly spare: number;
}

const NO_LIST: SentList = { records: [], damaged: 0, spare: 0 };

/**
 * Reads the list; says once how many lines of it are damaged. Where there is none, nothing was sent.
 * @throws CliError exit 2 where it is there and cannot be read.
 */
export async function readSentList(terminal: Terminal, reporter: Reporter): Promise<SentList> {
  const path = sentListPath(terminal);
  if (path === null) return NO_LIST;
  const list = listOf(await linesIn(path));
  if (list.damaged > 0) {
    const lines = list.damaged === 1 ? 'a line is' : `${list.damaged} lines are`;
    await reporter.warn(`${lines} damaged in ${path}, and left out`);
  }
  if (list.spare > SPARE_LINES && list.spare > list.records.length) await compactInPassing(path, terminal);
  return list;
}

/** Keeps what became of records. Where it cannot be kept, the next command asks again. */
export async function keepStates(
  changes: readonly { readonly place: Place; readonly known: KnownState }[],
  terminal: Terminal,
): Promise<void> {
  if (changes.length === 0) return;
  await appendLines(
    changes.map(({ place, known }) => formatState(place, known)),
    terminal,
  );
}

/**
 * Drops the lines of what has ended.
 * @returns how many records.
 * @throws CliError exit 2 where the list cannot be written.
 */
export async function forgetEnded(terminal: Terminal): Promise<number> {
  const path = sentListPath(terminal);
  if (path === null) return 0;
  let forgotten = 0;
  const stays = ({ known }: Listed) => {
    if (hasEnded(known)) forgotten += 1;
    return !hasEnded(known);
  };
  try {
    await compact(path, terminal, stays);
  } catch (error) {
    if (!isOfSystem(error)) throw error;
    throw usageError(`the list ${path} cannot be written: ${systemReason(error)}`, undefined, error);
  }
  return forgotten;
}

/** Writes the list anew; one that cannot be written is as good to read as it was. */
async function compactInPassing(path: string, terminal: Terminal): Promise<void> {
  try {
    await compact(path, terminal, () => true);
  } catch (error) {
    if (!isOfSystem(error)) throw error;
  }
}

function isOfSystem(error: unknown): boolean {
  return errorCode(error) !== undefined && !(error instanceof ZephrError);
}

async function linesIn(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw usageError(`the list ${path} cannot be read: ${systemReason(error)}`, undefined, error);
  }
}

function listOf(lines: readonly string[]): SentList {
  const records = new Map<string, Listed>();
  let damaged = 0;
  let states = 0;
  for (const text of lines) {
    const line = parseLine(text);
    if (line.is === 'damaged') damaged += 1;
    else if (line.is === 'record') records.set(keyOf(line.record), newlyListed(line.record));
    else if (line.is === 'state') {
      states += 1;
      const record = records.get(keyOf(line.place));
      if (record) records.set(keyOf(record), withState(record, line.known));
    }
  }
  const all = [...records.values()];
  const ended = all.filter((record) => countsOf(record).left < 1 || hasEnded(record.known));
  return { records: all, damaged, spare: damaged + Math.max(0, states - ended.length) };
}

/**
 * Writes the list anew: a line for each record that stays, one for what became of it, and all of other kinds.
 * @throws Error with the system's `code`; CliError as {@link readSentList} does; Interrupted.
 */
async function compact(path: string, terminal: Terminal, stays: (record: Listed) => boolean): Promise<void> {
  const lock = await acquireLock(`${path}.lock`, LOCK_MS, terminal, async () => undefined);
  try {
    // Read again: another process may have added to it.
    const lines = await linesIn(path);
    const others = lines.filter((line) => parseLine(line).is === 'other');
    const kept = listOf(lines)
      .records.filter(stays)
      .flatMap((listed) => {
        const { known, ...record } = listed;
        const { all, left } = countsOf(listed);
        const isNew = !hasEnded(known) && left === all;
        return isNew ? [JSON.stringify(record)] : [JSON.stringify(record), formatState(record, known)];
      });
    const all = [...kept, ...others];
    await replaceFile(path, all.map((line) => `${line}\n`).join(''));
  } finally {
    await lock.release();
  }
}
