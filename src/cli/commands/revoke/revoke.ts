/**
 * `zephr revoke`: destroys a secret for every reader. It takes what a reader has, the link and the passphrase, and so
 * proves that it may; the secret itself is neither sent nor opened.
 */

import { revokeSecret } from '../../../client/status.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { openLink, requireVersion2, withPassphrase } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import { jsonLine } from '../../terminal/escape.js';

export type RevokeContext = Context<LinkFlags, LinkArguments>;

/**
 * Destroys a secret.
 * @throws ApiError when the server refuses, such as 410 for a secret that was read already.
 */
export async function revoke(context: RevokeContext): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  const opened = await openLink(context, requireVersion2);
  const { link, waiting } = opened;
  await withPassphrase(opened, terminal, (options) => reporter.waitFor(waiting, revokeSecret(link, options)));
  if (flags.json) await terminal.stdout.write(jsonLine({ revoked: true, secretId: link.id }));
  else await reporter.info('revoked: nobody can read it any more');
  return EXIT.done;
}
