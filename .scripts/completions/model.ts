/** What a shell has to know to complete zephr: the command tree as plain data. All of it is declared in the tree. */

import type { Argument, Command, Option } from 'commander';
import { EXIT } from '../../src/cli/exit/codes.js';
import { CliOption, type Offered } from '../../src/cli/parser/option.js';
import { declareAll, describe, isEverywhere, namesOf, optionsOf, pathOf } from '../../src/cli/parser/tree.js';
import { createProgram } from '../../src/cli/program.js';
import { processTerminal } from '../../src/cli/terminal/terminal.js';

/** What can stand in a place: some words, the name of a file, or something that no shell can guess. */
export type Values = Offered | 'unknown';

export interface OptionModel {
  /** Spellings, such as `-e` and `--expiry`. */
  readonly names: readonly string[];
  readonly description: string;
  /** What its value is called; null when it takes none. */
  readonly placeholder: string | null;
  readonly values: Values;
}

export interface CommandModel {
  /** What is typed, such as `zephr config set`. */
  readonly path: string;
  readonly names: readonly string[];
  readonly summary: string;
  /** Its own, without those that every command takes. */
  readonly options: readonly OptionModel[];
  readonly commands: readonly CommandModel[];
  /** By position. */
  readonly arguments: readonly { readonly name: string; readonly values: Values }[];
}

/** The whole command tree, all of it declared. */
export function commandTree(): Command {
  const program = createProgram({ terminal: processTerminal(), exit: EXIT.done }, '', {});
  declareAll(program);
  return program;
}

/** The options that every command takes. */
export function optionsEverywhere(program: Command): OptionModel[] {
  return optionsOf(program).filter(isEverywhere).map(optionModel);
}

/** The model of a command and of all below it. */
export function modelOf(command: Command): CommandModel {
  return {
    path: pathOf(command),
    names: namesOf(command),
    summary: command.summary(),
    options: optionsOf(command)
      .filter((option) => !isEverywhere(option))
      .map(optionModel),
    commands: command.commands.map(modelOf),
    arguments: command.registeredArguments.map(argumentModel),
  };
}

/** A command and all below it. */
export function withCommands(command: CommandModel): CommandModel[] {
  return [command, ...command.commands.flatMap(withCommands)];
}

function optionModel(option: Option): OptionModel {
  const { short, long, flags, argChoices } = option;
  const [, placeholder = null] = /[<[](.+)[>\]]$/.exec(flags) ?? [];
  const offered = option instanceof CliOption ? option.offered : undefined;
  return {
    names: [short, long].filter((name) => name !== undefined),
    description: describe(option),
    placeholder,
    values: argChoices ?? offered ?? (placeholder === 'file' ? 'files' : 'unknown'),
  };
}

function argumentModel(argument: Argument): CommandModel['arguments'][number] {
  return { name: argument.name(), values: argument.argChoices ?? 'unknown' };
}
