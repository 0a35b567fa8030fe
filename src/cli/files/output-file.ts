/**
 * The file a secret goes to. It is made under a temporary name before the secret is asked for, so that whatever
 * is wrong with the place is found while nothing is lost, and takes its own name only when it is complete.
 */

import { type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { randomBytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { CliError, EXIT, usageError } from '../exit/exit.js';
import { type Terminal, untilInterrupted } from '../terminal/terminal.js';
import { fileNameOf, NAMELESS } from './file-name.js';

/** A name that every file system takes, in bytes. */
const SHORT_BYTES = 64;

/** What file systems say to a name they do not take, and to one that is a directory's. */
const BAD_NAME = ['ENAMETOOLONG', 'EINVAL', 'EILSEQ', 'EISDIR', 'ENOENT', 'EPERM'];

export interface OutputFile {
  /**
   * Writes the secret, waits until the disk has it, and gives it its name.
   * @param ownName the name its sender gave it, used when the output is a directory.
   * @returns the path it ended at.
   */
  complete(secret: Uint8Array, ownName: string | undefined): Promise<string>;
  /** Removes what is left besides the complete file: all there is of an incomplete one. */
  discard(): Promise<void>;
}

/**
 * Opens the output.
 * @param path a file; a directory, which takes the secret's own name; or a pipe or device.
 * @throws CliError exit 4 when the file exists and `force` is false, exit 2 when nothing can be written there;
 *   Interrupted while a pipe waits for its reader.
 */
export async function openOutputFile(
  path: string,
  { force }: { force: boolean },
  { platform, interrupt }: Pick<Terminal, 'platform' | 'interrupt'>,
): Promise<OutputFile> {
  switch (await kindOf(path)) {
    case 'special':
      return specialFile(path, await untilInterrupted(openForWriting(path, 'a'), interrupt), interrupt);
    case 'directory':
      return newFile(path, interrupt, (temporary, name) =>
        settleUnderName(
          temporary,
          path,
          [fileNameOf(name, platform), fileNameOf(name, platform, SHORT_BYTES), NAMELESS],
          force,
        ),
      );
    case 'file':
      if (!force) throw fileExists(path);
      break;
    case 'nothing':
      if (path.endsWith('/') || path.endsWith(sep)) throw usageError(`${path}: there is no such directory`);
  }
  return newFile(dirname(path), interrupt, (temporary) => settle(temporary, path, force));
}

async function newFile(
  directory: string,
  interrupt: AbortSignal,
  nameIt: (temporary: string, ownName: string | undefined) => Promise<string>,
): Promise<OutputFile> {
  const temporary = join(directory, `.zephr-${encodeBase64url(randomBytes(9))}.part`);
  const file = await openForWriting(temporary, 'wx');
  let isOpen = true;
  const closeOnce = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    async complete(secret, ownName) {
      await file.writeFile(secret);
      await file.sync();
      await closeOnce();
      interrupt.throwIfAborted();
      return nameIt(temporary, ownName);
    },
    async discard() {
      await closeOnce();
      await rm(temporary, { force: true });
    },
  };
}

/** A pipe, device or descriptor is there already and cannot be made anew: it is written to as it is. */
function specialFile(path: string, file: FileHandle, interrupt: AbortSignal): OutputFile {
  return {
    async complete(secret) {
      await untilInterrupted(file.writeFile(secret), interrupt);
      await file.close();
      return path;
    },
    async discard() {
      // Closing would wait for a write that waits for a reader; the end of the process closes it too.
      if (!interrupt.aborted) await file.close();
    },
  };
}

async function openForWriting(path: string, flags: 'a' | 'wx'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    throw usageError(`nothing can be written in ${dirname(path)}: ${systemReason(cause)}`, undefined, cause);
  }
}

/** A descriptor that the shell has opened, by its name: to take that name for a file would put one in its place. */
const DESCRIPTOR = /^\/(?:dev\/(?:stderr|fd\/[0-9]+)|proc\/self\/fd\/[0-9]+)$/;

/** What stands at a path. A link that leads nowhere is a file: writing there would follow or replace it. */
async function kindOf(path: string): Promise<'nothing' | 'file' | 'directory' | 'special'> {
  if (basename(path) === '') throw usageError('the output has no file name');
  try {
    const found = await stat(path);
    if (DESCRIPTOR.test(path)) return 'special';
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
  } catch (cause) {
    if (await exists(path)) throw fileExists(path, cause);
    // A file system without hard links: the check and the rename are two steps there.
    await rename(temporary, path);
  }
  return path;
}

/** The secret has been read, and must end somewhere: under a shorter name, or under none of its own. */
async function settleUnderName(
  temporary: string,
  directory: string,
  names: readonly string[],
  force: boolean,
): Promise<string> {
  let refusal: unknown;
  for (const one of new Set(names)) {
    try {
      return await settleWithNumber(temporary, join(directory, one), force);
    } catch (cause) {
      if (!isSystemError(cause, ...BAD_NAME)) throw cause;
      refusal = cause;
    }
  }
  throw refusal;
}

/** A taken name gets a number. */
async function settleWithNumber(temporary: string, path: string, force: boolean): Promise<string> {
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
    advice: 'use --force to overwrite it',
    cause,
  });
}

function systemReason(cause: unknown): string {
  if (isSystemError(cause, 'ENOENT')) return 'there is no such directory';
  if (isSystemError(cause, 'ENOTDIR')) return 'a part of the path is not a directory';
  if (isSystemError(cause, 'EACCES', 'EPERM', 'EROFS')) return 'permission denied';
  if (isSystemError(cause, 'ENAMETOOLONG')) return 'the name is too long';
  return cause instanceof Error ? cause.message : 'unknown reason';
}
