/** Makes text of unknown origin safe for a terminal: characters that could move the cursor or hide text are escaped. */

/**
 * The characters that are not seen as themselves: controls, marks that reorder or hide text, lone surrogates, private
 * and unassigned characters (all of them `C`), line separators, and the blanks that Unicode counts among letters and
 * symbols. Of the characters that fonts ignore, only those that choose the look of an emoji are left alone.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\u2800]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/** Plain ASCII, which nearly all text is: for that the large tables behind {@link UNSAFE} are not built. */
const PLAIN = /^[ -~]*$/;

/** `text` on one line with every unsafe character as `\u{…}`. */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The lines of a text that may have several, each as {@link escapeText} makes it. */
export function escapedLines(text: string): readonly string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map(escapeText);
}

/** `value` as one line of JSON. It means the same with every unsafe character as `\uXXXX`. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  if (PLAIN.test(json)) return `${json}\n`;
  const escaped = (character: string) =>
    Array.from({ length: character.length }, (_, index) => jsonEscape(character.charCodeAt(index))).join('');
  return `${json.replace(UNSAFE, escaped)}\n`;
}

function jsonEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** Whether `text` can go to a terminal as it is: no control but tab and line ends. */
export function isPrintable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text);
}
