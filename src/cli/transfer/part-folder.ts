/**
 * Files that are complete or not there, all of them: written into a folder with a temporary name beside where they will
 * go, brought to the disk, and only then given their own names. What came before an interrupt is still there for the
 * next run.
 */

import { type FileHandle, link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileEntry } from '../../core/crypto/file-list.js';
import type { FilePart } from '../../core/crypto/files.js';
import { isSystemError } from '../../core/errors.js';
import { CliError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { PendingFiles } from '../files/pending-claims.js';
import { removeLeftover, syncFolder, temporaryName } from '../files/temporary-file.js';

export class PartFolder {
  readonly #path: string;
  readonly #files: readonly FileEntry[];
  /** Where each file begins in the bytes of all of them. */
  readonly #starts: readonly number[];
  #open: { readonly index: number; readonly file: FileHandle } | undefined;
  /** How many bytes were written, and how many of them are on the disk. */
  #written: number;
  #durable: number;

  /**
   * Opens the folder of an earlier run, where that is in `directory` and has all that it should, or makes one.
   * @throws Error with the system's `code`.
   */
  static async open(
    directory: string,
    files: readonly FileEntry[],
    earlier: PendingFiles | undefined,
  ): Promise<PartFolder> {
    if (earlier !== undefined) {
      const found = new PartFolder(earlier.folder, files, earlier.bytes);
      if ((await isSame(dirname(earlier.folder), directory)) && (await found.#isThere())) return found;
      await removeLeftover(earlier.folder);
    }
    const path = join(directory, temporaryName());
    await mkdir(path, { mode: 0o700 });
    return new PartFolder(path, files, 0);
  }

  private constructor(path: string, files: readonly FileEntry[], bytes: number) {
    this.#path = path;
    this.#files = files;
    let start = 0;
    this.#starts = files.map(({ size }) => {
      start += size;
      return start - size;
    });
    this.#written = bytes;
    this.#durable = bytes;
  }

  /** What is on the disk. */
  get state(): PendingFiles {
    return { folder: this.#path, bytes: this.#durable };
  }

  /** How many bytes were written, those of an earlier run included. */
  get written(): number {
    return this.#written;
  }

  /** Writes the next part. @throws Error with the system's `code`. */
  async write({ index, bytes }: FilePart): Promise<void> {
    if (this.#open?.index !== index) await this.#openFile(index);
    await this.#open?.file.writeFile(bytes);
    this.#written += bytes.length;
  }

  /** Brings what was written to the disk. */
  async sync(): Promise<void> {
    const written = this.#written;
    await this.#open?.file.datasync();
    this.#durable = written;
  }

  /** Closes the file that was written last. What was written stays. */
  async close(): Promise<void> {
    const last = this.#open;
    this.#open = undefined;
    await last?.file.close();
  }

  /** Makes the files that have no bytes, and brings all to the disk. @returns their paths, in order. */
  async complete(): Promise<readonly string[]> {
    await this.sync();
    await this.close();
    for (const [index, { size }] of this.#files.entries()) {
      if (size === 0) await (await open(this.#pathOf(index), 'a', 0o600)).close();
    }
    await syncFolder(this.#path);
    return this.#files.map((_, index) => this.#pathOf(index));
  }

  /** Removes what is left. Files that have their own names stay. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { recursive: true, force: true });
  }

  /** Goes on with a file where its bytes on the disk end: after them may be some that got there by chance. */
  async #openFile(index: number): Promise<void> {
    if (this.#open !== undefined) await this.sync();
    await this.close();
    const file = await open(this.#pathOf(index), 'a', 0o600);
    this.#open = { index, file };
    await file.truncate(this.#written - (this.#starts[index] ?? 0));
  }

  /** Whether the files have at least the bytes that are said to be on the disk. */
  async #isThere(): Promise<boolean> {
    for (const [index, { size }] of this.#files.entries()) {
      const expected = Math.min(size, Math.max(0, this.#durable - (this.#starts[index] ?? 0)));
      if (expected > 0 && (await sizeAt(this.#pathOf(index))) < expected) return false;
    }
    return (await sizeAt(this.#path)) >= 0;
  }

  #pathOf(index: number): string {
    return join(this.#path, String(index));
  }
}

/**
 * Gives files their own names, all of them or none; no other file is replaced. One that has its name already, from a run
 * that was broken off here, keeps it.
 * @throws CliError exit 10 when a name is taken; Error with the system's `code`.
 */
export async function placeAll(files: readonly (readonly [from: string, to: string])[]): Promise<void> {
  const placed: string[] = [];
  try {
    for (const [from, to] of files) {
      if (await isSame(from, to)) continue;
      try {
        await place(from, to);
      } catch (cause) {
        throw isSystemError(cause, 'EEXIST') ? nameTaken(to, cause) : cause;
      }
      placed.push(to);
    }
  } catch (error) {
    for (const path of placed) await rm(path, { force: true });
    throw error;
  }
  for (const folder of new Set(files.map(([, to]) => dirname(to)))) await syncFolder(folder);
}

/** @throws Error `EEXIST` where there is another file. */
async function place(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (isSystemError(cause, 'EEXIST')) throw cause;
    // A file system without hard links: the check and the rename are two steps there.
    if (await exists(to)) throw Object.assign(new Error('it exists'), { code: 'EEXIST' });
    await rename(from, to);
  }
}

/** Checks that no name is taken, before the files come. @throws CliError exit 10. */
export async function requireFree(files: readonly (readonly [from: string, to: string])[]): Promise<void> {
  for (const [from, to] of files) if ((await exists(to)) && !(await isSame(from, to))) throw nameTaken(to);
}

function nameTaken(path: string, cause?: unknown): CliError {
  return new CliError(EXIT.notDelivered, 'NOT_DELIVERED', `${path} exists, and no file is replaced`, {
    advice: 'name another folder with -o',
    cause,
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Whether both paths lead to the same file; false where one leads nowhere. */
async function isSame(left: string, right: string): Promise<boolean> {
  try {
    const [one, other] = [await stat(left), await stat(right)];
    return one.ino === other.ino && one.dev === other.dev;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Bytes of a file; -1 where there is none. */
async function sizeAt(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return -1;
    throw error;
  }
}
