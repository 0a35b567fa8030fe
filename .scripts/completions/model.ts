/**
 * What a shell has to know to complete zephr: the command tree as plain data, with what each option's value and
 * each argument can be. An option that is new in the tree completes at once; a line here says what its value is.
 */

import type { Command, Option } from 'commander';
import { EVERYWHERE } from '../../src/cli/parser/help.js';
import { namesOf, optionsOf, pathOf } from '../../src/cli/parser/tree.js';
import { createProgram, declareInFull } from '../../src/cli/program.js';
import { CONFIG_KEYS } from '../../src/cli/settings/config-file.js';
import { processTerminal } from '../../src/cli/terminal/terminal.js';

/** What can stand in a place: some words, the name of a file, or something no shell can guess. */
export type Values = readonly string[] | 'files' | 'unknown';

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
  /** Its own; the options that every command takes aside. */
  readonly options: readonly OptionModel[];
  readonly commands: readonly CommandModel[];
  /** By position. */
  readonly arguments: readonly { readonly name: string; readonly values: Values }[];
}

const OPTION_VALUES: Readonly<Record<string, Values>> = {
  '--access': ['open', 'tiered', 'closed'],
  '--callback-secret-file': 'files',
  '--config': 'files',
  '--expiry': ['5m', '1h', '1d', '7d', '30d'],
  '--key-file': 'files',
  '--link': ['v1', 'v2'],
  '--output': 'files',
  '--passphrase-file': 'files',
  '--store': 'files',
  '--tier': ['free', 'dev', 'pro'],
  '--tls-cert': 'files',
  '--tls-key': 'files',
};

const ARGUMENT_VALUES: Readonly<Record<string, Values>> = {
  'zephr completion <shell>': ['bash', 'zsh', 'fish'],
  'zephr config get <key>': CONFIG_KEYS,
  'zephr config set <key>': CONFIG_KEYS,
  'zephr config unset <key>': CONFIG_KEYS,
};

/** The whole command tree, every option declared. */
export function commandTree(): Command {
  return declareInFull(createProgram(processTerminal(), '', {}));
}

/** The options that every command takes. */
export function optionsEverywhere(program: Command): OptionModel[] {
  return optionsOf(program).filter(isEverywhere).map(optionModel);
}

export function modelOf(command: Command, root = command): CommandModel {
  const path = pathOf(command);
  return {
    path,
    names: namesOf(command),
    summary: command.summary(),
    options: optionsOf(command)
      .filter((option) => !isEverywhere(option))
      .map(optionModel),
    commands: command.commands.map((one) => modelOf(one, root)),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      values:
        argument.name() === 'command'
          ? root.commands.flatMap(namesOf)
          : (ARGUMENT_VALUES[`${path} <${argument.name()}>`] ?? 'unknown'),
    })),
  };
}

/** A command and all below it. */
export function withCommands(command: CommandModel): CommandModel[] {
  return [command, ...command.commands.flatMap(withCommands)];
}

function isEverywhere({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === EVERYWHERE;
}

function optionModel({ short, long, flags, description }: Option): OptionModel {
  const [, placeholder = null] = /[<[](.+)[>\]]$/.exec(flags) ?? [];
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    placeholder,
    values: (long === undefined ? undefined : OPTION_VALUES[long]) ?? 'unknown',
  };
}
