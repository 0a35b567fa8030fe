/**
 * What `zephr status` is and takes. A server tells the state of a secret to its sender, and to those who prove that they have
 * its key. Asking takes no view, so a script may ask as often as it likes.
 *
 * Links of version 1 have no proof: their secrets are named by the receipt link or by the id.
 */

import type { CliCommand } from '../../parser/command.js';
import { declareLink, forOption, stateOption } from '../../parser/shared-options.js';
import type { StatusContext } from './status.js';

/**
 * Adds the command.
 * @param program the program, which `status` becomes a command of.
 */
export function addStatus(program: CliCommand): void {
  program.command('status').summary('has it been read? uses up nothing').declares(declare);
}

function declare(command: CliCommand): void {
  declareLink(command)
    .takesIds()
    .description(
      'Says whether a secret waits, was read, has expired or was revoked, or a request is open, answered, expired or ' +
        'cancelled. A secret is named by its link (of version 2) or its receipt link, a request by its collect link, ' +
        'and both by an id or 6 letters of that, if they were made here. With --is it prints nothing, and exits with 0 when that is so and with 11 when it is not.',
    )
    .addOption(stateOption('--is <state>', 'is it waiting, read, open, answered …? exit 0 or 11'))
    .option('--wait', 'until no more reads or answers can come; exit 0 if all did, else 6')
    .addOption(forOption())
    .example('zephr status < link', 'waiting, read, expired or revoked')
    .example('zephr status --is read < link && mail …', 'for a script')
    .runs(async (context: StatusContext) => {
      const { status } = await import('./status.js');
      return status(context);
    });
}
