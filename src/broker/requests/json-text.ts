/**
 * Members of a JSON text (RFC 8259), changed where they stand. To parse a text and to write it anew would change what a
 * program cannot hold: whole numbers over 2^53, `1.0`, the order and the spaces that a signature may be of.
 */

import { InjectionError } from '../broker-error.js';

/** Where a member's value is in the text. */
interface Found {
  readonly start: number;
  readonly end: number;
}

const SPACE = /[\t\n\r ]*/y;
const SCALAR = /[^\t\n\r ,\]}]+/y;

/**
 * The text with a string as the member that `path` leads to, in the place of one that is there. Objects on the way that
 * are not there are made; every other character stays.
 * @throws InjectionError for a text that is no object, or has a member on the way twice or of another kind. It repeats
 *   nothing of the text.
 */
export function setMember(text: string, path: readonly string[], value: string): string {
  checkObject(text);
  let start = after(SPACE, text, 0);
  for (const [depth, name] of path.entries()) {
    const member = memberOf(text, start, name);
    const isLast = depth === path.length - 1;
    if (member === null) return insert(text, start, nested(path.slice(depth), value));
    if (isLast) return text.slice(0, member.start) + JSON.stringify(value) + text.slice(member.end);
    if (text[member.start] !== '{') throw new InjectionError(`the body's ${name} is not an object`);
    start = member.start;
  }
  return text;
}

function checkObject(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What JSON.parse says of it would repeat parts of the body.
    throw new InjectionError('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InjectionError('the body is not a JSON object');
}

/** `"a":{"b":"value"}` */
function nested([name = '', ...rest]: readonly string[], value: string): string {
  return `${JSON.stringify(name)}:${rest.length === 0 ? JSON.stringify(value) : `{${nested(rest, value)}}`}`;
}

/** Puts a member behind the last one of the object that begins at `start`. */
function insert(text: string, start: number, member: string): string {
  const isEmpty = text[after(SPACE, text, start + 1)] === '}';
  let at = skipValue(text, start) - 1;
  while (!isEmpty && /[\t\n\r ]/.test(text[at - 1] ?? '')) at -= 1;
  return `${text.slice(0, at)}${isEmpty ? '' : ','}${member}${text.slice(at)}`;
}

/** The member of that name in the object that begins at `start`; null where there is none. */
function memberOf(text: string, start: number, name: string): Found | null {
  let found: Found | null = null;
  let at = after(SPACE, text, start + 1);
  while (text[at] !== '}') {
    const end = endOfString(text, at);
    const own: unknown = JSON.parse(text.slice(at, end));
    // Behind the colon.
    const value = after(SPACE, text, after(SPACE, text, end) + 1);
    const next = skipValue(text, value);
    if (own === name && found !== null)
      throw new InjectionError(`the body has ${name} twice: programs differ in which they read`);
    if (own === name) found = { start: value, end: next };
    at = after(SPACE, text, next);
    if (text[at] === ',') at = after(SPACE, text, at + 1);
  }
  return found;
}

/** The end of the value that begins at `start`. */
function skipValue(text: string, start: number): number {
  if (text[start] === '"') return endOfString(text, start);
  if (text[start] !== '{' && text[start] !== '[') return after(SCALAR, text, start);
  let depth = 0;
  let at = start;
  do {
    const character = text[at];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    at = character === '"' ? endOfString(text, at) : at + 1;
  } while (depth > 0);
  return at;
}

/** The end of the string that begins at `start`. A pattern for it would need more memory than there is for a long one. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
}

/** Where what the pattern finds at `at` ends. The text is JSON, so that it finds it. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
