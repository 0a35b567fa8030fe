/** Uses of secrets that are no requests, and changes of a vault: written down before they are done. */

import { randomUUID } from 'node:crypto';
import { ZephrError } from '../../core/errors.js';
import type { Policy } from '../../vault/records.js';
import { changeVault, type VaultAccess } from '../../vault/unlocking/access.js';
import type { Vault } from '../../vault/vault.js';
import type { AuditEntry } from './chain.js';
import type { AuditLog } from './log.js';

/** Who uses secrets, and where that is written down. */
export interface Logged {
  readonly log: AuditLog;
  /** Such as `call`. */
  readonly command: string;
  /** Who says to be asking. */
  readonly agent?: string | undefined;
  readonly pid: number;
}

/** What is done, and with which secrets. */
export type LoggedUse = Pick<AuditEntry, 'secrets' | 'method' | 'host' | 'path' | 'program'>;

/** Names in one line: a line stays shorter than the end of the log that is read for its last one. */
const MOST_NAMES = 100;

/**
 * Writes down that a use is allowed, before it begins.
 * @param now milliseconds since 1970.
 * @returns what writes down that it has failed all the same.
 * @throws AuditError, and so does what it returns.
 */
export async function logAllowed(
  logged: Logged,
  use: LoggedUse,
  now: () => number,
): Promise<(error: unknown) => Promise<void>> {
  // One of a kind in most runs: no supply of random bytes is worth its making.
  const id = randomUUID({ disableEntropyCache: true });
  await appendUse(logged, use, { decision: 'allowed', use: id }, now);
  return (error) => appendUse(logged, use, { decision: 'failed', reason: reasonOf(error), use: id }, now);
}

/** Writes down that a use was refused, and why. @throws AuditError. */
export function logRefused(
  logged: Logged,
  use: LoggedUse,
  error: ZephrError,
  now: () => number,
): Promise<void> {
  return appendUse(logged, use, { decision: 'refused', reason: error.code }, now);
}

/**
 * As {@link changeVault}, with the change in the log before it is on the disk. A change that throws is in no log.
 * @param change makes it, and says what it was.
 * @throws AuditError: the vault is as it was.
 */
export async function changeVaultLogged<T>(
  access: VaultAccess,
  logged: Logged,
  change: (vault: Vault) => Promise<{ readonly result: T; readonly use: LoggedUse }>,
  { make = false, now }: { readonly make?: boolean; readonly now: () => number },
): Promise<T> {
  let fail: ((error: unknown) => Promise<void>) | undefined;
  try {
    return await changeVault(
      access,
      async (vault) => {
        const { result, use } = await change(vault);
        fail = await logAllowed(logged, use, now);
        return result;
      },
      { make },
    );
  } catch (error) {
    await fail?.(error);
    throw error;
  }
}

/** What a line of the log says of a binding. */
export function boundTo({ hosts = [], methods = [] }: Policy): Pick<LoggedUse, 'host' | 'method'> {
  return {
    ...(hosts.length > 0 && { host: hosts.join(',') }),
    ...(methods.length > 0 && { method: methods.join(',') }),
  };
}

/** Writes down what became of a use. @throws AuditError. */
export async function appendUse(
  { log, command, agent, pid }: Logged,
  { secrets, ...use }: LoggedUse,
  how: Pick<AuditEntry, 'decision' | 'reason' | 'status' | 'milliseconds' | 'use'>,
  now: () => number,
): Promise<void> {
  const about = { time: new Date(now()).toISOString(), command, ...(agent !== undefined && { agent }), pid };
  if (secrets.length <= MOST_NAMES) return log.append({ ...about, secrets, ...use, ...how });
  const groups = Array.from({ length: Math.max(1, Math.ceil(secrets.length / MOST_NAMES)) }, (_, index) =>
    secrets.slice(index * MOST_NAMES, (index + 1) * MOST_NAMES),
  );
  await Promise.all(groups.map((names) => log.append({ ...about, secrets: names, ...use, ...how })));
}

function reasonOf(error: unknown): string {
  return error instanceof ZephrError ? error.code : 'FAILED';
}
