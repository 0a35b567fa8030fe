/** The man page zephr(1): the command tree and the tables of src/cli in the language of man(7). */

import type { Command, Option } from 'commander';
import { EXIT, EXIT_MEANINGS } from '../src/cli/exit/codes.js';
import { FILES } from '../src/cli/files/folders.js';
import { examplesOf } from '../src/cli/parser/command.js';
import {
  argumentsOf,
  describe,
  isEverywhere,
  optionsOf,
  pathOf,
  withCommands,
} from '../src/cli/parser/tree.js';
import { SERVE_VARIABLES, VARIABLES } from '../src/cli/terminal/environment.js';
import { text, wrapped } from './troff.js';

/**
 * The page's text.
 * @param date when it was made, such as `2026-01-31`.
 */
export function manPage(program: Command, version: string, date: string): string {
  const commands = program.commands.flatMap(withCommands);
  const everywhere = optionsOf(program).filter(isEverywhere);
  return [
    `.TH ZEPHR 1 ${date} "zephr ${version}" "User Commands"`,
    section('NAME', ['zephr \\- hand a secret from one process to another exactly once']),
    section('SYNOPSIS', [program, ...commands].flatMap(synopsis)),
    section('DESCRIPTION', DESCRIPTION.flatMap((paragraph) => ['.PP', text(paragraph)]).slice(1)),
    section('OPTIONS', ownOptions(program)),
    section('COMMANDS', commands.flatMap(commandPart)),
    section('OPTIONS OF EVERY COMMAND', everywhere.flatMap(optionPart)),
    section(
      'EXIT STATUS',
      Object.entries(EXIT).flatMap(([name, code]) =>
        item(String(code), EXIT_MEANINGS[name as keyof typeof EXIT]),
      ),
    ),
    section('ENVIRONMENT', [
      text('A flag comes before the environment, and that before the config file.'),
      ...Object.entries(VARIABLES).flatMap(([name, meaning]) => item(name, meaning)),
      ...item(SERVE_VARIABLES.name, SERVE_VARIABLES.meaning),
    ]),
    section(
      'FILES',
      Object.entries(FILES).flatMap(([path, meaning]) => item(path, meaning)),
    ),
    section('EXAMPLES', [program, ...commands].flatMap(exampleParts)),
    section('SECURITY', SECURITY.flatMap((paragraph) => ['.PP', text(paragraph)]).slice(1)),
    section('SEE ALSO', ['.BR zephr\\-serve (8),', '.BR age (1),', '.BR gpg (1),', '.BR pass (1)']),
  ]
    .flat()
    .map((line) => `${wrapped(line)}\n`)
    .join('');
}

const DESCRIPTION = [
  'Without a command, `zephr` reads a secret on standard input, or asks for it, hidden, on a terminal; encrypts it; ' +
    'leaves the ciphertext with a server; and prints a link. Whoever has the link takes the secret back with ' +
    '`zephr get`, once. The key is the part of the link behind `#`, and never reaches the server.',
  'Standard output is data: the link, or the exact bytes of the secret. Everything else goes to standard error. ' +
    'Where there is no terminal nothing is asked, and what is missing is exit status 2.',
];

const SECURITY = [
  'Whoever sees the link before its reader can read the secret; the reader then gets exit status 6, and should have ' +
    'the secret changed. Send the link and, with `--split`, the key on two channels, or use a passphrase.',
  'Links of version 2 carry a proof of the key, so that a link preview or a mail scanner uses up nothing. Links of ' +
    'version 1, which https://zephr.io speaks, do not.',
];

/** A line for each command that does something by itself. */
function synopsis(command: Command): string[] {
  if (command.parent !== null && command.commands.length > 0) return [];
  const places = argumentsOf(command).map((place) => `\\fI${text(place)}\\fR`);
  const line = [`\\fB${text(pathOf(command))}\\fR`, '[\\fIoptions\\fR]', ...places].join(' ');
  return command.parent === null ? [line] : ['.br', line];
}

function commandPart(command: Command): string[] {
  const places = argumentsOf(command).map((place) => text(place));
  const also = command.aliases().map((name) => text(`Also called ${name}.`));
  return [
    `.SS "${[text(pathOf(command)), ...places].join(' ')}"`,
    text(sentence(command.description() || command.summary())),
    ...also,
    ...ownOptions(command),
  ];
}

function ownOptions(command: Command): string[] {
  return optionsOf(command)
    .filter((option) => !isEverywhere(option))
    .flatMap(optionPart);
}

function optionPart(option: Option): string[] {
  const { flags } = option;
  const [, names = flags, value] = /^(.*?)(?: [<[](.+)[>\]])?$/.exec(flags) ?? [];
  const shown = names.split(', ').map((name) => `\\fB${text(name)}\\fR`);
  return [
    '.TP',
    shown.join(', ') + (value === undefined ? '' : ` \\fI${text(value)}\\fR`),
    text(describe(option)),
  ];
}

function item(term: string, meaning: string): string[] {
  return ['.TP', `\\fB${text(term)}\\fR`, text(meaning)];
}

function exampleParts(command: Command): string[] {
  return examplesOf(command).flatMap(({ line, note }) =>
    note === '' ? ['.TP', `\\fB${text(line)}\\fR`, '\\&'] : item(line, note),
  );
}

function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title.includes(' ') ? `"${title}"` : title}`, ...lines];
}

function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.?!]$/.test(capital) ? capital : `${capital}.`;
}
