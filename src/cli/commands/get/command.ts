/** What `zephr get` is and takes. */

import type { CliCommand } from '../../parser/command.js';
import { CliOption } from '../../parser/option.js';
import { declareLink, forOption } from '../../parser/shared-options.js';
import { declarePlace, declareVault } from '../../vault/flags.js';
import type { GetContext } from './take.js';

/** Adds the command. */
export function addGet(program: CliCommand): void {
  program
    .command('get')
    .alias('retrieve')
    .summary('take a secret back, or an answer to a request')
    .declares(declare);
}

function declare(command: CliCommand): void {
  declareVault(declarePlace(declareLink(command)))
    .description(
      'Takes a secret back from the server that the link names, and prints its exact bytes. When the last reader that its sender allowed has it, the server forgets it. With the id of a request that was made here, or a link to collect its answers, it takes the oldest answer.',
    )
    .option('--code <digits>', 'the code that a sender asks readers for')
    .option('-o, --output <file>', 'write to this file (0600) or directory; - is stdout')
    .option('--force', 'replace the file named by --output, or the secret by --to-vault')
    .addOption(
      new CliOption('-c, --copy', 'put it on the clipboard instead of stdout').excludes(
        'output',
        'the secret goes to one place: the clipboard or the output',
        'give one of --copy and --output',
      ),
    )
    .addOption(
      new CliOption('--exec', 'give it to the command behind -- on its stdin').excludes(
        ['output', 'copy'],
        'the secret goes to one place: the command, the output or the clipboard',
        'give one of --exec, --output and --copy',
      ),
    )
    .addOption(
      new CliOption('--to-vault <NAME>', 'put it into the vault, unseen').excludes(
        ['output', 'copy', 'exec', 'all'],
        'the secret goes to one place: the vault, the command, the output or the clipboard',
        'give one of --to-vault, --exec, --output and --copy',
      ),
    )
    .takesCommandLine('--exec')
    .option('--wait', 'wait for an answer to a request')
    .addOption(forOption())
    .option('--all', 'take all answers, each into a file in the folder of -o')
    .example('zephr get < link > secret', 'the exact bytes')
    .example('Get-Content link | zephr get', 'in PowerShell, which has no <')
    .example('zephr get "$URL" --key-file key -o conf.tgz', 'a split pair, into a file')
    .example('zephr get 4Zv0nW1c --wait', 'an answer to a request')
    .example('zephr get "$LINK" --exec -- psql', 'kept until psql succeeds')
    .runs(async (context: GetContext) => {
      const { get } = await import('./get.js');
      return get(context);
    });
}
