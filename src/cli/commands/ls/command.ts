/** What `zephr ls` is and takes. */

import { SECRET_STATES } from '../../../core/protocol/replies.js';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { CliOption, oneOf, wholeNumber } from '../../parser/option.js';
import { parseSince } from '../../parser/shared-options.js';
import type { LsContext } from './ls.js';

/** Adds the command. */
export function addLs(program: CliCommand): void {
  program.command('ls').summary('what you sent, and what became of it').declares(declare);
}

function declare(command: CliCommand): void {
  command
    .description(
      'Lists what was sent from this machine, newest first, and asks what became of it; uses up nothing. A state with ' +
        'a question mark is the last one that is known: the server did not answer.',
    )
    .addOption(
      oneOf(new CliOption('--state <state>', 'waiting, read, expired or revoked'), SECRET_STATES, (near) =>
        usageError(
          'that is no state of a secret',
          near === undefined ? `the states are ${SECRET_STATES.join(', ')}` : `did you mean ${near}?`,
        ),
      ),
    )
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
