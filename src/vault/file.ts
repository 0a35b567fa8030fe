/** The vault's file on the disk: read as it is, changed by one process at a time, old or new whatever happens. */

import { readFileSync } from 'node:fs';
import { isSystemError, ZephrError } from '../core/errors.js';
import { type Processes, takeLock } from './lock.js';

/** Where a vault is, and what changing its file takes. */
export interface VaultStorage extends Processes {
  readonly path: string;
  /** Puts a file in the place of the one before, in one step. */
  readonly replace: (path: string, text: string) => Promise<void>;
}

/**
 * The vault's text, or null when there is no file.
 * @throws Error with the system's `code`.
 */
export function readVaultText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
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
  const lockPath = `${path}.lock`;
  const busy = () => vaultBusy(lockPath);
  const lock = await takeLock(lockPath, storage, busy);
  try {
    const text = await change(readVaultText(path));
    if (!(await lock.isHeld())) throw busy();
    await replace(path, text);
  } finally {
    await lock.release();
  }
}

function vaultBusy(path: string): ZephrError {
  return new ZephrError(`another zephr is changing the vault; if none is, remove ${path}`, 'VAULT_BUSY');
}
