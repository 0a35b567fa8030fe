/**
 * What `zephr revoke` is and takes. A server revokes a secret for those who prove that they have its key: its sender, who
 * has the link too, or a reader who does not want it.
 *
 * Links of version 1 have no proof: their secrets are named by the receipt link or by the id.
 */

import type { CliCommand } from '../../parser/command.js';
import { declareLink } from '../../parser/shared-options.js';
import type { RevokeContext } from './revoke.js';

/**
 * Adds the command.
 * @param program the program, which `revoke` becomes a command of.
 */
export function addRevoke(program: CliCommand): void {
  program.command('revoke').summary('destroy it, or cancel a request').declares(declare);
}

function declare(command: CliCommand): void {
  declareLink(command)
    .takesIds()
    .description(
      'Destroys a secret: nobody can read it any more. Cancels a request: nobody can answer it any more, and the answers that came stay. Both are named as for zephr status.',
    )
    .example('zephr revoke < link', 'nobody can read it any more')
    .runs(async (context: RevokeContext) => {
      const { revoke } = await import('./revoke.js');
      return revoke(context);
    });
}
