/**
 * What `zephr stats` is and takes. It counts the list of `zephr ls`, and asks as that does what became of what is in it.
 */

import type { CliCommand } from '../../parser/command.js';
import { CliOption } from '../../parser/option.js';
import type { StatsContext } from './stats.js';

/**
 * Adds the command.
 * @param program the program, which `stats` becomes a command of.
 */
export function addStats(program: CliCommand): void {
  program.command('stats').summary('how many you sent, and what became of them').declares(declare);
}

function declare(command: CliCommand): void {
  command
    .description('Counts what was sent from this machine, by what became of it, and lately.')
    .option('--offline', 'ask no server')
    .addOption(
      new CliOption('--remote', 'what the API key made, on whatever machine').excludes(
        'offline',
        '--remote does not go with --offline',
      ),
    )
    .example('zephr stats', 'counts, by state and lately')
    .example('zephr stats --json', 'for a script')
    .runs(async (context: StatsContext) => {
      const { stats } = await import('./stats.js');
      return stats(context);
    });
}
