/** What `zephr status` is and takes. */

import type { CliCommand, Context } from '../../parser/command.js';
import { declareLink, type LinkArguments, type LinkFlags } from '../../parser/shared-options.js';

export type StatusContext = Context<LinkFlags, LinkArguments>;

/** Adds the command. */
export function addStatus(program: CliCommand): void {
  declareLink(program.command('status'))
    .summary('has it been read? uses up nothing')
    .description('Says whether a secret waits, was read, has expired or was revoked. Needs a version 2 link.')
    .example('zephr status < link', 'waiting, read, expired or revoked')
    .runs(async (context: StatusContext) => {
      const { status } = await import('./status.js');
      return status(context);
    });
}
