/**
 * What `zephr status` is and takes. A server tells the state of a secret to those who prove that they have its key, and
 * asking takes no view, so a script may ask as often as it likes.
 *
 * Links of version 1 have no proof, and their servers have no status: they are refused before anything is sent.
 */

import type { SecretState } from '../../../core/protocol/replies.js';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { CliOption, oneOf } from '../../parser/option.js';
import { declareLink } from '../../parser/shared-options.js';
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
    .description(
      'Says whether a secret waits, was read, has expired or was revoked. Needs a version 2 link. With --is it prints ' +
        'nothing, and exits with 0 when that is so and with 11 when it is not.',
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
    .example('zephr status < link', 'waiting, read, expired or revoked')
    .example('zephr status --is read < link && mail …', 'for a script')
    .runs(async (context: StatusContext) => {
      const { status } = await import('./status.js');
      return status(context);
    });
}
