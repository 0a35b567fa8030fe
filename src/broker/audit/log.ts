/**
 * The audit log on the disk. A use that cannot be logged is refused, so {@link AuditLog.append} comes before it. Any
 * number of processes append to one log, one at a time. The system decides when it reaches the disk itself: a power cut
 * may take the last lines.
 *
 * The file `head` beside the log holds the hash of the line that was written last: without it, nobody would miss a
 * last line that was dropped.
 */

import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  promises,
  readFileSync,
  readSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { ifThere, isSystemError, ZephrError } from '../../core/errors.js';
import { type Processes, takeLock, takeLockNow } from '../../vault/lock.js';
import {
  type AuditEntry,
  BEFORE_THE_FIRST,
  formatLine,
  hashLine,
  linesOf,
  type WrittenLog,
} from './chain.js';
import { type Left, OpenLog, openIfThere, writeBoth } from './open-log.js';

/** Where a log is, and who writes to it. */
export interface AuditStorage extends Processes {
  /** Of the log; older parts of it and its head are beside it. */
  readonly path: string;
  /** Bytes from which the log is put aside and a new file begun. Default: 10 MB. */
  readonly rotateBytes?: number;
}

/** The use cannot be logged, and so it is refused. The cause says why. */
export class AuditError extends ZephrError {
  override readonly name = 'AuditError';

  constructor(cause: unknown) {
    super('the audit log cannot be written, and what cannot be logged is refused', 'LOG_FAILED', { cause });
  }
}

const ROTATE_BYTES = 10 * 1_048_576;

/** How many older parts are kept. */
const KEPT_PARTS = 10;

/** How far from its end the log is read for its last lines: no line is longer. */
const TAIL_BYTES = 65_536;

interface Waiting {
  readonly entry: AuditEntry;
  readonly resolve: () => void;
  readonly reject: (error: AuditError) => void;
}

/** How long the files of a log that many lines go to stay open after a line, and at most, in milliseconds. */
const IDLE_MS = 5;
const OPEN_MS = 100;

/** Then, for so long, each line takes the lock for itself, so that others get it too: they ask for it every 22 ms or less. */
const REST_MS = 25;

/** Appends to one log. Entries that arrive together, or while others are being written, share a write. */
export class AuditLog {
  readonly #storage: AuditStorage;
  #waiting: Waiting[] = [];
  #writing = false;
  #left: Left | null = null;
  readonly #staysOpen: boolean;
  #open: OpenLog | null = null;
  #idle: NodeJS.Timeout | undefined;
  #restUntil = 0;

  /** @param staysOpen for a process that writes thousands of lines: the files, and their lock, stay open for a moment. */
  constructor(storage: AuditStorage, { staysOpen = false } = {}) {
    this.#storage = storage;
    this.#staysOpen = staysOpen;
  }

  /**
   * Resolves once the entry is in the file.
   * @throws AuditError when it is not, and nothing of it is.
   */
  append(entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#writing) return;
      this.#writing = true;
      // While the files are open a line is written sooner than others could join it.
      if (this.#open === null) setImmediate(() => void this.#writeWaiting());
      else void this.#writeWaiting();
    });
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const entries = batch.map(({ entry }) => entry);
        this.#left = this.#appendNow(entries) ?? (await appendEntries(this.#storage, entries));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(new AuditError(error));
      }
    }
    this.#writing = false;
  }

  /**
   * Appends where the log is as this process left it, without reading its end again.
   * @returns how it left the log; null where it is not as it was, others have its lock, or it is to be put aside.
   * @throws Error with the system's `code`; nothing is appended then.
   */
  #appendNow(entries: readonly AuditEntry[]): Left | null {
    const left = this.#left;
    if (left === null) return null;
    const { path, rotateBytes = ROTATE_BYTES } = this.#storage;
    const files = { log: path, head: headPath(path), lock: lockPath(path) };
    const open = this.#takeOpen() ?? OpenLog.open(files, this.#storage);
    if (open === null) return null;
    let isAsLeft = false;
    try {
      const { text, hash } = formatLines(left.hash, entries);
      const bytes = Buffer.from(text);
      const size = left.size + bytes.length;
      isAsLeft = size < rotateBytes && open.append(left, bytes, hash);
      return isAsLeft ? { inode: left.inode, size, hash } : null;
    } finally {
      if (isAsLeft && this.#mayStayOpen) this.#keepOpen(open);
      else open.close();
    }
  }

  /** What stayed open, unless it did so for too long: others may have taken its lock for abandoned. */
  #takeOpen(): OpenLog | null {
    const open = this.#open;
    this.#open = null;
    if (open === null) return null;
    const age = Date.now() - open.since;
    // A clock that was set, or a machine that slept, ends it too.
    if (age >= 0 && age < OPEN_MS) return open;
    open.close();
    this.#restUntil = Date.now() + REST_MS;
    return null;
  }

  get #mayStayOpen(): boolean {
    const rest = this.#restUntil - Date.now();
    return this.#staysOpen && (rest <= 0 || rest > REST_MS);
  }

  #keepOpen(open: OpenLog): void {
    this.#open = open;
    this.#idle ??= setTimeout(() => this.#closeIdle(), IDLE_MS);
    this.#idle.refresh();
  }

  #closeIdle(): void {
    try {
      this.#open?.close();
    } catch {
      // The line is written. What is wrong with the disk, the next one tells; a lock that stays is nobody's in a minute.
    }
    this.#open = null;
  }
}

