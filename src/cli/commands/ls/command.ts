/** What `zephr ls` is and takes. */

import type { CliCommand } from '../../parser/command.js';
import { CliOption, wholeNumber } from '../../parser/option.js';
import { parseSince, stateOption } from '../../parser/shared-options.js';
import type { LsContext } from './ls.js';

/** Adds the command. */
export function addLs(program: CliCommand): void {
  program.command('ls').summary('what you sent and asked for').declares(declare);
}

function declare(command: CliCommand): void {
  command
    .description(
      'Lists what was sent and asked for from this machine, newest first, and asks what became of it; uses up nothing. A state with ' +
        'a question mark is the last one that is known: the server did not answer.',
    )
    .addOption(stateOption('--state <state>', 'waiting, read, expired, revoked, open, answered or cancelled'))
    .addOption(
      new CliOption('--since <time>', 'sent within: 90m, 2d, or since 2026-12-05').argParser(parseSince),
    )
    .addOption(
      new CliOption('-n, --count <count>', 'so many at most').argParser(
        wholeNumber({ min: 1, max: 999_999_999 }, '--count is not a whole number from 1'),
      ),
    )
    .option('--after <id>', 'those that come after this one')
    .option('--search <text>', 'with this in the hint, memo, id or server')
    .addOption(
      new CliOption('--offline', 'ask no server').excludes('forget', '--offline does not go with --forget'),
    )
    .option('--forget', 'drop from the list what has ended')
    .addOption(
      new CliOption('--remote', 'what the API key made, on whatever machine').excludes(
        ['offline', 'forget'],
        '--remote does not go with --offline or --forget',
      ),
    )
    .example('zephr ls', 'what you sent, newest first')
    .example('zephr ls --state waiting --json', 'for a script')
    .example('zephr ls --remote --since 7d', 'of the API key')
    .runs(async (context: LsContext) => {
      const { ls } = await import('./ls.js');
      return ls(context);
    });
}
