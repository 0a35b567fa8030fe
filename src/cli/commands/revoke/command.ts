/** What `zephr revoke` is and takes. */

import type { CliCommand, Context } from '../../parser/command.js';
import { declareLink, type LinkArguments, type LinkFlags } from '../../parser/shared-options.js';

export type RevokeContext = Context<LinkFlags, LinkArguments>;

/** Adds the command. */
export function addRevoke(program: CliCommand): void {
  declareLink(program.command('revoke'))
    .summary('destroy it unread')
    .description('Destroys a secret: nobody can read it any more. Needs a version 2 link.')
    .example('zephr revoke < link', 'nobody can read it any more')
    .runs(async (context: RevokeContext) => {
      const { revoke } = await import('./revoke.js');
      return revoke(context);
    });
}
