/** What `zephr doctor` is and takes. */

import type { CliCommand, Context } from '../../parser/command.js';
import { linkVersionOption } from '../../parser/shared-options.js';
import type { LinkVersion } from '../../settings/choices.js';
import type { CommonFlags } from '../../settings/settings.js';

export interface DoctorFlags extends CommonFlags {
  readonly link?: LinkVersion;
}

export type DoctorContext = Context<DoctorFlags>;

/** Adds the command. */
export function addDoctor(program: CliCommand): void {
  program
    .command('doctor')
    .summary('check configuration, network, server and key')
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
