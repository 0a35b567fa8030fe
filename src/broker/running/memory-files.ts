/** Secrets as files that no disk holds: in a file system in memory, for the time that a command runs. */

import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { encodeUtf8, randomBytes } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import type { SecretVariable } from './environment.js';

/** Files that were written. */
export interface MemoryFiles {
  /** The variables that hold their paths. */
  readonly variables: readonly SecretVariable[];
  /** Removes them. To do so again is no error. */
  remove(): void;
}

/** The process that the files are for. */
export interface Owner {
  readonly pid: number;
  isRunning(pid: number): boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What statfs(2) says of tmpfs and ramfs. */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

const FOLDER = /^zephr-run-([0-9]+)-[\w-]+$/;

/**
 * Writes each value into a file of its own, for its owner only.
 * @throws ValidationError `NO_MEMORY_FILES` where the system has no file system in memory: a value is never on a disk.
 */
export async function writeMemoryFiles(
  secrets: readonly SecretVariable[],
  owner: Owner,
): Promise<MemoryFiles> {
  const parent = memoryFolder(owner.env);
  removeLeftovers(parent, owner);
  const folder = join(parent, `zephr-run-${owner.pid}-${encodeBase64url(randomBytes(9))}`);
  mkdirSync(folder, { mode: 0o700 });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const variables = secrets.map(({ variable, name, value }) => {
      const path = join(folder, variable);
      writeFileSync(path, value, { mode: 0o600, flag: 'wx' });
      return { variable, name, value: encodeUtf8(path) };
    });
    return { variables, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function memoryFolder({ XDG_RUNTIME_DIR: runtime }: Owner['env']): string {
  const candidates = [...(runtime !== undefined && isAbsolute(runtime) ? [runtime] : []), '/dev/shm'];
  const found = candidates.find(isInMemory);
  if (found !== undefined) return found;
  throw new ValidationError(
    'there is no file system in memory here, and no secret goes to a disk: neither XDG_RUNTIME_DIR nor /dev/shm is one',
    'NO_MEMORY_FILES',
  );
}

function isInMemory(path: string): boolean {
  try {
    return IN_MEMORY.includes(statfsSync(path).type);
  } catch {
    return false;
  }
}

/** Removes what processes have left that were killed. */
function removeLeftovers(parent: string, { isRunning }: Owner): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = FOLDER.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}
