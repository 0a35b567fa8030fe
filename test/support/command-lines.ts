/** Command lines in documents: do they use what there is? */

import type { Command } from 'commander';
import { commandTree } from '../../.scripts/completions/model.js';
import { namesOf, optionsOf } from '../../src/cli/parser/tree.js';

/** Every command of the program, itself first. */
export function allCommands(command: Command = commandTree()): Command[] {
  return [command, ...command.commands.flatMap((one) => allCommands(one))];
}

/** The calls of zephr in a text, each as the words and options that follow its name. */
export function callsIn(text: string): string[][] {
  const calls = text.matchAll(/\bzephr((?: +(?!-- )[\w-]+)*)/g);
  return [...calls].map(([, words = '']) => words.trim().split(/ +/));
}

/** The options of a call that its command does not have. */
export function unknownOptions(call: readonly string[]): string[] {
  let command = commandTree();
  return call.filter((word) => {
    const below = command.commands.find((one) => namesOf(one).includes(word));
    command = below ?? command;
    return (
      word.startsWith('-') && !optionsOf(command).some(({ short, long }) => word === short || word === long)
    );
  });
}
