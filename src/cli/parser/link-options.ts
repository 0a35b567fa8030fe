/** The argument and the options of every command that takes a link. */

import type { CliCommand } from './command.js';
import type { CommonFlags } from './everywhere.js';
import { CliOption } from './option.js';

export interface LinkArguments {
  /** The link, or `-` for stdin. */
  readonly link?: string;
}

export interface LinkFlags extends CommonFlags {
  readonly key?: string;
  readonly keyFile?: string;
  readonly url?: string;
  readonly passphrase?: boolean;
  readonly passphraseFile?: string;
}

/** Declares them. */
export function declareLink(command: CliCommand): CliCommand {
  return command
    .argument('[link]', 'the link, or - for stdin')
    .addOption(
      new CliOption('-k, --key <key>', 'the key of a split pair').conflictsWithAs(
        'keyFile',
        'the key is given twice: with --key and --key-file',
      ),
    )
    .option('--key-file <file>', 'take the key from a file')
    .option('--url <url>', 'the URL of a split pair')
    .option('-p, --passphrase', 'ask for the passphrase on the terminal')
    .option('--passphrase-file <file>', 'take the passphrase from a file');
}
