/**
 * What `zephr status` is and takes. A server tells the state of a secret to those who prove that they have its key, and
 * asking takes no view, so a script may ask as often as it likes.
 *
 * Links of version 1 have no proof, and their servers have no status: they are refused before anything is sent.
 */

import type { CliCommand } from '../../parser/command.js';
import { declareLink } from '../../parser/shared-options.js';
import type { StatusContext } from './status.js';

/**
 * Adds the command.
 * @param program the program, which `status` becomes a command of.
 */
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
