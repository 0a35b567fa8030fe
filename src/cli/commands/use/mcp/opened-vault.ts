/** The vault, as a tool finds it. */

import type { NamedSecret } from '../../../../broker/masking/masker.js';
import { isUserSecret } from '../../../../vault/project.js';
import { requireVault } from '../../../../vault/unlocking/access.js';
import type { Vault } from '../../../../vault/vault.js';
import type { Context } from '../../../parser/command.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { vaultAccess } from '../../../vault/access.js';
import type { PlaceFlags } from '../../../vault/flags.js';
import { type Place, placeOf } from '../../../vault/place.js';

/** What a server was started with. */
export type McpContext = Context<PlaceFlags & { readonly allowRun?: boolean }>;

/** A vault that is open, and where in it this server looks. */
export interface OpenedVault {
  readonly vault: Vault;
  readonly place: Place;
  readonly terminal: Terminal;
  /** All secrets: whichever of them shows, in whatever, is masked. */
  readonly all: readonly NamedSecret[];
}

/**
 * Opens the vault for one call: what has changed since the last one counts, and so does a lock.
 * @throws as {@link requireVault}, {@link vaultAccess} and {@link placeOf}.
 */
export async function openFor({ flags, terminal: own }: McpContext): Promise<OpenedVault> {
  // A host may run at somebody's terminal. It is not theirs to be asked at.
  const terminal = { ...own, openScreen: async () => null };
  const find = await placeOf(flags, terminal);
  const { vault } = await requireVault(vaultAccess(flags, terminal));
  const all = vault
    .list()
    .filter(isUserSecret)
    .flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]));
  return { vault, place: await find(vault), terminal, all };
}
