/** The vault's file on the disk: read as it is, changed by one process at a time, old or new whatever happens. */

import { open, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeBase64url } from '../core/base64url.js';
import { randomBytes } from '../core/bytes.js';
import { isSystemError, ZephrError } from '../core/errors.js';

/** Where a vault is, and what changing its file takes. */
export interface VaultStorage {
  readonly path: string;
  /** Puts a file in the place of the one before, in one step. */
  readonly replace: (path: string, text: string) => Promise<void>;
  /** This process. */
  readonly pid: number;
  /** Whether a process of this machine has not ended. */
  readonly isRunning: (pid: number) => boolean;
}

/** How long a change waits for those before it. A change takes milliseconds, and a passphrase is asked for before it. */
const LOCK_TIMEOUT_MS = 60_000;

/** A lock of this age is nobody's, also where its owner was on another machine. */
const LOCK_LIFETIME_MS = 60_000;

const LOCK_POLL_MS = 15;

/**
 * The vault's text, or null when there is no file.
 * @throws Error with the system's `code`.
 */
export async function readVaultText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * Changes the vault, while no other process does. When `change` throws, the file stays as it is.
 * @param change from the file's text, or null when there is none, to its new text
 * @throws ZephrError `VAULT_BUSY` when others hold the lock for a minute; Error with the system's `code`.
 */
export async function changeVaultText(
  storage: VaultStorage,
  change: (text: string | null) => Promise<string>,
): Promise<void> {
  const { path, replace } = storage;
  const lock = await takeLock(`${path}.lock`, storage);
  try {
    const text = await change(await readVaultText(path));
    if (!(await lock.isHeld())) throw busy(lock.path);
    await replace(path, text);
  } finally {
    await lock.release();
  }
}

interface Lock {
  readonly path: string;
  /** Whether nobody took it for abandoned in the meantime. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

type Processes = Pick<VaultStorage, 'pid' | 'isRunning'>;

async function takeLock(path: string, processes: Processes): Promise<Lock> {
  const owner = `${processes.pid} ${hostname()} ${encodeBase64url(randomBytes(9))}`;
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  while (!(await makeFile(path, owner))) {
    if (Date.now() > deadline) throw busy(path);
    if (await isAbandoned(path, processes)) await removeAbandoned(path, processes);
    // Not all at the same moment.
    else await wait(LOCK_POLL_MS * (0.5 + Math.random()));
  }
  const isHeld = async () => (await readVaultText(path)) === owner;
  return {
    path,
    isHeld,
    release: async () => {
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

/** Makes a file that is not there yet; false when it is. */
async function makeFile(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(text).finally(() => file.close());
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Whether a lock's owner has died, or it is older than a change can take. */
async function isAbandoned(path: string, { isRunning }: Processes): Promise<boolean> {
  const [pid = '', host = ''] = ((await readVaultText(path)) ?? '').split(' ');
  if (host === hostname() && !isRunning(Number(pid))) return true;
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    // It has just been released.
    () => 0,
  );
  return age > LOCK_LIFETIME_MS;
}

/** Removes an abandoned lock, unless another process does: of two, the slower one would remove the other's new lock. */
async function removeAbandoned(path: string, processes: Processes): Promise<void> {
  const turn = `${path}.turn`;
  if (!(await makeFile(turn, ''))) {
    if (await isAbandoned(turn, processes)) await rm(turn, { force: true });
    await wait(LOCK_POLL_MS);
    return;
  }
  try {
    if (await isAbandoned(path, processes)) await rm(path, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}

function busy(path: string): ZephrError {
  return new ZephrError(`another zephr is changing the vault; if none is, remove ${path}`, 'VAULT_BUSY');
}
