/** A secret of the vault that is sent, unseen, by a person: a program must not send what it may only use. */

import { logAllowed } from '../../../broker/audit/uses.js';
import { requireVault } from '../../../vault/unlocking/access.js';
import type { Context } from '../../parser/command.js';
import type { CommonFlags } from '../../settings/settings.js';
import { loggedAs, requirePerson, vaultAccess } from '../../vault/access.js';
import type { SecretPlaceFlags } from '../../vault/flags.js';
import { placeOf, secretIn } from '../../vault/place.js';
import { checkedName } from '../vault/set.js';

/**
 * The secret's value, once it is in the log that it goes.
 * @throws CliError exit 4 without a terminal, exit 5 where there is none of that name; as `requireVault`.
 */
export async function secretFromVault(
  given: string,
  { flags, terminal, now }: Context<CommonFlags & SecretPlaceFlags>,
): Promise<Uint8Array> {
  const name = checkedName(given);
  const [logged, use] = [loggedAs('create', terminal), { secrets: [name] }];
  await requirePerson('zephr --from-vault', { terminal, now }, logged, use);
  const find = await placeOf(flags, terminal);
  const { vault } = await requireVault(vaultAccess(flags, terminal));
  const { value } = secretIn(vault, name, await find(vault));
  await logAllowed(logged, use, now);
  return value.slice();
}
