/** Looking at the command tree: how a command is called, and what it takes. */

import { type Command, Help, type Option } from 'commander';
import { CliCommand } from './command.js';
import { EVERYWHERE } from './everywhere.js';

/** What is typed to call a command, such as `zephr config set`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** A command's name and its other names. */
export function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

/** The commands below a command. */
export function commandsOf(command: Command): readonly Command[] {
  return declared(command).commands;
}

/** Declares a command and all below it. */
export function declareAll(command: Command): void {
  for (const below of commandsOf(command)) declareAll(below);
}

/** A command and all below it. */
export function withCommands(command: Command): Command[] {
  return [command, ...commandsOf(command).flatMap(withCommands)];
}

/** A command with all that it takes, where that was put off. */
function declared(command: Command): Command {
  return command instanceof CliCommand ? command.declareNow() : command;
}

/** A command's options, `--help` among them. */
export function optionsOf(command: Command): Option[] {
  return new Help().visibleOptions(declared(command));
}

/** Whether every command takes this option. */
export function isEverywhere({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === EVERYWHERE;
}

/** What an option is for, and its default. */
export function describe({ description, defaultValue, defaultValueDescription, negate }: Option): string {
  const shown = defaultValueDescription ?? (negate ? undefined : defaultValue);
  return shown === undefined ? description : `${description} (default: ${shown})`;
}

/** A command's arguments, as usage lines show them. */
export function argumentsOf(command: Command): string[] {
  return declared(command).registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? `<${name}>` : `[${name}]`;
  });
}
