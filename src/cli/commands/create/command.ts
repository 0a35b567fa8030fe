/** What `zephr` is and takes without a command, and `zephr create` by its name: it creates a secret. */

import { MAX_VIEWS } from '../../../core/protocol/limits.js';
import type { CliCommand } from '../../parser/command.js';
import { gateOptions } from '../../parser/gate-options.js';
import { CliOption, wholeNumber } from '../../parser/option.js';
import { attachOption, forOption, linkVersionOption } from '../../parser/shared-options.js';
import { rejectWords } from '../../parser/usage.js';
import { vaultKeyOption } from '../../vault/flags.js';
import type { CreateContext } from './create.js';

/** Declares it on the program itself. */
export function declareCreate(program: CliCommand): void {
  program
    .description('Hand a secret from one process to another exactly once.')
    .usage('[options]            (reads a secret, prints a link)\n       zephr <command> [options]')
    .example('printf %s "$PASSWORD" | zephr', 'a link, readable once')
    .example('zephr get < link', 'the secret, on stdout');
  creates(program);
}

/** Adds the command that does the same by its name. */
export function addCreate(program: CliCommand): void {
  program
    .command('create')
    .summary('what zephr does without a command')
    .declares((command) => {
      command
        .description(
          'Reads a secret on stdin, or asks for it on a terminal, and prints a link. So does zephr alone.',
        )
        .example('zephr create < id_ed25519', 'a link, readable once')
        .example('zephr create -a kube.config -a ca.pem', 'files, with their names')
        .example('tar cz conf | zephr create --split', 'URL and key, for two channels');
      creates(command);
    });
}

/** Declares the options and what is done with them. */
function creates(command: CliCommand): void {
  command
    .judgesWords()
    .addOption(attachOption())
    .addOption(
      new CliOption('-e, --expiry <time>', 'how long to keep it: 5m, 1h, 30d')
        .default(undefined, '1h')
        .offers(['5m', '1h', '1d', '7d', '30d']),
    )
    .option('-s, --split', 'print URL and key apart, on two lines')
    .option('-H, --hint <label>', 'clear-text label, which the server sees')
    .option('-p, --passphrase', 'ask for a passphrase; the reader needs it too')
    .option('--passphrase-file <file>', 'take the passphrase from a file')
    .addOption(
      new CliOption('--views <n>', `readers allowed, 1 to ${MAX_VIEWS}`)
        .default(undefined, '1')
        // The client checks whether so many are allowed.
        .argParser(
          wholeNumber(
            { min: 0, max: 999_999_999 },
            '--views is not a whole number',
            `write it as 1 to ${MAX_VIEWS}`,
          ),
        ),
    )
    .option('--trim', 'leave out one final line end, as from echo')
    .addOption(
      new CliOption('--from-vault <NAME>', 'send a secret of the vault, unseen; at a terminal').excludes(
        'attach',
        'a secret of the vault is sent alone',
        'leave out --attach or --from-vault',
      ),
    )
    .option('--project <project>', 'its project (default: that of .zephr.json)')
    .option('--environment <env>', 'its environment (default: that of .zephr.json)')
    .addOption(vaultKeyOption())
    .option('--name <file name>', 'file name for the reader, encrypted')
    .option('--message <text>', 'message to the reader, encrypted')
    .option('--callback-url <url>', 'https URL that gets a webhook when it is read')
    .option('--callback-secret-file <file>', 'signs the webhook; or ZEPHR_CALLBACK_SECRET')
    .option('--memo <text>', 'for your own list, zephr ls; sent to nobody')
    .option('--no-record', 'keep no line of it in that list')
    .option('--wait', 'then wait until no more reads can come')
    .addOption(forOption())
    .option('-c, --copy', 'put the link (split: the URL) on the clipboard')
    .option('--qr', 'draw the link as a QR code on stderr')
    .addOption(linkVersionOption('link version', 'v2, v1 for zephr.io'))
    .runs(async (context: CreateContext) => {
      const takesText = command.args.length === 1 && command.args[0] === '-';
      if (!takesText) rejectWords(command);
      const { create } = await import('./create.js');
      return create(context, takesText);
    });
  for (const option of gateOptions()) command.addOption(option);
}
