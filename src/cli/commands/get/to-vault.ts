/** A secret that goes into the vault, unseen: opened and checked before the secret is asked for. */

import { changeVaultLogged } from '../../../broker/audit/uses.js';
import { requireVault, type VaultAccess } from '../../../vault/unlocking/access.js';
import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { loggedAs, vaultAccess } from '../../vault/access.js';
import type { SecretPlaceFlags } from '../../vault/flags.js';
import { placeInWords, placeOf } from '../../vault/place.js';
import { checkedName, exists, LONGEST_VALUE, withoutEndOfSingleLine } from '../vault/set.js';

/** The vault as a place that a secret goes to (destination.ts). */
interface VaultDestination {
  readonly place: 'vault';
  deliver(reading: { readonly bytes: Uint8Array }): Promise<void>;
  report(reading: unknown, reporter: Reporter): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Opens the vault, and makes sure that the name is free, or may be replaced.
 * @throws CliError exit 2, 3, 4 or 9, as `zephr vault set`; exit 5 where there is no vault.
 */
export async function vaultDestination(
  given: string,
  flags: SecretPlaceFlags & { readonly force?: boolean; readonly json?: boolean },
  terminal: Terminal,
  now: () => number,
): Promise<VaultDestination> {
  const name = checkedName(given);
  const find = await placeOf(flags, terminal);
  const access = askingOnce(vaultAccess(flags, terminal));
  const logged = loggedAs('get', terminal);
  const { vault } = await requireVault(access);
  const { project, environment } = await find(vault);
  const place = { project, environment, name };
  if (vault.get(place) !== null && !flags.force) throw exists([name]);
  return {
    place: 'vault',
    async deliver({ bytes }) {
      const value = withoutEndOfSingleLine(bytes);
      if (value.length > LONGEST_VALUE || value.length === 0)
        throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', 'the secret does not fit into the vault', {
          advice: `it has 1 to ${LONGEST_VALUE} bytes there: take it into a file with -o`,
        });
      await changeVaultLogged(
        access,
        logged,
        async (open) => {
          const before = open.get(place);
          // Somebody may have set it in the meantime.
          if (before !== null && !flags.force) throw exists([name]);
          const policy = before?.policy ?? {};
          const result = await open.set({ ...place, policy, changedAt: now(), value });
          return { result, use: { secrets: [name] } };
        },
        { now },
      );
    },
    async report(_, reporter) {
      if (flags.json) return terminal.stdout.write(jsonLine({ project, environment, name }));
      await reporter.info(`the secret is ${name} in ${placeInWords(place)}`);
    },
    discard: async () => undefined,
  };
}

/** A vault is opened twice, before the secret is asked for and when it has come; a person is asked once. */
function askingOnce(access: VaultAccess): VaultAccess {
  let typed: string | null = null;
  const askPassphrase = async (isAgain: boolean) => {
    if (typed === null || isAgain) typed = await access.unlocking.askPassphrase(isAgain);
    return typed;
  };
  return { ...access, unlocking: { ...access.unlocking, askPassphrase } };
}
