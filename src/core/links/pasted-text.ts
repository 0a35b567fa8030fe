/** What mail, chat and terminals put around a link or a key, and taking it off (core/protocol/PROTOCOL.md section 1). */

/** A text without what stood around it. */
export interface PastedText {
  /** Its lines, without the blank ones. A link that was broken has more than one. */
  readonly lines: readonly string[];
  /** The texts that were shown for it: `text` of `[text](link)` or `<link|text>`. */
  readonly labels: readonly string[];
}

/** The longest text that is looked at, in UTF-16 code units. A link in the wrappers of two mail gateways has some 4,000. */
export const MAX_PASTED_LENGTH = 65_536;

/** Layers that are taken off at most: brackets, quotes and marks. */
const MAX_LAYERS = 32;

const CLOSING: Readonly<Record<string, string>> = { '<': '>', '"': '"', "'": "'", '(': ')', '‹': '›' };

/** What may stand at the end of a sentence or behind a bracket. No link and no key ends with one of these. */
const FINAL_MARKS = '.,;:!)]>';

/** White space, and the characters of no width that some programs put beside a link. */
const BLANK = /[\s\u200b-\u200d\u2060\ufeff]/;

/** Takes off everything around a link or a key. What is left of any other text means nothing. */
export function undecorated(text: string): PastedText {
  let rest = unquotedLines(text).join('\n');
  const labels: string[] = [];
  for (let layers = 0; layers < MAX_LAYERS; layers++) {
    const { inside, label } = withoutOneLayer(rest);
    const next = trimmed(inside);
    if (label !== undefined) labels.push(label);
    if (next === rest) break;
    rest = next;
  }
  return { lines: unquotedLines(rest), labels };
}

/** The lines, without the blank ones, the `> ` of a quoted mail and the white space at both ends. */
function unquotedLines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/).map(trimmed);
  const first = lines.find((line) => /[^>\s]/.test(line)) ?? '';
  // How often it was quoted. More than that, a `>` closes a bracket that was opened lines before.
  const depth = /^[>\s]*>\s+/.exec(first)?.[0].replace(/\s/g, '').length ?? 0;
  return lines
    .map((line) => (depth > 0 ? unquoted(line, depth) : unquotedRest(line)))
    .filter((line) => line !== '');
}

/** A line without the `>` before it, of which it may have `depth`. */
function unquoted(line: string, depth: number): string {
  let rest = line;
  for (let left = depth; left > 0 && rest.startsWith('>'); left--) rest = trimmed(rest.slice(1));
  return rest;
}

/** The rest of a broken link: who copied it began behind the first `> `, and got those of the other lines. */
function unquotedRest(line: string): string {
  return line.replace(/^[>\s]*>\s+(?=[\w#%/?&=-]|\.\w)/, '');
}

/** A text without the outermost thing around it, and the label where that was a link with one. */
function withoutOneLayer(text: string): { inside: string; label?: string } {
  if (text.startsWith('[') && text.endsWith(')')) {
    const middle = text.indexOf('](');
    if (middle > 0) return { inside: text.slice(middle + 2, -1), label: text.slice(1, middle) };
  }
  const first = text[0];
  if (first !== undefined && text.length > 1 && text.at(-1) === CLOSING[first]) {
    const inside = text.slice(1, -1);
    const bar = first === '<' && !inside.includes('<') ? inside.indexOf('|') : -1;
    return bar < 0 ? { inside } : { inside: inside.slice(0, bar), label: inside.slice(bar + 1) };
  }
  return { inside: FINAL_MARKS.includes(text.slice(-1)) ? text.slice(0, -1) : text };
}

/** The text without white space at both ends. A pattern for its end would take time quadratic in a blank's length. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANK.test(text.charAt(start))) start++;
  while (end > start && BLANK.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
