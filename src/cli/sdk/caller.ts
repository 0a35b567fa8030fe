/** The process of a program that uses `zephr/vault`: it is another's, so that nobody is asked and no signal is taken. */

import type { VaultAccess } from '../../vault/unlocking/access.js';
import { processTerminal, type Terminal } from '../terminal/terminal.js';
import { vaultAccess } from '../vault/access.js';
import { withWayOut } from './errors.js';
import type { VaultOptions } from './options.js';

/** A terminal at which nobody sits. */
export function quietTerminal(): Terminal {
  return { ...processTerminal(), openScreen: async () => null, closeToDebuggers: () => undefined };
}

/** The vault that the options mean. @throws as {@link vaultAccess}. */
export function accessTo({ keyFile }: VaultOptions, terminal: Terminal): VaultAccess {
  const named = keyFile ?? (terminal.env.ZEPHR_VAULT_KEY_FILE?.trim() || undefined);
  return vaultAccess(named === undefined ? {} : { vaultKeyFile: named }, terminal);
}

/** Does the work of a function that programs call: what goes wrong is told with the way out of it. */
export async function forPrograms<T>(work: () => Promise<T>, host: string | null = null): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withWayOut(error, host);
  }
}
