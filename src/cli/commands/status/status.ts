/** `zephr status` and `zephr revoke`: about a secret, without reading it. */

import { revokeSecret, type SecretStatus, secretStatus } from '../../../client/status.js';
import { fetchFor } from '../../../net/proxy.js';
import { usageError } from '../../exit/exit.js';
import { findLink, findPassphrase, type LinkFlags } from '../../parser/link.js';
import { type CommonFlags, timeoutMs } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';

export interface StatusFlags extends CommonFlags, LinkFlags {}

/** Prints what has become of a secret. */
export async function status(
  argument: string | undefined,
  flags: StatusFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<void> {
  const { link, options, waiting } = await prepare(argument, flags, terminal);
  const found = await reporter.waitFor(waiting, secretStatus(link, options));
  await terminal.stdout.write(flags.json ? jsonLine(found) : `${inWords(found)}\n`);
}

/** Destroys a secret for every reader. */
export async function revoke(
  argument: string | undefined,
  flags: StatusFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<void> {
  const { link, options, waiting } = await prepare(argument, flags, terminal);
  await reporter.waitFor(waiting, revokeSecret(link, options));
  if (flags.json) await terminal.stdout.write(jsonLine({ revoked: true, secretId: link.id }));
  else await reporter.info('revoked: nobody can read it any more');
}

async function prepare(argument: string | undefined, flags: StatusFlags, terminal: Terminal) {
  const timeout = timeoutMs(flags);
  const link = await findLink(argument, flags, terminal);
  if (link.key.version === 1) {
    throw usageError('a version 1 link can only be read', 'status and revoke are for version 2 links');
  }
  const passphrase = await findPassphrase(link.key, flags, terminal);
  return {
    link,
    waiting: `waiting for ${new URL(link.server).host}`,
    options: {
      fetch: fetchFor(link.server, terminal.env),
      timeout,
      signal: terminal.interrupt,
      ...(passphrase === undefined ? {} : { passphrase }),
    },
  };
}

/** The state first, for scripts that look at one word. */
function inWords({ state, views, viewsLeft, expiresAt, firstReadAt }: SecretStatus): string {
  const parts: string[] = [state];
  if (views > 1) parts.push(`${views - viewsLeft} of ${views} views taken`);
  if (firstReadAt !== undefined) parts.push(`first read at ${firstReadAt}`);
  if (state === 'waiting') parts.push(`expires at ${expiresAt}`);
  return parts.join(', ');
}
