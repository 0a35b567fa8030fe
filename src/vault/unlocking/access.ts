/** A vault on the disk, opened for looking or for a change. */

import { promises } from 'node:fs';
import { dirname } from 'node:path';
import { ValidationError, ZephrError } from '../../core/errors.js';
import { changeVaultText, readVaultText, type VaultStorage } from '../file.js';
import { parseVault } from '../format.js';
import type { Opener } from '../slots.js';
import { Vault } from '../vault.js';
import { type Unlocked, type Unlocking, unlock } from './unlock.js';

/** Where the vault is, and how it can be opened. */
export interface VaultAccess {
  readonly storage: VaultStorage;
  readonly unlocking: Unlocking;
  /** What opens a vault that has to be made; null where nothing is there for it. */
  readonly chooseOpener: () => Promise<Opener | null>;
}

/**
 * Opens the vault.
 * @returns null where there is none.
 * @throws as {@link unlock}.
 */
export async function openVault({ storage, unlocking }: VaultAccess): Promise<Unlocked | null> {
  const text = readVaultText(storage.path);
  return text === null ? null : unlock(parseVault(text), unlocking);
}

/**
 * Opens the vault.
 * @throws ZephrError `NO_VAULT` where there is none; as {@link unlock}.
 */
export async function requireVault(access: VaultAccess): Promise<Unlocked> {
  const unlocked = await openVault(access);
  if (unlocked === null) throw noVault();
  return unlocked;
}

/**
 * Changes the vault. Whoever has to be asked for something is asked before others are locked out.
 * @param change makes it; when it throws, the vault stays as it is.
 * @param make whether a vault that is missing is made.
 * @throws as {@link unlock} and {@link changeVaultText}; ZephrError `NO_VAULT` or, where nothing is there that would
 *   open a new one, `VAULT_LOCKED`.
 */
export async function changeVault<T>(
  access: VaultAccess,
  change: (vault: Vault) => Promise<T>,
  { make = false } = {},
): Promise<T> {
  const unlocked = await openVault(access);
  const opener = unlocked === null && make ? await access.chooseOpener() : null;
  if (unlocked === null && opener === null)
    throw make ? new ZephrError('there is nothing to lock a new vault with', 'VAULT_LOCKED') : noVault();
  await promises.mkdir(dirname(access.storage.path), { recursive: true, mode: 0o700 });
  let result: { readonly value: T } | undefined;
  await changeVaultText(access.storage, async (text) => {
    const vault = await opened(text, unlocked, opener);
    result = { value: await change(vault) };
    return vault.format();
  });
  if (result === undefined) throw new Error('the change was not made');
  return result.value;
}

/** The vault as it is now: it may have been changed, or made, since it was unlocked. */
async function opened(text: string | null, unlocked: Unlocked | null, opener: Opener | null): Promise<Vault> {
  const file = text === null ? null : parseVault(text);
  if (unlocked !== null && file !== null) return unlocked.vault.reopen(file);
  if (opener !== null) return file === null ? Vault.create(opener) : Vault.open(file, opener);
  throw noVault();
}

function noVault(): ValidationError {
  return new ValidationError('there is no vault here yet', 'NO_VAULT');
}
