/** The completion script for fish 3.1 and later. */

import { type CommandModel, type OptionModel, type Values, withCommands } from './model.js';

/** The script: a function that finds the command, then one line for each option, command and argument. */
export function fishScript(program: CommandModel, everywhere: readonly OptionModel[]): string {
  const commands = withCommands(program);
  return `# fish completion for zephr. Made by .scripts/completions.ts from the command tree: change that.

# Whether the words before the cursor call this command, and how many arguments it has had.
function __zephr_in --argument-names wanted wanted_position
    set --local command zephr
    set --local position 0
    set --local value ''
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..-1]
        if test -n "$value"
            set value ''
            continue
        end
        switch "$command:$word"
${valueOptions('*', everywhere)}
${commands.flatMap(walk).join('\n')}
            case '*:-*'
            case '*'
                set position (math $position + 1)
        end
    end
    test "$command" = "$wanted"; and test -z "$wanted_position" -o "$wanted_position" = "$position"
end

complete --command zephr --no-files
${[...everywhere.map((option) => `complete -c zephr ${optionFlags(option)}`), ...commands.flatMap(completions)].join('\n')}
`;
}

/** The cases of words before the cursor: an option whose value follows, or a command. */
function walk({ path, options, commands }: CommandModel): string[] {
  return [
    valueOptions(path, options),
    ...commands.map((one) => step(path, one.names, `set command ${quoted(one.path)}`, 'set position 0')),
  ].filter((lines) => lines !== '');
}

function valueOptions(path: string, options: readonly OptionModel[]): string {
  const names = options.filter(({ placeholder }) => placeholder !== null).flatMap((option) => option.names);
  return names.length === 0 ? '' : step(path, names, 'set value 1');
}

function step(path: string, names: readonly string[], ...then: readonly string[]): string {
  const cases = names.map((name) => quoted(`${path}:${name}`)).join(' ');
  return [`            case ${cases}`, ...then.map((line) => `                ${line}`)].join('\n');
}

function completions({ path, options, commands, arguments: places }: CommandModel): string[] {
  const here = `complete -c zephr -n ${quoted(`__zephr_in ${inner(path)}`)}`;
  return [
    ...commands.flatMap(({ names, summary }) =>
      names.map((name) => `${here} -a ${name} -d ${quoted(summary)}`),
    ),
    ...places.flatMap(({ values }, position) =>
      values === 'unknown'
        ? []
        : [`complete -c zephr -n ${quoted(`__zephr_in ${inner(path)} ${position}`)} ${offer(values)}`],
    ),
    ...options.map((option) => `${here} ${optionFlags(option)}`),
  ];
}

function optionFlags({ names, description, placeholder, values }: OptionModel): string {
  const spellings = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = placeholder === null ? [] : values === 'files' ? ['-r -F'] : ['-x', offer(values)];
  return [...spellings, ...value, `-d ${quoted(description)}`].filter((part) => part !== '').join(' ');
}

function offer(values: Values): string {
  if (values === 'files') return '-F';
  return values === 'unknown' ? '' : `-a ${quoted([...values].join(' '))}`;
}

/** A path as one word inside a condition. */
function inner(path: string): string {
  return path.includes(' ') ? `"${path}"` : path;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
