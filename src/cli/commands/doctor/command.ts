/**
 * What `zephr doctor` is and takes. It uses the settings that a create would use, so that what it finds is what a create
 * would meet.
 */

import type { CliCommand } from '../../parser/command.js';
import { linkVersionOption } from '../../parser/shared-options.js';
import type { DoctorContext } from './doctor.js';

/** Adds the command. */
export function addDoctor(program: CliCommand): void {
  program.command('doctor').summary('check configuration, network, server and key').declares(declare);
}

function declare(command: CliCommand): void {
  command
    .description(
      'Checks configuration, network, server and API key, then creates a secret, reads it, and reads it again. ' +
        'It counts as one create.',
    )
    .addOption(linkVersionOption('link version to try', 'as for zephr'))
    .example('zephr doctor', 'your server, with your API key')
    .example('zephr doctor --server https://host --json', 'another, for a script')
    .runs(async (context: DoctorContext) => {
      const { doctor } = await import('./doctor.js');
      return doctor(context);
    });
}
