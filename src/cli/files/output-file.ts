/**
 * The file a secret goes to. It is made under a temporary name before the secret is requested, so that a folder which
 * is missing or not writable costs no secret, and it takes its own name only when it is complete.
 */

import { type FileHandle, link, lstat, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { isSystemError } from '../../core/errors.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import { systemReason } from '../exit/reason.js';
import { type Terminal, untilInterrupted } from '../terminal/terminal.js';
import { DEFAULT_NAME, fileNameOf } from './file-name.js';
import { type FileContents, openTemporaryFile, syncFolder, writeTo } from './temporary-file.js';

/** A name that every file system takes, in bytes. */
const SHORT_BYTES = 64;

/** The codes for a name that a file system does not take, and for one that a directory has. */
const BAD_NAME = ['ENAMETOOLONG', 'EINVAL', 'EILSEQ', 'EISDIR', 'ENOENT', 'EPERM'];

const NO_DIRECTORY = 'there is no such directory';

export interface OutputFile {
  /** The temporary file that takes the secret first; undefined where there is none. */
  readonly temporary?: string;
  /**
   * Writes the secret, waits until the disk has it, and gives it its name.
   * @param ownName the name its sender gave it, used when the output is a directory.
   * @returns the path of the file.
   */
  complete(secret: FileContents, ownName: string | undefined): Promise<string>;
  /** Removes the temporary file, where it has not become the complete one. */
  discard(): Promise<void>;
}

/**
 * Opens the output.
 * @param path a file; a directory, which takes the secret's own name; or a pipe or device.
 * @param force replaces a file at `path`. In a directory nothing is replaced: there the sender chose the name.
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
      return specialFile(path, await untilInterrupted(openSpecial(path), interrupt), interrupt);
    case 'directory':
      return newFile(path, interrupt, (temporary, name) =>
        moveToFirstValidName(temporary, path, namesFor(name, platform)),
      );
    case 'file':
      if (!force) throw fileExists(path);
      break;
    case 'nothing':
      if (path.endsWith('/') || path.endsWith(sep)) throw usageError(`${path}: ${NO_DIRECTORY}`);
  }
  return newFile(dirname(path), interrupt, (temporary) => moveTo(temporary, path, force));
}

async function newFile(
  directory: string,
  interrupt: AbortSignal,
  moveToName: (temporary: string, ownName: string | undefined) => Promise<string>,
): Promise<OutputFile> {
  const temporary = await openTemporaryFile(directory).catch((cause: unknown) => {
    throw notWritable(directory, cause);
  });
  return {
    temporary: temporary.path,
    async complete(secret, ownName) {
      await temporary.fill(secret);
      interrupt.throwIfAborted();
      const path = await moveToName(temporary.path, ownName);
      await syncFolder(directory);
      return path;
    },
    discard: () => temporary.discard(),
  };
}

/** A pipe, device or descriptor exists already and cannot be replaced: it is written to as it is. */
function specialFile(path: string, file: FileHandle, interrupt: AbortSignal): OutputFile {
  return {
    async complete(secret) {
      await untilInterrupted(writeTo(file, secret), interrupt);
      await file.close();
      return path;
    },
    async discard() {
      // Closing would wait for a write that waits for a reader; the end of the process closes it too.
      if (!interrupt.aborted) await file.close();
    },
  };
}

async function openSpecial(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a');
  } catch (cause) {
    throw notWritable(dirname(path), cause);
  }
}

/** The paths of descriptors that the shell has opened: a rename would put a file in their place. */
const DESCRIPTOR = /^\/(?:dev\/(?:stderr|fd\/[0-9]+)|proc\/self\/fd\/[0-9]+)$/;

/** What stands at a path. A link that leads nowhere is a file: writing there would follow or replace it. */
export async function kindOf(path: string): Promise<'nothing' | 'file' | 'directory' | 'special'> {
  if (basename(path) === '') throw usageError('the output has no file name');
  try {
    const found = await stat(path);
    if (DESCRIPTOR.test(path)) return 'special';
    return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'special';
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT'))
      throw usageError(`${path}: ${systemReason(cause, NO_DIRECTORY)}`, undefined, cause);
    return (await exists(path)) ? 'file' : 'nothing';
  }
}

/** Moves the temporary file to its name; without `force` never over another file, however late that came. */
export async function moveTo(temporary: string, path: string, force: boolean): Promise<string> {
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

/** The names for a secret in a directory, the best first. */
export function namesFor(ownName: string | undefined, platform: NodeJS.Platform): readonly string[] {
  return [fileNameOf(ownName, platform), fileNameOf(ownName, platform, SHORT_BYTES), DEFAULT_NAME];
}

/** Tries one name after the other: a secret that was read must not be lost because of a name that is not possible. */
export async function moveToFirstValidName(
  temporary: string,
  directory: string,
  names: readonly string[],
): Promise<string> {
  let badName: unknown;
  for (const one of new Set(names)) {
    try {
      return await moveToFreeName(temporary, join(directory, one));
    } catch (cause) {
      if (!isSystemError(cause, ...BAD_NAME)) throw cause;
      badName = cause;
    }
  }
  throw badName;
}

/** Moves the file to a name that is not taken: `.1`, `.2` and so on are added to one that is. */
async function moveToFreeName(temporary: string, path: string): Promise<string> {
  for (let number = 0; ; number++) {
    try {
      return await moveTo(temporary, number === 0 ? path : `${path}.${number}`, false);
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

function notWritable(directory: string, cause: unknown): CliError {
  const reason = systemReason(cause, NO_DIRECTORY);
  return usageError(`nothing can be written in ${directory}: ${reason}`, undefined, cause);
}
