/** Wrong usage in our words: what is wrong, what was probably meant, and never a value that may be a secret. */

import { existsSync } from 'node:fs';
import type { Command, CommanderError } from 'commander';
import { type CliError, usageError } from '../exit/cli-error.js';
import { CliOption } from './option.js';
import { commandMeant, noFiles, noSecret, optionMeant } from './other-names.js';
import { suggest } from './suggest.js';
import { commandsOf, namesOf, optionsOf, pathOf, withCommands } from './tree.js';

/** Our error in place of commander's, about the arguments of `command`. */
export function usageErrorFor({ code, message }: CommanderError, command: Command): CliError {
  if (code === 'commander.unknownOption') return wrongWord(command) ?? unknownOption(message, command);
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
 * most likely the secret, or the name of its file.
 * @throws CliError exit 2, unless there are no words.
 */
export function rejectWords(command: Command): void {
  if (command.args.length > 0) throw notACommand(command.args, command);
}

/**
 * The error for a word that is no command and has an option behind it: the option is of the command that was meant.
 * Undefined for commands that take arguments, and where the option comes first.
 */
function wrongWord(command: Command): CliError | undefined {
  const [first] = command.args;
  if (commandsOf(command).length === 0 || first === undefined || first.startsWith('-')) return undefined;
  return notACommand(
    command.args.filter((word) => !word.startsWith('-')),
    command,
  );
}

function notACommand(words: readonly string[], command: Command): CliError {
  const [first = ''] = words;
  const meant = meantBy(first, command);
  if (meant !== undefined) return meant;
  if (command.parent !== null && !isCreate(command)) return noSuchCommand(command);
  if (/^https?:\/\//i.test(first)) return usageError('to take a secret back, use zephr get <link>');
  return words.every((word) => existsSync(word)) ? noFiles(words.length) : noSecret();
}

/** Whether this is `zephr`, or `zephr create`, which is the same by its name. */
function isCreate(command: Command): boolean {
  return command.parent === null || pathOf(command) === 'zephr create';
}

/**
 * The command that words such as `config set` name.
 * @throws CliError exit 2 when there is none.
 */
export function commandNamed(words: readonly string[], program: Command): Command {
  return words.reduce((command, word) => {
    const found = commandsOf(command).find((one) => namesOf(one).includes(word));
    if (found === undefined) throw meantBy(word, command) ?? noSuchCommand(command);
    return found;
  }, program);
}

/** The error for the mistyped name of a command, or another word for it. It may be repeated, since it is no secret. */
function meantBy(word: string, command: Command): CliError | undefined {
  const near = suggest(word, commandsOf(command).flatMap(namesOf));
  const meant =
    commandMeant(pathOf(command), word) ?? (near === undefined ? undefined : `${pathOf(command)} ${near}`);
  return meant === undefined
    ? undefined
    : usageError(`there is no command '${word}'`, `did you mean ${meant}?`);
}

function noSuchCommand(command: Command): CliError {
  if (commandsOf(command).length === 0)
    return usageError(`${pathOf(command)} has no commands`, seeHelp(command));
  return usageError(`${pathOf(command)} has no command of that name`, theCommands(command));
}

function theCommands(command: Command): string {
  return `the commands are ${commandsOf(command)
    .map((one) => one.name())
    .join(', ')}`;
}

/** The error for an unknown option. Its value is not repeated, nor a word that may be a secret that begins with `-`. */
function unknownOption(message: string, command: Command): CliError {
  const [, flag = ''] = /'(.*?)(?:=.*)?'/s.exec(message) ?? [];
  if (!/^--?[a-z]/i.test(flag)) {
    return isCreate(command) ? noSecret() : usageError('unknown option', seeHelp(command));
  }
  const meant = optionMeant(flag, isCreate(command));
  if (meant !== undefined) return meant;
  const [name] = /^--[a-z-]{2,40}$|^-[a-z](?!-)/i.exec(flag) ?? [];
  const what = name === undefined ? 'unknown option' : `unknown option '${name}'`;
  const owners = commandsThatTake(flag, command);
  if (owners.length > 0)
    return usageError(what, `${owners.map(pathOf).join(', ')} ${owners.length === 1 ? 'takes' : 'take'} it`);
  const near = suggest(
    flag.slice(2),
    // One that the command has is no mistyped option: then it stands in a place where none can.
    optionsOf(command).flatMap(({ long }) => (long === undefined || long === flag ? [] : long.slice(2))),
  );
  return usageError(what, near === undefined ? seeHelp(command) : `did you mean --${near}?`);
}

/** The commands that have this option; none where the command itself has it. */
function commandsThatTake(flag: string, command: Command): Command[] {
  const takes = (one: Command) => optionsOf(one).some(({ long, short }) => flag === long || flag === short);
  const all = withCommands(rootOf(command));
  return takes(command) ? [] : all.filter(takes);
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function seeHelp(command: Command): string {
  return `see ${pathOf(command)} --help`;
}
