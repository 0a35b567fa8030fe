/** `zephr help`: prints what `--help` prints. It has the tree at hand, so there is nothing to load for it. */

import { Argument } from 'commander';
import type { CliCommand } from '../../parser/command.js';
import { commandsOf, namesOf } from '../../parser/tree.js';
import { commandNamed } from '../../parser/usage.js';

/**
 * Adds the command. It must be the last one, because its argument offers the names of those that are there.
 * @param program the program, the commands of which are there already.
 */
export function addHelpCommand(program: CliCommand): void {
  program
    .command('help')
    .summary('print the help of a command')
    .declares((help) => declare(help, program));
}

function declare(help: CliCommand, program: CliCommand): void {
  help
    .description('Prints the help of a command, or of zephr itself.')
    .example('zephr help config set')
    .action((words: string[]) => {
      commandNamed(words, program).help();
    });
  const names = commandsOf(program).flatMap(namesOf);
  // More words than one name commands of commands, so the choices are checked when all of them are there.
  help.addArgument(
    new Argument('[command...]')
      .choices(names)
      .argParser((word: string, words: string[] | undefined) => [...(words ?? []), word]),
  );
}
