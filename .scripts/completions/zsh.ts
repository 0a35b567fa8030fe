/** The completion script for zsh: a function for each command, over _arguments. */

import { type CommandModel, type OptionModel, type Values, withCommands } from './model.js';

/** The script, for a folder of fpath and for `eval` alike. */
export function zshScript(program: CommandModel, everywhere: readonly OptionModel[]): string {
  return `#compdef zephr
# zsh completion for zephr. Made by .scripts/completions.ts from the command tree: change that.

_zephr_everywhere=(
${everywhere
  .flatMap(optionSpecs)
  .map((spec) => `  ${spec}`)
  .join('\n')}
)

${withCommands(program).map(commandFunction).join('\n')}
# Loaded from a folder of fpath it is called; read with source it has to be announced.
if [[ \${funcstack[1]} == _zephr ]]; then
  _zephr "$@"
else
  compdef _zephr zephr
fi
`;
}

function commandFunction(command: CommandModel): string {
  const { path, commands } = command;
  const name = functionName(path);
  const specs = [...command.options.flatMap(optionSpecs), ...placeSpecs(command)];
  const call = ['_arguments -C -s : $_zephr_everywhere', ...specs].join(' \\\n    ');
  if (commands.length === 0) return `${name}() {\n  ${call}\n}\n`;
  const items = commands.flatMap(({ names, summary }) =>
    names.map((one) => `    ${quoted(`${one}:${summary}`)}`),
  );
  const cases = commands.map(
    (one) => `    ${one.names.join(' | ')}) ${functionName(one.path)} && result=0 ;;`,
  );
  return `${name}_commands() {
  local -a commands=(
${items.join('\n')}
  )
  _describe -t commands command commands
}

${name}() {
  local curcontext=$curcontext state line result=1
  typeset -A opt_args
  ${call} && result=0
  [[ $state == command ]] || return result
  case $words[1] in
${cases.join('\n')}
  esac
  return result
}
`;
}

/** An option for _arguments, a word for each of its spellings: `'(-e --expiry)-e+[…]:time:(5m 1h)'`. */
function optionSpecs({ names, description, placeholder, values }: OptionModel): string[] {
  const exclusive = names.includes('--help') || names.includes('--version') ? '- *' : names.join(' ');
  const value = placeholder === null ? '' : `:${escaped(placeholder)}:${action(values)}`;
  return names.map((name) => {
    const spelling = placeholder === null ? name : name.startsWith('--') ? `${name}=` : `${name}+`;
    return quoted(`(${exclusive})${spelling}[${escaped(description)}]${value}`);
  });
}

function placeSpecs({ path, commands, arguments: places }: CommandModel): string[] {
  if (commands.length > 0) return [`'1: :${functionName(path)}_commands'`, `'*:: :->command'`];
  return places.map(({ name, values }, index) => quoted(`${index + 1}:${escaped(name)}:${action(values)}`));
}

function action(values: Values): string {
  if (values === 'files') return '_files';
  return values === 'unknown' ? ' ' : `(${values.join(' ')})`;
}

function functionName(path: string): string {
  return `_${path.replaceAll(' ', '_')}`;
}

/** Brackets end a description, and colons a part of a spec. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
