/** Wrong usage in our words: what is wrong, what was probably meant, and never a value that may be a secret. */

import type { Command, CommanderError } from 'commander';
import { type CliError, usageError } from '../exit/exit.js';
import { suggest } from './suggest.js';
import { namesOf, optionsOf, pathOf } from './tree.js';

/** commander's complaint about the arguments of `command`. */
export function complaint({ code, message }: CommanderError, command: Command): CliError {
  if (code === 'commander.unknownOption') return unknownOption(message, command);
  const [first = ''] = message.replace(/^error: /, '').split('\n');
  return usageError(first, seeHelp(command));
}

/**
 * Refuses words that stand where one of the command's own commands could, and are none.
 * @throws CliError exit 2, unless there are no words.
 */
export function refuseWords(command: Command): void {
  const [first] = command.args;
  if (first === undefined) return;
  const near = suggestCommand(first, command);
  if (near !== undefined) throw near;
  if (command.parent !== null) throw noSuchCommand(command);
  if (/^https?:\/\//i.test(first)) throw usageError('to take a secret back, use zephr get <link>');
  throw secretAsArgument();
}

/**
 * The command that words such as `config set` name.
 * @throws CliError exit 2 when there is none.
 */
export function commandNamed(words: readonly string[], program: Command): Command {
  return words.reduce((command, word) => {
    const found = command.commands.find((one) => namesOf(one).includes(word));
    if (found === undefined) throw suggestCommand(word, command) ?? noSuchCommand(command);
    return found;
  }, program);
}

/** The mistyped name of a command. It is near to a name, so it is no secret. */
function suggestCommand(word: string, command: Command): CliError | undefined {
  const near = suggest(word, command.commands.flatMap(namesOf));
  return near === undefined
    ? undefined
    : usageError(`there is no command '${word}'`, `did you mean ${pathOf(command)} ${near}?`);
}

/** What there is to say to a command that does nothing without one of its own. */
export function missingCommand(command: Command): CliError {
  return usageError(`${pathOf(command)} needs a command`, theCommands(command));
}

function noSuchCommand(command: Command): CliError {
  if (command.commands.length === 0)
    return usageError(`${pathOf(command)} has no commands`, seeHelp(command));
  return usageError(`${pathOf(command)} has no command of that name`, theCommands(command));
}

function theCommands(command: Command): string {
  return `the commands are ${command.commands.map((one) => one.name()).join(', ')}`;
}

function secretAsArgument(): CliError {
  return usageError(
    'a secret is not given as an argument: arguments show in ps and in the history',
    'pipe it in: printf %s "$PASSWORD" | zephr',
  );
}

/** What stands behind an option's name, or instead of one, is not repeated. */
function unknownOption(message: string, command: Command): CliError {
  const [, flag = ''] = /'(.*?)(?:=.*)?'/s.exec(message) ?? [];
  if (!/^--?[a-z]/i.test(flag)) {
    return command.parent === null ? secretAsArgument() : usageError('unknown option', seeHelp(command));
  }
  const [name] = /^--[a-z-]{2,40}$|^-[a-z](?!-)/i.exec(flag) ?? [];
  const near = suggest(
    flag.slice(2),
    optionsOf(command).flatMap(({ long }) => long?.slice(2) ?? []),
  );
  return usageError(
    name === undefined ? 'unknown option' : `unknown option '${name}'`,
    near === undefined ? seeHelp(command) : `did you mean --${near}?`,
  );
}

function seeHelp(command: Command): string {
  return `see ${pathOf(command)} --help`;
}
