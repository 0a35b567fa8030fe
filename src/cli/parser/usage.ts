/** Wrong usage in our words: what is wrong, what was probably meant, and never a value that may be a secret. */

import type { Command, CommanderError } from 'commander';
import { type CliError, secretAsArgument, usageError } from '../exit/cli-error.js';
import { CliOption } from './option.js';
import { suggest } from './suggest.js';
import { namesOf, optionsOf, pathOf } from './tree.js';

/** Our error in place of commander's, about the arguments of `command`. */
export function usageErrorFor({ code, message }: CommanderError, command: Command): CliError {
  if (code === 'commander.unknownOption') return unknownOption(message, command);
  const [first = ''] = message.replace(/^error: /, '').split('\n');
  const conflict = code === 'commander.conflictingOption' ? conflictIn(first, command) : undefined;
  return conflict ?? usageError(first, seeHelp(command));
}

/** The declared error for two options that cannot be given together. */
function conflictIn(message: string, command: Command): CliError | undefined {
  const declared = command.options.filter((option) => option instanceof CliOption);
  const found = declared.find(({ flags }) => message.startsWith(`option '${flags}' cannot be used with`));
  return found?.conflict?.();
}

/**
 * What a command such as `zephr config` does by itself: it fails, and names its commands.
 * @throws CliError exit 2, always.
 */
export function requireCommand(command: Command): never {
  rejectWords(command);
  throw usageError(`${pathOf(command)} needs a command`, theCommands(command));
}

/**
 * Rejects words that stand where the name of a command could and are no command. Behind `zephr` itself such a word is
 * most likely the secret.
 * @throws CliError exit 2, unless there are no words.
 */
export function rejectWords(command: Command): void {
  const [first] = command.args;
  if (first === undefined) return;
  const near = suggestCommand(first, command);
  if (near !== undefined) throw near;
  if (command.parent !== null) throw noSuchCommand(command);
  if (/^https?:\/\//i.test(first)) throw usageError('to take a secret back, use zephr get <link>');
  throw pipeItIn();
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

/** The error for the mistyped name of a command. It may be repeated: it is close to a name, so it is no secret. */
function suggestCommand(word: string, command: Command): CliError | undefined {
  const near = suggest(word, command.commands.flatMap(namesOf));
  return near === undefined
    ? undefined
    : usageError(`there is no command '${word}'`, `did you mean ${pathOf(command)} ${near}?`);
}

function noSuchCommand(command: Command): CliError {
  if (command.commands.length === 0)
    return usageError(`${pathOf(command)} has no commands`, seeHelp(command));
  return usageError(`${pathOf(command)} has no command of that name`, theCommands(command));
}

function theCommands(command: Command): string {
  return `the commands are ${command.commands.map((one) => one.name()).join(', ')}`;
}

function pipeItIn(): CliError {
  return secretAsArgument('a secret', 'pipe it in: printf %s "$PASSWORD" | zephr');
}

/** The error for an unknown option. Its value is not repeated, nor a word that may be a secret that begins with `-`. */
function unknownOption(message: string, command: Command): CliError {
  const [, flag = ''] = /'(.*?)(?:=.*)?'/s.exec(message) ?? [];
  if (!/^--?[a-z]/i.test(flag)) {
    return command.parent === null ? pipeItIn() : usageError('unknown option', seeHelp(command));
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
