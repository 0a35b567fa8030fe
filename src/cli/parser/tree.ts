/** Looking at the command tree: how a command is called, and what it takes. */

import { type Command, Help, type Option } from 'commander';

/** What is typed to call a command, such as `zephr config set`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** A command's name and its other names. */
export function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

/** A command's options, `--help` among them. */
export function optionsOf(command: Command): Option[] {
  return new Help().visibleOptions(command);
}

/** A command's arguments, as usage lines show them. */
export function argumentsOf(command: Command): string[] {
  return command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? `<${name}>` : `[${name}]`;
  });
}
