/**
 * A lock between processes of one user on one machine: a symbolic link, which is made in one step and whose target
 * names the process that holds it. The lock of a process that was killed is taken over. It keeps two processes from
 * working side by side as far as that can be told; nothing that must not be lost may depend on it.
 */

import { lstat, lutimes, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { isSystemError } from '../../core/errors.js';
import type { Terminal } from '../terminal/terminal.js';

export interface ProcessLock {
  /** Whether another process held it first. */
  readonly waited: boolean;
  /** Says that its process is still at work. */
  refresh(): Promise<void>;
  release(): Promise<void>;
}

/** How often a lock that is held is looked at, in milliseconds. */
const POLL_MS = 50;

/**
 * Waits until the lock is free, and takes it. Where no lock can be made (a file system without symbolic links, a folder
 * that is not writable) there is none, and no waiting.
 * @param path of the lock, in a folder that exists.
 * @param longestMs a lock older than this is taken over even if its process seems to be alive.
 * @param onWait is called once, when another process holds it.
 * @throws Interrupted while it waits.
 */
export async function acquireLock(
  path: string,
  longestMs: number,
  terminal: Terminal,
  onWait: () => Promise<void>,
): Promise<ProcessLock> {
  const own = await ownerNameOf(terminal.pid);
  let waited = false;
  for (;;) {
    try {
      await symlink(own, path);
      return { waited, refresh: () => touch(path), release: () => removeIfOwn(path, own) };
    } catch (error) {
      if (!isSystemError(error, 'EEXIST'))
        return { waited, refresh: async () => undefined, release: async () => undefined };
    }
    const owner = await ownerOf(path);
    if (owner === null) continue;
    if (owner === own || !(await isAlive(owner, terminal)) || (await ageOf(path)) > longestMs) {
      await takeAway(path, owner, own);
      continue;
    }
    if (!waited) await onWait();
    waited = true;
    await pause(POLL_MS);
    terminal.interrupt.throwIfAborted();
  }
}

/** The process that holds the lock; null when it has been released. */
async function ownerOf(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    // What is there is no lock of ours.
    return '';
  }
}

/** Removes the lock of `owner`. One that another process has put in its place meanwhile is put back. */
async function takeAway(path: string, owner: string, own: string): Promise<void> {
  const aside = `${path}.${own}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  if ((await ownerOf(aside)) === owner) await rm(aside, { recursive: true, force: true });
  else await rename(aside, path);
}

/** Makes the link itself as old as now. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  // It may have been taken over, which changes nothing for who holds it.
  await lutimes(path, now, now).catch(() => undefined);
}

async function removeIfOwn(path: string, own: string): Promise<void> {
  if ((await ownerOf(path)) === own) await rm(path, { force: true }).catch(() => undefined);
}

/** The process as a lock names it: its id, and on Linux when it was started, because ids are given out again. */
async function ownerNameOf(pid: number): Promise<string> {
  return `${pid}-${await startOf(pid)}`;
}

async function isAlive(owner: string, terminal: Terminal): Promise<boolean> {
  const [, pid] = /^([1-9][0-9]{0,9})-/.exec(owner) ?? [];
  return pid !== undefined && terminal.isRunning(Number(pid)) && (await ownerNameOf(Number(pid))) === owner;
}

/** When a process was started, in ticks since the machine was (proc(5), field 22 of `stat`); 0 where nothing says so. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, which may hold blanks and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    // Not Linux, or the process has ended.
    return '0';
  }
}

/** How long ago a file or link was last written to, in milliseconds; 0 for one that is not there. */
export async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await lstat(path)).mtimeMs;
  } catch {
    // It was removed meanwhile.
    return 0;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
