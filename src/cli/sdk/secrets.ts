/** Secrets in the vault, for programs: they go in, are listed and destroyed, and none comes back. */

import { boundTo, changeVaultLogged } from '../../broker/audit/uses.js';
import { encodeUtf8 } from '../../core/bytes.js';
import { surroundings } from '../../vault/project.js';
import { openVault } from '../../vault/unlocking/access.js';
import { loggedAs } from '../vault/access.js';
import { accessTo, forPrograms, quietTerminal } from './caller.js';
import type { VaultOptions } from './options.js';

/** A secret without its value. */
export interface ListedSecret {
  readonly name: string;
  readonly project: string;
  readonly environment: string;
  /** The hosts that it is bound to; none where it is for commands. */
  readonly hosts: readonly string[];
  readonly changedAt: Date;
  readonly expiresAt: Date | null;
}

/**
 * The secrets of a project and environment, by name.
 * @throws VaultLockedError, ValidationError `INVALID_NAME`; where there is no vault there are none.
 */
export async function listSecrets(options: VaultOptions = {}): Promise<ListedSecret[]> {
  const place = surroundings(options);
  const unlocked = await forPrograms(() => openVault(accessTo(options, quietTerminal())));
  return (unlocked?.vault.list(place) ?? []).map(
    ({ name, project, environment, policy, changedAt, expiresAt }) => ({
      name,
      project,
      environment,
      hosts: policy.hosts ?? [],
      changedAt: new Date(changedAt),
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    }),
  );
}

/**
 * Keeps a value under a name. Bindings of a value that it takes the place of stay.
 * @throws ValidationError `INVALID_NAME` or `EMPTY_SECRET`; VaultLockedError, NotLoggedError.
 */
export async function setSecret(
  name: string,
  value: string | Uint8Array,
  options: VaultOptions = {},
): Promise<void> {
  const place = { ...surroundings(options), name };
  const bytes = typeof value === 'string' ? encodeUtf8(value) : Uint8Array.from(value);
  const terminal = quietTerminal();
  await forPrograms(() =>
    changeVaultLogged(
      accessTo(options, terminal),
      loggedAs('vault set', terminal),
      async (vault) => {
        const policy = vault.get(place)?.policy ?? {};
        const result = await vault.set({ ...place, policy, changedAt: Date.now(), value: bytes });
        return { result, use: { secrets: [name], ...boundTo(policy) } };
      },
      { make: true, now: Date.now },
    ),
  );
}

/**
 * Destroys a secret.
 * @returns whether there was one.
 * @throws VaultLockedError, NotLoggedError.
 */
export async function deleteSecret(name: string, options: VaultOptions = {}): Promise<boolean> {
  const place = { ...surroundings(options), name };
  const terminal = quietTerminal();
  return forPrograms(() =>
    changeVaultLogged(
      accessTo(options, terminal),
      loggedAs('vault rm', terminal),
      async (vault) => ({ result: await vault.remove(place, Date.now()), use: { secrets: [name] } }),
      { now: Date.now },
    ),
  );
}
