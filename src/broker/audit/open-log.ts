/** The files of a log while a process has its lock: what it appends goes behind what it left there, or not at all. */

import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { isSystemError } from '../../core/errors.js';
import { type Processes, takeLockNow } from '../../vault/lock.js';

/** A log as this process left it. While nobody else writes, there is no need to read its end again. */
export interface Left {
  /** Which file it is: another one has taken its place once it was put aside. */
  readonly inode: number;
  readonly size: number;
  readonly hash: string;
}

/** Where a log is: the file, that of its head, and that of its lock. */
export interface LogFiles {
  readonly log: string;
  readonly head: string;
  readonly lock: string;
}

/** A log that is open for writing, under its lock. */
export class OpenLog {
  readonly #path: string;
  readonly #log: number;
  readonly #head: number;
  readonly #release: () => void;
  /** When it was opened, in milliseconds since 1970. */
  readonly since = Date.now();

  /**
   * Takes the lock and opens the files.
   * @returns null where others have the lock, or a file is not there.
   * @throws Error with the system's `code`.
   */
  static open({ log, head, lock }: LogFiles, processes: Pick<Processes, 'pid'>): OpenLog | null {
    const release = takeLockNow(lock, processes);
    if (release === null) return null;
    const opened: (number | null)[] = [];
    let open: OpenLog | null = null;
    try {
      opened.push(openIfThere(log, constants.O_WRONLY | constants.O_APPEND));
      opened.push(openIfThere(head, constants.O_WRONLY));
      const [logFile, headFile] = opened;
      if (typeof logFile === 'number' && typeof headFile === 'number')
        open = new OpenLog(log, logFile, headFile, release);
      return open;
    } finally {
      if (open === null) {
        closeAll(opened);
        release();
      }
    }
  }

  private constructor(path: string, log: number, head: number, release: () => void) {
    this.#path = path;
    this.#log = log;
    this.#head = head;
    this.#release = release;
  }

  /**
   * Appends to the log and writes its head.
   * @returns false, with nothing written, where the log is not as it was left, or the head was removed.
   * @throws Error with the system's `code`; nothing is appended then.
   */
  append(left: Left, bytes: Uint8Array, hash: string): boolean {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found?.ino !== left.inode || found.size !== left.size || fstatSync(this.#head).nlink === 0)
      return false;
    writeBoth(this.#log, this.#head, left.size, bytes, hash);
    return true;
  }

  close(): void {
    closeAll([this.#log, this.#head]);
    this.#release();
  }
}

function closeAll(files: readonly (number | null)[]): void {
  for (const file of files) if (file !== null) closeSync(file);
}

/**
 * Appends to the log and writes the hash of its last line over the one before. Both are there or neither: what there was
 * room for of the log is taken back, and on a full disk a head of the same length takes no room.
 */
export function writeBoth(log: number, head: number, size: number, bytes: Uint8Array, hash: string): void {
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(log, bytes, written);
    writeSync(head, hash, 0);
  } catch (error) {
    ftruncateSync(log, size);
    throw error;
  }
}

export function openIfThere(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
