/** What `--help` prints: options and commands from the tree, then examples, on one screen. */

import type { Command } from 'commander';
import { examplesOf } from './command.js';
import { EVERYWHERE } from './everywhere.js';
import { argumentsOf, describe, isEverywhere, optionsOf } from './tree.js';

const WIDTH = 80;

/** Makes the help of `program` and of every command that is added to it. */
export function addHelp(program: Command): void {
  program
    .configureHelp({
      helpWidth: WIDTH,
      // The program's own help has to fit on a screen: there the options of every command get two lines for all.
      visibleOptions: (command) =>
        optionsOf(command).filter((option) => command !== program || !isEverywhere(option)),
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
