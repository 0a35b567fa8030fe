/**
 * Reading files that a person or a program names. Such a file may be a pipe without a writer or a device without an
 * end, so the read stops at a limit and at an interrupt.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { takeStdin } from '../terminal/stdin.js';
import { type Input, type Terminal, untilInterrupted } from '../terminal/terminal.js';

/** The first bytes of a file, and what kind of file it is. */
export interface BoundedRead {
  readonly bytes: Uint8Array;
  /** Permissions, as `stat` gives them; 0 for stdin. */
  readonly mode: number;
  /** Whether it is an ordinary file: no pipe, no device, and not stdin. */
  readonly ordinary: boolean;
}

/** The names of stdin. Opened as a path, each but `-` would fail where stdin is a socket. */
const STDIN: readonly string[] = ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

/** Whether a path names stdin. */
export function isStdin(path: string): boolean {
  return STDIN.includes(path);
}

/**
 * Reads at most `limit` bytes of a file; a file that is longer fills them.
 * @param what the file is for, in words: stdin cannot be two things.
 * @throws Error with the system's `code`, such as `ENOENT` or `EISDIR`; Interrupted; CliError exit 2 when stdin is
 *   something else already.
 */
export function readUpTo(
  path: string,
  limit: number,
  what: string,
  { stdin, interrupt }: Pick<Terminal, 'stdin' | 'interrupt'>,
): Promise<BoundedRead> {
  return isStdin(path) ? readInput(stdin, limit, what) : untilInterrupted(read(path, limit), interrupt);
}

async function readInput(stdin: Input, limit: number, what: string): Promise<BoundedRead> {
  takeStdin(stdin, what);
  const buffer = new Uint8Array(limit);
  let filled = 0;
  while (filled < limit) {
    const chunk = await stdin.read();
    if (chunk.length === 0) break;
    buffer.set(chunk.subarray(0, limit - filled), filled);
    filled += Math.min(chunk.length, limit - filled);
  }
  return { bytes: buffer.subarray(0, filled), mode: 0, ordinary: false };
}

async function read(path: string, limit: number): Promise<BoundedRead> {
  const file = await open(path);
  try {
    const found = await file.stat();
    return { bytes: await fill(file, limit), mode: found.mode, ordinary: found.isFile() };
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(limit);
  let filled = 0;
  for (let more = true; more && filled < limit; ) {
    const { bytesRead } = await file.read(buffer, filled, limit - filled);
    filled += bytesRead;
    more = bytesRead > 0;
  }
  return buffer.subarray(0, filled);
}
