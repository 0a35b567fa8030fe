/** The completion script for bash 3.2 and later, without the bash-completion package. */

import { type CommandModel, type OptionModel, type Values, withCommands } from './model.js';

export function bashScript(program: CommandModel, everywhere: readonly OptionModel[]): string {
  const commands = withCommands(program);
  const options = [...commands.flatMap((one) => places(one.path, one.options)), ...places('*', everywhere)];
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

/** An option and the commands it belongs to: a path, or `*` for all. */
interface Place {
  readonly path: string;
  readonly option: OptionModel;
}

function places(path: string, options: readonly OptionModel[]): Place[] {
  return options.map((option) => ({ path, option }));
}

function takesValue({ option }: Place): boolean {
  return option.placeholder !== null;
}

/** The word after the option is its value, and no command. */
function skipped({ path, option }: Place): string {
  return `${anyOf(path, option.names)}) value=1 ;;`;
}

function descents({ path, commands }: CommandModel): string[] {
  return commands.map((one) => `${anyOf(path, one.names)}) command='${one.path}' position=0 ;;`);
}

function offered({ path, option: { names, values } }: Place): string {
  return `${anyOf(path, names)}) ${values === 'unknown' ? '' : `${offer(values)}; `}return ;;`;
}

function named({ path, options }: CommandModel): string {
  return `${quoted(path)}) _zephr_words ${options.flatMap(({ names }) => names).join(' ')} $everywhere ;;`;
}

function positions({ path, commands, arguments: places }: CommandModel): string[] {
  // A URL comes in several words, so that positions before a command say nothing.
  const own =
    commands.length === 0
      ? []
      : [`${quoted(`${path}:`)}*) ${offer(commands.flatMap(({ names }) => names))} ;;`];
  const rest = places.flatMap(({ values }, position) =>
    values === 'unknown' ? [] : [`${quoted(`${path}:${position}`)}) ${offer(values)} ;;`],
  );
  return [...own, ...rest];
}

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