/**
 * The log as it is, while nobody writes to it; one that was never written has no files.
 * @throws ZephrError `LOG_BUSY`; Error with the system's `code`.
 */
export async function readSettledLog(storage: AuditStorage): Promise<WrittenLog> {
  const { path } = storage;
  const isThere = (await ifThere(promises.stat(path))) !== null || (await partsOf(path)).length > 0;
  // Without a log there may be no folder for its lock.
  if (!isThere) return readAuditLog(path);
  const lock = await takeLock(lockPath(path), storage, isBusy);
  try {
    return await readAuditLog(path);
  } finally {
    await lock.release();
  }
}

/**
 * The lines of the log, the last one first. Older parts are read as far as lines are asked for.
 * @throws Error with the system's `code`.
 */
export async function* linesBackwards(path: string): AsyncGenerator<string> {
  for (const file of [path, ...(await partsOf(path)).reverse().map((number) => partPath(path, number))])
    yield* linesOf((await readIfThere(file)) ?? '').reverse();
}

/**
 * The log as it is; one that was never written has no files.
 * @throws Error with the system's `code`.
 */
export async function readAuditLog(path: string): Promise<WrittenLog> {
  const numbers = await partsOf(path);
  const files: { file: string; text: string }[] = [];
  for (const file of [...numbers.map((number) => partPath(path, number)), path]) {
    const text = await readIfThere(file);
    if (text !== null) files.push({ file, text });
  }
  return { files, isWhole: (numbers[0] ?? 1) === 1, head: await readIfThere(headPath(path)) };
}

function isBusy(): ZephrError {
  return new ZephrError('others hold the lock of the audit log', 'LOG_BUSY');
}

/**
 * Appends, once nobody else does. To hand each step to a thread would take ten times as long as the steps.
 * @returns how it left the log; null where that was put aside.
 */
async function appendEntries(storage: AuditStorage, entries: readonly AuditEntry[]): Promise<Left | null> {
  const { path, rotateBytes = ROTATE_BYTES } = storage;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = lockPath(path);
  const release = takeLockNow(lock, storage) ?? (await takeLock(lock, storage, isBusy)).release;
  try {
    const left = appendWhole(path, entries);
    if (left.size < rotateBytes) return left;
    await rotate(path);
    return null;
  } finally {
    await release();
  }
}

/** Appends behind what is there, whoever wrote it. */
function appendWhole(path: string, entries: readonly AuditEntry[]): Left {
  const log = openSync(path, 'a+', 0o600);
  try {
    const { size, ino: inode } = fstatSync(log);
    const tail = readTail(log, size);
    const lines = formatLines(lastHash(linesOf(tail), readHead(path)), entries);
    // A line that was not written to its end stays by itself.
    const bytes = Buffer.from((tail === '' || tail.endsWith('\n') ? '' : '\n') + lines.text);
    const head = openIfThere(headPath(path), constants.O_WRONLY) ?? openSync(headPath(path), 'wx', 0o600);
    try {
      writeBoth(log, head, size, bytes, lines.hash);
    } finally {
      closeSync(head);
    }
    return { inode, size: size + bytes.length, hash: lines.hash };
  } finally {
    closeSync(log);
  }
}

/** Lines for entries, behind the one with the hash `previous`, and the hash of the last. */
function formatLines(previous: string, entries: readonly AuditEntry[]): { text: string; hash: string } {
  let hash = previous;
  const lines = entries.map((entry) => {
    const line = formatLine(hash, entry);
    hash = hashLine(line);
    return `${line}\n`;
  });
  return { text: lines.join(''), hash };
}

/** The end of the log: whole lines, and a last one that may be torn. */
function readTail(log: number, size: number): string {
  const length = Math.min(size, TAIL_BYTES);
  const buffer = Buffer.alloc(length);
  const text = buffer.toString('utf8', 0, readSync(log, buffer, 0, length, size - length));
  return length === size ? text : text.slice(text.indexOf('\n') + 1);
}

/**
 * What the next line says of the one before it. A head that names a line of the tail, or none, is behind: its process
 * was killed between the two writes. One that names another line means that lines are missing, and the next line must
 * not hide that.
 */
function lastHash(tail: readonly string[], head: string | null): string {
  const last = tail.at(-1);
  const hash = last === undefined ? BEFORE_THE_FIRST : hashLine(last);
  if (head === null || head === hash || tail.some((line) => hashLine(line) === head)) return hash;
  return head;
}

async function rotate(path: string): Promise<void> {
  const numbers = await partsOf(path);
  await promises.rename(path, partPath(path, (numbers.at(-1) ?? 0) + 1));
  const old = numbers.slice(0, Math.max(0, numbers.length + 1 - KEPT_PARTS));
  for (const number of old) await promises.rm(partPath(path, number), { force: true });
}

/** The numbers of the older parts, oldest first. */
async function partsOf(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = (await ifThere(promises.readdir(dirname(path)))) ?? [];
  return names
    .filter((name) => name.startsWith(prefix) && /^[1-9][0-9]*$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((one, other) => one - other);
}

function partPath(path: string, number: number): string {
  return `${path}.${number}`;
}

function lockPath(path: string): string {
  return `${path}.lock`;
}

function headPath(path: string): string {
  return `${path}.head`;
}

/** Null also where who made it was killed before it wrote to it. */
function readHead(path: string): string | null {
  try {
    return readFileSync(headPath(path), 'utf8') || null;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

function readIfThere(path: string): Promise<string | null> {
  return ifThere(promises.readFile(path, 'utf8'));
}
