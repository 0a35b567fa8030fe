/**
 * What `zephr status` is and takes. A server tells the state of a secret to its sender, and to those who prove that they have
 * its key. Asking takes no view, so a script may ask as often as it likes.
 *
 * Links of version 1 have no proof: their secrets are named by the receipt link or by the id.
 */

import type { SecretState } from '../../../core/protocol/replies.js';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { CliOption, oneOf } from '../../parser/option.js';
import { declareLink, forOption } from '../../parser/shared-options.js';
import type { StatusContext } from './status.js';

/** The states that `--is` asks about. */
const STATES = Object.keys({
  waiting: true,
  read: true,
  expired: true,
  revoked: true,
} satisfies Record<SecretState, true>);

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
      'Says whether a secret waits, was read, has expired or was revoked. It is named by its link (of version 2), by ' +
        'its receipt link, or by its id or 6 letters of that, if it was sent from here. With --is it prints nothing, and exits with 0 when that is so and with 11 when it is not.',
    )
    .addOption(
      oneOf(
        new CliOption('--is <state>', 'is it waiting, read, expired or revoked? exit 0 or 11'),
        STATES,
        (near) =>
          usageError(
            'that is no state of a secret',
            near === undefined ? `the states are ${STATES.join(', ')}` : `did you mean ${near}?`,
          ),
      ),
    )
    .option('--wait', 'until no more reads can come; exit 0 if all were, else 6')
    .addOption(forOption())
    .example('zephr status < link', 'waiting, read, expired or revoked')
    .example('zephr status --is read < link && mail …', 'for a script')
    .runs(async (context: StatusContext) => {
      const { status } = await import('./status.js');
      return status(context);
    });
}
