/**
 * `zephr revoke`: destroys a secret for every reader. It takes what a reader has, the link and the passphrase, and so
 * proves that it may; the secret itself is neither sent nor opened.
 */

import { cancelRequest } from '../../../client/requests/request-status.js';
import { revokeSecret } from '../../../client/status.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { openLink, requireVersion2, withPassphrase } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import { findOwn, type Own } from '../../sent/find.js';
import { transportTo } from '../../settings/connection.js';
import { jsonLine } from '../../terminal/escape.js';

export type RevokeContext = Context<LinkFlags, LinkArguments>;

/**
 * Destroys a secret, or cancels a request.
 * @throws ApiError when the server refuses, such as 410 for a secret that was read already.
 */
export async function revoke(context: RevokeContext): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  const own = await findOwn(context);
  if (own?.kind === 'request') return cancel(own, context);
  const id = await revokeOne(own, context);
  if (flags.json) await terminal.stdout.write(jsonLine({ revoked: true, secretId: id }));
  else await reporter.info('revoked: nobody can read it any more');
  return EXIT.done;
}

/** Cancels a request: no more answers come in, and those that are there can still be taken. */
async function cancel({ from, server, id }: Own<'request'>, context: RevokeContext): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  const options = await transportTo(server, flags, terminal);
  await reporter.waitFor(`waiting for ${new URL(server).host}`, cancelRequest(from, options));
  if (flags.json) await terminal.stdout.write(jsonLine({ cancelled: true, requestId: id }));
  else await reporter.info('cancelled: nobody can answer it any more; zephr get takes what came');
  return EXIT.done;
}

/** Revokes as the sender does, or with the link and perhaps the passphrase. @returns the id. */
async function revokeOne(own: Own<'secret'> | null, context: RevokeContext): Promise<string> {
  const { flags, terminal, reporter } = context;
  if (own !== null) {
    const options = await transportTo(own.server, flags, terminal);
    await reporter.waitFor(`waiting for ${new URL(own.server).host}`, revokeSecret(own.from, options));
    return own.id;
  }
  const opened = await openLink(context, requireVersion2);
  const { link, waiting } = opened;
  await withPassphrase(opened, terminal, (options) => reporter.waitFor(waiting, revokeSecret(link, options)));
  return link.id;
}
