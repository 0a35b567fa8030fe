/**
 * One process at a time: a lock beside a file, which outlives no process that holds it. What a command mostly does
 * without, node:fs/promises, is loaded where it is used, here and in what else opens a vault.
 */

import { promises, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeBase64url } from '../core/base64url.js';
import { randomBytes } from '../core/bytes.js';
import { ifThere, isSystemError } from '../core/errors.js';

/** What telling the living from the dead takes. */
export interface Processes {
  /** This process. */
  readonly pid: number;
  /** Whether a process of this machine has not ended. */
  readonly isRunning: (pid: number) => boolean;
}

/** A lock that this process holds. */
export interface FileLock {
  /** Whether nobody took it for abandoned in the meantime. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** How long to wait for those before: each needs milliseconds. */
const TIMEOUT_MS = 60_000;

/** A lock of this age is nobody's, also where its owner was on another machine. */
const LIFETIME_MS = 60_000;

const POLL_MS = 15;

/**
 * Waits for the lock and takes it. That of a process that died is taken over.
 * @param busy the error when others hold it for a minute
 * @throws Error with the system's `code` where no file can be made; what `busy` makes.
 */
export async function takeLock(path: string, processes: Processes, busy: () => Error): Promise<FileLock> {
  const owner = newOwner(processes);
  const deadline = Date.now() + TIMEOUT_MS;
  while (!(await makeFile(path, owner))) {
    if (Date.now() > deadline) throw busy();
    if (await isAbandoned(path, processes)) await removeAbandoned(path, processes);
    // Not all at the same moment.
    else await wait(POLL_MS * (0.5 + Math.random()));
  }
  const isHeld = async () => (await ownerOf(path)) === owner;
  return {
    isHeld,
    release: async () => {
      if (await isHeld()) await promises.rm(path, { force: true });
    },
  };
}

/**
 * Takes the lock at once, for work of microseconds: nothing waits for a thread. It is a link that leads nowhere and has
 * its owner for a target: to make a file and write into it takes four times as long.
 * @returns what releases it; null when others have it, or there are no links here.
 * @throws Error with the system's `code` where nothing can be made.
 */
export function takeLockNow(path: string, processes: Pick<Processes, 'pid'>): (() => void) | null {
  const owner = newOwner(processes);
  try {
    symlinkSync(owner, path);
  } catch (error) {
    // Windows lets few users make one, and some file systems nobody.
    if (isSystemError(error, 'EEXIST', 'EPERM', 'ENOSYS', 'ENOTSUP')) return null;
    throw error;
  }
  return () => {
    if (targetOf(path) === owner) unlinkSync(path);
  };
}

/** Null where the lock was taken for abandoned, and is gone or another one. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EINVAL')) return null;
    throw error;
  }
}

/** Tells this process from those that had its number before, and its locks from each other. */
const OWN = { id: encodeBase64url(randomBytes(9)), host: hostname(), locks: 0 };

function newOwner({ pid }: Pick<Processes, 'pid'>): string {
  OWN.locks += 1;
  return `${pid} ${OWN.host} ${OWN.id}.${OWN.locks}`;
}

/** Makes a file that is not there yet; false when it is. */
async function makeFile(path: string, text: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await promises.open(path, 'wx', 0o600);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await file.writeFile(text);
  } catch (error) {
    // A full disk has room for a name without a text, and nobody would know whose lock that is.
    await promises.rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** Empty for a lock that has just been released. */
async function ownerOf(path: string): Promise<string> {
  const text = await ifThere(promises.readFile(path, 'utf8'));
  if (text !== null) return text;
  // A link that leads nowhere is no file that can be read.
  return promises.readlink(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'EINVAL')) return '';
    throw error;
  });
}

/** Whether a lock's owner has died, or it is older than its work can take. */
async function isAbandoned(path: string, { isRunning }: Processes): Promise<boolean> {
  const [pid = '', host = ''] = (await ownerOf(path)).split(' ');
  if (host === OWN.host && !isRunning(Number(pid))) return true;
  const age = await promises.lstat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    // It has just been released.
    () => 0,
  );
  return age > LIFETIME_MS;
}

/** Removes an abandoned lock, unless another process does: of two, the slower one would remove the other's new lock. */
async function removeAbandoned(path: string, processes: Processes): Promise<void> {
  const turn = `${path}.turn`;
  if (!(await makeFile(turn, ''))) {
    if (await isAbandoned(turn, processes)) await promises.rm(turn, { force: true });
    await wait(POLL_MS);
    return;
  }
  try {
    if (await isAbandoned(path, processes)) await promises.rm(path, { force: true });
  } finally {
    await promises.rm(turn, { force: true });
  }
}
