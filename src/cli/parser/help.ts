/** What `--help` prints: options and commands from the tree, then examples, on one screen. */

import type { Command } from 'commander';
import { EXAMPLES } from './examples.js';
import { argumentsOf, optionsOf, pathOf } from './tree.js';

/** Heading of the options that every command takes. */
export const EVERYWHERE = 'Everywhere:';

const WIDTH = 80;

/** Makes the help of `program` and of every command it has or will have. */
export function addHelp(program: Command): void {
  program
    .configureHelp({
      helpWidth: WIDTH,
      // The program's own help has to fit on a screen: there these options get two lines for all.
      visibleOptions: (command) =>
        optionsOf(command).filter(
          ({ helpGroupHeading }) => command !== program || helpGroupHeading !== EVERYWHERE,
        ),
      subcommandTerm: (command) => [command.name(), ...argumentsOf(command)].join(' '),
    })
    .addHelpText('afterAll', ({ command }) =>
      [...(command === program ? everywhere(program) : []), ...examples(pathOf(command))].join('\n'),
    );
}

function everywhere(program: Command): string[] {
  const lines = [''];
  for (const { helpGroupHeading, flags } of optionsOf(program)) {
    if (helpGroupHeading !== EVERYWHERE) continue;
    const longer = `${lines.at(-1)}  ${flags}`;
    if (longer.length > WIDTH) lines.push(`  ${flags}`);
    else lines[lines.length - 1] = longer;
  }
  return ['', EVERYWHERE, ...lines];
}

function examples(path: string): string[] {
  const rows = EXAMPLES[path] ?? [];
  const width = Math.max(...rows.map(([command]) => command.length));
  const lines = rows.map(([command, note]) => `  ${command.padEnd(width)}  ${note}`.trimEnd());
  return rows.length === 0 ? [] : ['', 'Examples:', ...lines];
}
