/**
 * The file a secret goes to. It is made under a temporary name before the secret is asked for, so that whatever
 * is wrong with the place is found while nothing is lost, and takes its own name only when it is complete.
 */

import { type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encodeBase64url } from '../core/base64url.js';
import { randomBytes } from '../core/bytes.js';
import { CliError, EXIT, usageError } from './exit.js';
import { isSystemError } from './terminal.js';

/** The name in a directory of a secret that has none. */
const NAMELESS = 'secret';

export interface OutputFile {
  /**
   * Writes the secret, waits until the disk has it, and gives it its name.
   * @param ownName the name its sender gave it, used when the output is a directory.
   * @returns the path it ended at.
   */
  complete(secret: Uint8Array, ownName: string | undefined): Promise<string>;
  /** Removes what there is of an incomplete file. Does nothing after completion. */
  discard(): Promise<void>;
}

/**
 * Opens the output.
 * @param path a file; a directory, which takes the secret's own name; or a pipe or device.
 * @throws CliError exit 4 when the file exists and `force` is false, exit 2 when nothing can be written there.
 */
export async function openOutputFile(path: string, { force }: { force: boolean }): Promise<OutputFile> {
  switch (await kindOf(path)) {
    case 'special':
      return specialFile(path, await openForWriting(path, 'w'));
    case 'directory':
      return newFile(path, (temporary, name) => settleInDirectory(temporary, join(path, name), force));
    case 'file':
      if (!force) throw fileExists(path);
      return newFile(dirname(path), (temporary) => settle(temporary, path, force));
    case 'nothing':
      return newFile(dirname(path), (temporary) => settle(temporary, path, force));
  }
}

async function newFile(
  directory: string,
  nameIt: (temporary: string, ownName: string) => Promise<string>,
): Promise<OutputFile> {
  const temporary = join(directory, `.zephr-${encodeBase64url(randomBytes(9))}.part`);
  const file = await openForWriting(temporary, 'wx');
  let isOpen = true;
  const closeOnce = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    async complete(secret, ownName = NAMELESS) {
      await file.writeFile(secret);
      await file.sync();
      await closeOnce();
      return nameIt(temporary, ownName);
    },
    async discard() {
      await closeOnce();
      await rm(temporary, { force: true });
    },
  };
}

/** A pipe or device is there already and cannot be made anew: it is written to as it is. */
function specialFile(path: string, file: FileHandle): OutputFile {
  return {
    async complete(secret) {
      await file.writeFile(secret);
      await file.close();
      return path;
    },
    discard: () => file.close(),
  };
}

async function openForWriting(path: string, flags: 'w' | 'wx'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    throw usageError(`nothing can be written in ${dirname(path)}: ${systemReason(cause)}`, undefined, cause);
  }
}

/** What stands at a path. A link that leads nowhere is a file: writing there would follow or replace it. */
async function kindOf(path: string): Promise<'nothing' | 'file' | 'directory' | 'special'> {
  if (basename(path) === '') throw usageError('the output has no file name');
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'special';
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT'))
      throw usageError(`${path}: ${systemReason(cause)}`, undefined, cause);
    return (await exists(path)) ? 'file' : 'nothing';
  }
}

/** Gives the temporary file its name; without `force` never over another file, however late it came. */
async function settle(temporary: string, path: string, force: boolean): Promise<string> {
  if (force) {
    await rename(temporary, path);
    return path;
  }
  try {
    await link(temporary, path);
    await rm(temporary);
  } catch (cause) {
    if (await exists(path)) throw fileExists(path, cause);
    // A file system without hard links: the check and the rename are two steps there.
    await rename(temporary, path);
  }
  return path;
}

/** In a directory a taken name gets a number: the secret has been read, and must end somewhere. */
async function settleInDirectory(temporary: string, path: string, force: boolean): Promise<string> {
  for (let number = 0; ; number++) {
    try {
      return await settle(temporary, number === 0 ? path : `${path}.${number}`, force);
    } catch (error) {
      if (!(error instanceof CliError && error.code === 'OUTPUT_EXISTS')) throw error;
    }
  }
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

function fileExists(path: string, cause?: unknown): CliError {
  return new CliError(EXIT.notAllowed, 'OUTPUT_EXISTS', `${path} exists`, {
    hint: 'use --force to overwrite it',
    cause,
  });
}

function systemReason(cause: unknown): string {
  if (isSystemError(cause, 'ENOENT')) return 'there is no such directory';
  if (isSystemError(cause, 'ENOTDIR')) return 'a part of the path is not a directory';
  if (isSystemError(cause, 'EACCES', 'EPERM', 'EROFS')) return 'permission denied';
  return cause instanceof Error ? cause.message : 'unknown reason';
}
