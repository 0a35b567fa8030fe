/** Lines of an audit log as they are written, for those who watch it, through the files that the log goes on in. */

import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifThere, isSystemError } from '../../core/errors.js';

/** How long until the log is looked at, where the system tells nothing of changes (a file system of the network). */
const LOOK_AGAIN_MS = 1_000;

const CHUNK_BYTES = 65_536;

/**
 * Gives the lines that are there, and then those that are added, until `signal` ends it with its reason.
 * @param path of the log, which need not be there yet.
 */
export async function* followLog(path: string, signal: AbortSignal): AsyncGenerator<string[], never> {
  const changes = watchFolder(path);
  let part: Part | null = null;
  try {
    for (;;) {
      signal.throwIfAborted();
      const changed = changes.next(signal);
      part ??= await openPart(path);
      yield part === null ? [] : await readLines(part);
      if (part !== null && (await numberOf(path)) !== part.number) {
        // It was put aside, and nobody writes to it any more.
        const last = await readLines(part);
        await part.file.close();
        part = null;
        yield last;
      } else await changed;
    }
  } finally {
    await part?.file.close();
    changes.close();
  }
}

/** A file of the log that is being read. */
interface Part {
  readonly file: FileHandle;
  /** The file's own, whatever it is called. */
  readonly number: number;
  position: number;
  /** A line whose end has not been written yet. */
  rest: Buffer;
}

async function openPart(path: string): Promise<Part | null> {
  const file = await ifThere(open(path));
  return file && { file, number: (await file.stat()).ino, position: 0, rest: Buffer.alloc(0) };
}

async function numberOf(path: string): Promise<number | null> {
  return (await ifThere(stat(path)))?.ino ?? null;
}

async function readLines(part: Part): Promise<string[]> {
  const pieces = [part.rest];
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await part.file.read(chunk, 0, chunk.length, part.position);
    if (bytesRead === 0) break;
    part.position += bytesRead;
    pieces.push(Buffer.from(chunk.subarray(0, bytesRead)));
  }
  const bytes = Buffer.concat(pieces);
  const end = bytes.lastIndexOf(0x0a) + 1;
  part.rest = bytes.subarray(end);
  return end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
}

/** Tells when something has changed in the folder of a file. */
function watchFolder(path: string) {
  let wake: () => void = () => undefined;
  let watcher: ReturnType<typeof watch> | null = null;
  try {
    watcher = watch(dirname(path), () => wake());
    watcher.on('error', () => watcher?.close());
  } catch (error) {
    // No such folder yet, or no more watching for this user: then it is looked at from time to time.
    if (!isSystemError(error, 'ENOENT', 'ENOSPC', 'EMFILE')) throw error;
  }
  return {
    /** Resolves at the next change, or after a while. */
    next: (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, LOOK_AGAIN_MS);
        wake = done;
        signal.addEventListener('abort', done, { once: true });
      }),
    close: () => watcher?.close(),
  };
}
