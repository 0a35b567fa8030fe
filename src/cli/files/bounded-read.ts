/**
 * Reading files that a person or a program names. Such a file may be a pipe without a writer or a device without an
 * end, so the read stops at a limit and at an interrupt.
 */

import { open } from 'node:fs/promises';
import { type Terminal, untilInterrupted } from '../terminal/terminal.js';

/** The first bytes of a file, and what kind of file it is. */
export interface BoundedRead {
  readonly bytes: Uint8Array;
  /** Permissions, as `stat` gives them. */
  readonly mode: number;
  /** Whether it is an ordinary file: no pipe, no device. */
  readonly ordinary: boolean;
}

/**
 * Reads at most `limit` bytes of a file; a file that is longer fills them.
 * @throws Error with the system's `code`, such as `ENOENT` or `EISDIR`; Interrupted.
 */
export function readUpTo(
  path: string,
  limit: number,
  { interrupt }: Pick<Terminal, 'interrupt'>,
): Promise<BoundedRead> {
  return untilInterrupted(read(path, limit), interrupt);
}

async function read(path: string, limit: number): Promise<BoundedRead> {
  const file = await open(path);
  try {
    const found = await file.stat();
    const buffer = new Uint8Array(limit);
    let filled = 0;
    for (let more = true; more && filled < limit; ) {
      const { bytesRead } = await file.read(buffer, filled, limit - filled);
      filled += bytesRead;
      more = bytesRead > 0;
    }
    return { bytes: buffer.subarray(0, filled), mode: found.mode, ordinary: found.isFile() };
  } finally {
    await file.close();
  }
}
