/**
 * Files that are complete or not there: written under a temporary name, brought to the disk, and only then given their
 * own name in one step. Only their owner can read them.
 */

import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { randomBytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';

/** What can be written to a file: all at once, or piece by piece as it comes. */
export type FileContents = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A new file beside the one it will become. */
export interface TemporaryFile {
  readonly path: string;
  /** Writes all of the file, waits until the disk has it, and closes it. Its name is the caller's to change. */
  fill(data: FileContents): Promise<void>;
  /** Closes and removes it; one that was renamed stays. */
  discard(): Promise<void>;
}

const NAME = /^\.zephr-[\w-]{12}\.part$/;

/**
 * Removes a temporary file, or a folder of them, that a process which was killed has left; what has any other name is left
 * alone.
 */
export async function removeLeftover(path: string): Promise<void> {
  if (isTemporary(path)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/** Whether a path has a name that {@link temporaryName} gives. */
export function isTemporary(path: string): boolean {
  return NAME.test(basename(path));
}

/** A new name, for what is not complete. */
export function temporaryName(): string {
  return `.zephr-${encodeBase64url(randomBytes(9))}.part`;
}

/**
 * Makes a file with a name of its own.
 * @throws Error with the system's `code`, such as `ENOENT` or `EACCES`.
 */
export async function openTemporaryFile(folder: string): Promise<TemporaryFile> {
  const path = join(folder, temporaryName());
  const file = await open(path, 'wx', 0o600);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    path,
    async fill(data) {
      await writeTo(file, data);
      await file.sync();
      await close();
    },
    async discard() {
      await close();
      await rm(path, { force: true });
    },
  };
}

/**
 * Puts a file in the place of the one at `path`, if there is one, so that it is there after a loss of power too. A
 * folder that is missing is made, for its owner only.
 * @throws Error with the system's `code`; then what was at `path` is still there.
 */
export async function replaceFile(path: string, data: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = await openTemporaryFile(dirname(path));
  try {
    await temporary.fill(data);
    await rename(temporary.path, path);
    await syncFolder(dirname(path));
  } finally {
    // What went wrong before is what has to be reported.
    await temporary.discard().catch(() => undefined);
  }
}

/** The codes for a folder that cannot be synchronized: one that may not be listed, and any on Windows. */
const NO_SYNC = ['EACCES', 'EBADF', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];

/** Brings the names in a folder to the disk: of a new file, `fsync` of the file alone need not do that (fsync(2)). */
export async function syncFolder(folder: string): Promise<void> {
  let opened: FileHandle | undefined;
  try {
    opened = await open(folder, 'r');
    await opened.sync();
  } catch (error) {
    if (!isSystemError(error, ...NO_SYNC)) throw error;
  } finally {
    await opened?.close();
  }
}

/** Writes `contents` where the file's last write ended. Of a stream, one piece at a time. */
export async function writeTo(file: FileHandle, contents: FileContents): Promise<void> {
  if (typeof contents === 'string' || contents instanceof Uint8Array) return file.writeFile(contents);
  for await (const piece of contents) await file.writeFile(piece);
}
