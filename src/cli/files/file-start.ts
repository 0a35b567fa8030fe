/** Reading small files that somebody names: they may be pipes that nobody writes to, or devices that never end. */

import { open } from 'node:fs/promises';
import { type Terminal, untilInterrupted } from '../terminal/terminal.js';

/** The first bytes of a file, and what kind of file it is. */
export interface FileStart {
  readonly bytes: Uint8Array;
  /** Permissions, as `stat` gives them. */
  readonly mode: number;
  /** Whether it is an ordinary file: no pipe, no device. */
  readonly ordinary: boolean;
}

/**
 * Reads the start of a file.
 * @param length bytes at most; a file that is longer fills them.
 * @throws Error with the system's `code`, such as `ENOENT` or `EISDIR`; Interrupted.
 */
export function readStart(
  path: string,
  length: number,
  { interrupt }: Pick<Terminal, 'interrupt'>,
): Promise<FileStart> {
  return untilInterrupted(read(path, length), interrupt);
}

async function read(path: string, length: number): Promise<FileStart> {
  const file = await open(path);
  try {
    const found = await file.stat();
    const buffer = new Uint8Array(length);
    let filled = 0;
    for (let more = true; more && filled < length; ) {
      const { bytesRead } = await file.read(buffer, filled, length - filled);
      filled += bytesRead;
      more = bytesRead > 0;
    }
    return { bytes: buffer.subarray(0, filled), mode: found.mode, ordinary: found.isFile() };
  } finally {
    await file.close();
  }
}
