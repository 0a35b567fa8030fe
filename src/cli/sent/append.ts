/**
 * Adding to the list of what was sent: `$XDG_STATE_HOME/zephr/sent.jsonl`, for its owner only. A create adds one line,
 * after its link is out, and loads nothing but this for it.
 */

import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../files/folders.js';
import { acquireLock } from '../files/process-lock.js';
import type { Terminal } from '../terminal/terminal.js';
import type { SentRecord } from './record.js';

/** Nobody holds the lock for longer, in milliseconds. */
export const LOCK_MS = 10_000;

const LINE_FEED = 0x0a;

/** The path of the list; null where the user has no folder for it. */
export function sentListPath(terminal: Terminal): string | null {
  const folder = stateFolder(terminal);
  return folder === null ? null : join(folder, 'sent.jsonl');
}

/**
 * Adds a secret or a request to the list.
 * @returns whether it is there; a folder that cannot be written, or a full disk, is no error.
 */
export function recordSent(record: SentRecord, terminal: Terminal): Promise<boolean> {
  return appendLines([JSON.stringify(record)], terminal);
}

/** Adds lines, without their ends, with one write under the list's lock. @returns whether they are there. */
export async function appendLines(lines: readonly string[], terminal: Terminal): Promise<boolean> {
  const path = sentListPath(terminal);
  if (path === null) return false;
  try {
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    const lock = await acquireLock(`${path}.lock`, LOCK_MS, terminal, async () => undefined);
    try {
      const file = await open(path, 'a+', 0o600);
      try {
        const { size } = await file.stat();
        const last = Buffer.alloc(1);
        if (size > 0) await file.read(last, 0, 1, size - 1);
        // What a process that was killed has left half written shall not spoil the line that follows.
        const start = size > 0 && last[0] !== LINE_FEED ? '\n' : '';
        const text = Buffer.from(`${start}${lines.join('\n')}\n`);
        const { bytesWritten } = await file.write(text);
        if (bytesWritten === text.length) return true;
        // The disk is full: half a line would be a damaged one.
        await file.truncate(size);
        return false;
      } finally {
        await file.close();
      }
    } finally {
      await lock.release();
    }
  } catch {
    // The secret was sent all the same, and who wants a list of it sees that it is not there.
    return false;
  }
}
