/**
 * Reading and writing the standard streams, through the file descriptors themselves: Node's stdout drops the rest of a partial write to a
 * file, and reports a full disk too late. Here every byte is written, or the write fails.
 */

import { fstat, fsync, read, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Bytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';

const readFile = promisify(read);
const writeFile = promisify(write);
const statFile = promisify(fstat);
const syncFile = promisify(fsync);

/** Pause before another try on a descriptor that another process made non-blocking, in milliseconds. */
const BUSY_PAUSE_MS = 5;

/** How long the last words of a process may take where the descriptor is non-blocking, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** Reads from a descriptor. */
export interface Reader {
  /**
   * The next bytes, at most 64 KB; empty at the end.
   * @throws Error with the system's `code`, such as `EISDIR`.
   */
  read(): Promise<Bytes>;
}

/** Writes to a descriptor. */
export interface Writer {
  /**
   * Writes all of it. Of a stream, the next piece is asked for when the one before was written.
   * @throws Error with the system's `code`: `EPIPE` when the reader has gone, `ENOSPC` when the disk is full; what the
   *   stream throws.
   */
  write(data: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Writes all of it before it returns, as far as that is possible: for the last words of a process, which has nobody
   * left to tell of a failure.
   */
  writeNow(data: string): void;
  /** Waits until a file has what was written to it on its disk. Does nothing for pipes and terminals. */
  flush(): Promise<void>;
}

/** Waits for work, or gives up waiting: an interrupt may end it. */
export type Waiting = <T>(work: Promise<T>) => Promise<T>;

/** @param waiting is called with each read. */
export function readerOf(descriptor: number, waiting: Waiting): Reader {
  const buffer = new Uint8Array(65_536);
  return {
    async read() {
      try {
        const { bytesRead } = await waiting(
          untilReady(() => readFile(descriptor, buffer, 0, buffer.length, null)),
        );
        return buffer.slice(0, bytesRead);
      } catch (error) {
        // Windows says so when the writing end of a pipe is closed.
        if (isSystemError(error, 'EOF')) return new Uint8Array();
        throw error;
      }
    },
  };
}

/** @param waiting is called with each write. */
export function writerOf(descriptor: number, waiting: Waiting): Writer {
  const writeAll = async (bytes: Uint8Array) => {
    for (let offset = 0; offset < bytes.length; ) {
      const from = offset;
      const { bytesWritten } = await waiting(
        untilReady(() => writeFile(descriptor, bytes, from, bytes.length - from, null)),
      );
      offset += bytesWritten;
    }
  };
  return {
    async write(data) {
      if (typeof data === 'string') return writeAll(new TextEncoder().encode(data));
      if (data instanceof Uint8Array) return writeAll(data);
      for await (const piece of data) await writeAll(piece);
    },
    writeNow: (data) => writeAllNow(descriptor, new TextEncoder().encode(data)),
    async flush() {
      if ((await statFile(descriptor)).isFile()) await syncFile(descriptor);
    },
  };
}

/** Writes until all is written, or fails for another reason than that the reader of a pipe is slow. */
function writeAllNow(descriptor: number, bytes: Uint8Array): void {
  const deadline = Date.now() + LAST_WORDS_MS;
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN') || Date.now() > deadline) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
    }
  }
}

/** Repeats an operation while its descriptor would block. */
async function untilReady<T>(operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN')) throw error;
      await pause(BUSY_PAUSE_MS);
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
