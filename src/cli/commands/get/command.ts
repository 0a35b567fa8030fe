/** What `zephr get` is and takes. */

import type { CliCommand } from '../../parser/command.js';
import { CliOption } from '../../parser/option.js';
import { declareLink } from '../../parser/shared-options.js';
import type { GetContext } from './get.js';

/** Adds the command. */
export function addGet(program: CliCommand): void {
  declareLink(program.command('get'))
    .alias('retrieve')
    .summary('take a secret back')
    .description(
      'Takes a secret back from the server that the link names, and prints its exact bytes. It is gone from the server then.',
    )
    .option('-o, --output <file>', 'write to this file (0600) or directory; - is stdout')
    .option('--force', 'overwrite the file')
    .addOption(
      new CliOption('-c, --copy', 'put it on the clipboard instead of stdout').excludes(
        'output',
        'the secret goes to one place: the clipboard or the output',
        'give one of --copy and --output',
      ),
    )
    .example('zephr get < link > secret', 'the exact bytes')
    .example('zephr get "$URL" --key-file key -o conf.tgz', 'a split pair, into a file')
    .runs(async (context: GetContext) => {
      const { get } = await import('./get.js');
      return get(context);
    });
}
