/** The completion script for bash 3.2 and later, without the bash-completion package. */

import { type CommandModel, type OptionModel, type Values, withCommands } from './model.js';

/** The script, made of cases over `command:word`. */
export function bashScript(program: CommandModel, everywhere: readonly OptionModel[]): string {
  const commands = withCommands(program);
  const options = [...commands.flatMap((one) => scoped(one.path, one.options)), ...scoped('*', everywhere)];
  return `# bash completion for zephr. Made by .scripts/completions.ts from the command tree: change that.

_zephr_words() {
  COMPREPLY=($(compgen -W "$*" -- "$cur"))
}

_zephr_files() {
  local name
  cur=\${cur#[\\"\\']}
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$cur")
  compopt -o filenames 2> /dev/null
}

_zephr() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=zephr position=0 value= word i
  local everywhere='${everywhere.flatMap(({ names }) => names).join(' ')}'
  COMPREPLY=()

  # "--option=value" comes as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi

  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $value ]]; then
      [[ $word == = ]] || value=
      continue
    fi
    case $command:$word in
${lines([...options.filter(takesValue).map(skipped), ...commands.flatMap(descents)])}
      *:-*) ;;
      *) ((position++)) ;;
    esac
  done

  case $command:$prev in
${lines(options.filter(takesValue).map(offered), 4)}
  esac

  case $cur in
    -*)
      case $command in
${lines(commands.filter((one) => one.options.length > 0).map(named), 8)}
        *) _zephr_words $everywhere ;;
      esac
      ;;
    *)
      case $command:$position in
${lines(commands.flatMap(positions), 8)}
      esac
      ;;
  esac
}

complete -F _zephr zephr
`;
}

/** An option, and the path of the command that has it; `*` for an option of all commands. */
interface ScopedOption {
  readonly path: string;
  readonly option: OptionModel;
}

function scoped(path: string, options: readonly OptionModel[]): ScopedOption[] {
  return options.map((option) => ({ path, option }));
}

function takesValue({ option }: ScopedOption): boolean {
  return option.placeholder !== null;
}

/** The case of an option before the cursor: the word after it is its value, and no command. */
function skipped({ path, option }: ScopedOption): string {
  return `${anyOf(path, option.names)}) value=1 ;;`;
}

/** The cases of words that call a command of this one. */
function descents({ path, commands }: CommandModel): string[] {
  return commands.map((one) => `${anyOf(path, one.names)}) command='${one.path}' position=0 ;;`);
}

/** The case of an option right before the cursor: its values are offered. */
function offered({ path, option: { names, values } }: ScopedOption): string {
  return `${anyOf(path, names)}) ${values === 'unknown' ? '' : `${offer(values)}; `}return ;;`;
}

/** The case of a command in which an option is being typed: all of its options are offered. */
function named({ path, options }: CommandModel): string {
  return `${quoted(path)}) _zephr_words ${options.flatMap(({ names }) => names).join(' ')} $everywhere ;;`;
}

/** The cases of a command in which an argument is being typed, by its position. */
function positions({ path, commands, arguments: places }: CommandModel): string[] {
  // bash splits a URL at its colons into several words, so before a command the position says nothing.
  const own =
    commands.length === 0
      ? []
      : [`${quoted(`${path}:`)}*) ${offer(commands.flatMap(({ names }) => names))} ;;`];
  const rest = places.flatMap(({ values }, position) =>
    values === 'unknown' ? [] : [`${quoted(`${path}:${position}`)}) ${offer(values)} ;;`],
  );
  return [...own, ...rest];
}

/** A call of the function of the script that offers such values. */
function offer(values: Values): string {
  return values === 'files' ? '_zephr_files' : `_zephr_words ${[...values].join(' ')}`;
}

function anyOf(path: string, words: readonly string[]): string {
  return words.map((word) => quoted(`${path}:${word}`)).join(' | ');
}

function quoted(text: string): string {
  return text.includes(' ') ? `'${text}'` : text;
}

function lines(parts: readonly string[], indent = 6): string {
  return parts.map((part) => `${' '.repeat(indent)}${part}`).join('\n');
}
