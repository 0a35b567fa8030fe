/** The secrets of the vault for a proxy, and what else it is started with. */

import { AuditLog } from '../../../../broker/audit/log.js';
import type { ProxyOptions } from '../../../../broker/proxy/proxy.js';
import { type BrokeredSecret, BrokeredSecrets } from '../../../../broker/proxy/secrets.js';
import { resolveInSystem } from '../../../../net/resolve.js';
import type { Surroundings } from '../../../../vault/project.js';
import type { Vault } from '../../../../vault/vault.js';
import { trustFor } from '../../../settings/connection.js';
import type { CommonFlags } from '../../../settings/settings.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { auditStorage, loggedAs } from '../../../vault/access.js';

/**
 * All secrets of a place. Those that are bound to no host are among them, so that a refusal can say what would allow it.
 */
export function brokeredSecrets(vault: Vault, { project, environment }: Surroundings): BrokeredSecrets {
  const secrets = vault.list({ project, environment }).flatMap((record): BrokeredSecret[] => {
    const { name, value, policy, expiresAt } = record;
    return value === null ? [] : [{ name, value, policy, expiresAt }];
  });
  return new BrokeredSecrets(secrets);
}

/**
 * What every proxy of this user is started with.
 * @param command for the log.
 * @throws CliError exit 2, as `trustFor` and `loggedAs`.
 */
export async function proxyOptions(
  command: string,
  flags: Pick<CommonFlags, 'caFile'>,
  terminal: Terminal,
  now: () => number,
): Promise<Pick<ProxyOptions, 'log' | 'command' | 'pid' | 'resolve' | 'trust' | 'now'>> {
  return {
    ...loggedAs(command, terminal),
    log: new AuditLog(auditStorage(terminal), { staysOpen: true }),
    resolve: resolveInSystem,
    trust: await trustFor(flags, terminal),
    now,
  };
}
