/**
 * Names and values as `.env` files have them: what dotenv accepts, which is quotes of three kinds, values of many lines
 * in quotes, `export`, comments and blanks around the sign.
 */

/** A line that gives a name a value. */
export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** What a text says, and the lines that say nothing that can be understood. */
export interface Dotenv {
  readonly entries: readonly DotenvEntry[];
  readonly unreadable: readonly number[];
}

const NAME = /^[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*(?:=|:[^\S\n])[^\S\n]*/;
const BLANK = /^[^\S\n]*(?:#[^\n]*)?(?:\n|$)/;
const QUOTED =
  /^(?:"((?:\\[\s\S]|[^"\\])*)"|'((?:\\'|[^'])*)'|`((?:\\`|[^`])*)`)[^\S\n]*(?:#[^\n]*)?(?:\n|$)/;
const PLAIN = /^([^\n#]*)(?:#[^\n]*)?(?:\n|$)/;

/**
 * Reads a text. A name that stands in several lines has the value of the last. Values are taken as they are written:
 * nothing in them is replaced by another variable.
 */
export function parseDotenv(text: string): Dotenv {
  const entries = new Map<string, DotenvEntry>();
  const unreadable: number[] = [];
  let rest = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  let line = 1;
  const take = (taken: string) => {
    line += taken.split('\n').length - 1;
    rest = rest.slice(taken.length);
  };
  while (rest !== '') {
    const [blank] = BLANK.exec(rest) ?? [];
    if (blank !== undefined) {
      take(blank);
      continue;
    }
    const begin = line;
    const [head, name] = NAME.exec(rest) ?? [];
    const behind = head === undefined ? '' : rest.slice(head.length);
    const value = readValue(behind);
    if (head === undefined || name === undefined || value === null) {
      unreadable.push(begin);
      take(/^[^\n]*(?:\n|$)/.exec(rest)?.[0] ?? rest);
      continue;
    }
    entries.delete(name);
    entries.set(name, { name, value: value.text, line: begin });
    take(head + value.taken);
  }
  return { entries: [...entries.values()], unreadable };
}

function readValue(text: string): { readonly text: string; readonly taken: string } | null {
  const quoted = QUOTED.exec(text);
  if (quoted !== null) {
    const [taken, double, single, back] = quoted;
    return { text: double === undefined ? (single ?? back ?? '') : unescaped(double), taken };
  }
  // A quote that is opened and not closed: what follows would be guessed.
  if (/^["'`]/.test(text)) return null;
  const [taken = '', plain = ''] = PLAIN.exec(text) ?? [];
  return { text: plain.trim(), taken };
}

/** In double quotes `\n` and `\r` are line ends, and nothing else is replaced. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([nr])/g, (_, letter: string) => (letter === 'n' ? '\n' : '\r'));
}
