/** What `--help` prints: options and commands from the tree, then examples, on one screen. */

import { type Command, Help } from 'commander';
import { examplesOf } from './command.js';
import { EVERYWHERE } from './everywhere.js';
import { argumentsOf, describe, isEverywhere, optionsOf } from './tree.js';

const WIDTH = 80;

/** Options that the program's own help shows. */
const USUAL: readonly string[] = ['--expiry', '--split', '--passphrase', '--attach'];

/** Commands that it does not show: its usage lines say what they do. */
const NOT_SHOWN: readonly string[] = ['create', 'help'];

/** What commands are for, in the order of the help. */
export const COMMAND_GROUPS = ['Send and receive:', 'Keep track:', 'Use without seeing:', 'Set up:'] as const;

/** Makes the help of `program` and of every command that is added to it. */
export function addHelp(program: Command): void {
  program
    .configureHelp({
      helpWidth: WIDTH,
      // The program's own help has to fit on a screen: there the options of every command get two lines for all.
      // Of its own it shows the usual ones: the help of zephr create has them all.
      visibleOptions: (command) =>
        optionsOf(command).filter(({ long = '' }) => command !== program || USUAL.includes(long)),
      visibleCommands: (command) =>
        new Help()
          .visibleCommands(command)
          .filter((one) => command !== program || !NOT_SHOWN.includes(one.name())),
      // The groups of commands follow each other without a blank line.
      formatItemList: (heading, items) => {
        const isFollowed = COMMAND_GROUPS.slice(0, -1).some((group) => group === heading);
        return items.length === 0 ? [] : [heading, ...items, ...(isFollowed ? [] : [''])];
      },
      optionDescription: describe,
      argumentDescription: ({ description }) => description,
      subcommandTerm: (command) => [command.name(), ...argumentsOf(command)].join(' '),
    })
    .addHelpText('afterAll', ({ command }) =>
      [...(command === program ? everywhere(program) : []), ...examples(command)].join('\n'),
    );
}

function everywhere(program: Command): string[] {
  const lines = [''];
  for (const { flags } of optionsOf(program).filter(isEverywhere)) {
    const longer = `${lines.at(-1)}  ${flags}`;
    if (longer.length > WIDTH) lines.push(`  ${flags}`);
    else lines[lines.length - 1] = longer;
  }
  return ['', EVERYWHERE, ...lines];
}

function examples(command: Command): string[] {
  const rows = examplesOf(command);
  const width = Math.max(...rows.map(({ line }) => line.length));
  const lines = rows.map(({ line, note }) => `  ${line.padEnd(width)}  ${note}`.trimEnd());
  return rows.length === 0 ? [] : ['', 'Examples:', ...lines];
}
