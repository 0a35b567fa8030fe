/** `zephr status` and `zephr revoke`: about a secret, without reading it. */

import { revokeSecret, type SecretStatus, secretStatus } from '../../client/status.js';
import { usageError } from '../exit.js';
import { findLink, findPassphrase, type LinkFlags } from '../link-input.js';
import { nodeFetch } from '../node-fetch.js';
import { type CommonFlags, timeoutMs } from '../settings.js';
import type { Talk } from '../talk.js';
import type { Terminal } from '../terminal.js';

export interface StatusFlags extends CommonFlags, LinkFlags {}

/** Prints what has become of a secret. */
export async function status(
  argument: string | undefined,
  flags: StatusFlags,
  terminal: Terminal,
): Promise<void> {
  const { link, options } = await prepare(argument, flags, terminal);
  const found = await secretStatus(link, options);
  await terminal.stdout.write(flags.json ? `${JSON.stringify(found)}\n` : `${inWords(found)}\n`);
}

/** Destroys a secret for every reader. */
export async function revoke(
  argument: string | undefined,
  flags: StatusFlags,
  terminal: Terminal,
  talk: Talk,
): Promise<void> {
  const { link, options } = await prepare(argument, flags, terminal);
  await revokeSecret(link, options);
  if (flags.json) await terminal.stdout.write(`${JSON.stringify({ revoked: true, secretId: link.id })}\n`);
  else await talk.say('revoked: nobody can read it any more');
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
    options: { fetch: nodeFetch, timeout, ...(passphrase === undefined ? {} : { passphrase }) },
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
