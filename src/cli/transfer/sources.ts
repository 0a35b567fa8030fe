/** The files that a create sends: opened and measured before anything is sent, and read as they go. */

import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Attachment } from '../../client/files/content.js';
import { MAX_FILES } from '../../core/crypto/file-list.js';
import { CHUNK_BYTES } from '../../core/protocol/chunks.js';
import { CliError, Interrupted, usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import { isStdin } from '../files/bounded-read.js';
import { streamOf, takeStdin } from '../terminal/stdin.js';
import { type Terminal, untilInterrupted } from '../terminal/terminal.js';

/** The files of a create. */
export interface Sources {
  readonly attachments: readonly Attachment[];
  /** Bytes of all of them; undefined where a pipe is among them. */
  readonly totalBytes: number | undefined;
  /** Where they are, if each can be read a second time; null otherwise. */
  readonly paths: readonly string[] | null;
}

/**
 * Opens the files of `-a`.
 * @param paths files, of which one can be stdin.
 * @param stdinName the file name for stdin.
 * @throws CliError exit 2 for one that cannot be read, is a directory, or has no name, and for too many.
 */
export async function openSources(
  paths: readonly string[],
  stdinName: string | undefined,
  terminal: Terminal,
): Promise<Sources> {
  if (paths.length > MAX_FILES)
    throw usageError(`there are more than ${MAX_FILES} files`, 'put them into one: tar cz FILES | zephr');
  const attachments: Attachment[] = [];
  for (const path of paths)
    attachments.push(isStdin(path) ? stdinAs(stdinName, terminal) : await fileAt(path, terminal));
  const sizes = attachments.map(({ size }) => size);
  const isKnown = sizes.every((size) => size !== undefined);
  return {
    attachments,
    totalBytes: isKnown ? sizes.reduce((sum, size) => sum + size, 0) : undefined,
    paths: isKnown ? paths.map((path) => resolve(path)) : null,
  };
}

function stdinAs(name: string | undefined, { stdin }: Terminal): Attachment {
  if (name === undefined) throw usageError('the file on stdin has no name', 'give it one with --name');
  if (stdin.isTerminal) throw usageError('stdin is a terminal: there is no file', 'pipe one in: < FILE');
  takeStdin(stdin, 'file');
  return { name, content: streamOf(stdin) };
}

async function fileAt(path: string, { interrupt }: Terminal): Promise<Attachment> {
  const name = basename(path);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw directory(path);
    // A pipe waits for its writer: it is opened when its turn comes, and read once.
    if (!found.isFile()) return { name, content: contentAt(path, undefined, interrupt) };
    await (await open(path)).close();
    return { name, size: found.size, content: contentAt(path, found.size, interrupt) };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw usageError(`${path} cannot be attached: ${systemReason(cause)}`, undefined, cause);
  }
}

function directory(path: string): CliError {
  const name = basename(resolve(path)) || 'files';
  return usageError(
    `${path} is a directory`,
    `send it as one file: tar cz ${quoted(path)} | zephr --name ${quoted(`${name}.tgz`)}`,
  );
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The content of a file, each time from its beginning. */
function contentAt(
  path: string,
  size: number | undefined,
  interrupt: AbortSignal,
): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => read(path, size, interrupt) };
}

/** @throws CliError exit 2 when the file cannot be read, or has become longer or shorter than `size`. */
async function* read(
  path: string,
  size: number | undefined,
  interrupt: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let file: FileHandle | undefined;
  let length = 0;
  try {
    file = await untilInterrupted(open(path), interrupt);
    for (;;) {
      // A piece that was handed on is not changed: each has a memory of its own.
      const { bytesRead, buffer } = await untilInterrupted(
        file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES),
        interrupt,
      );
      if (bytesRead === 0) break;
      length += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    throw usageError(`${path} cannot be read: ${systemReason(cause)}`, undefined, cause);
  } finally {
    // An open that was interrupted ends with the process.
    await file?.close();
  }
  if (size !== undefined && length !== size)
    throw usageError(
      `${path} has changed while it was read`,
      'nothing was sent: run it again when it is at rest',
    );
}
