/** Text in the language of troff, which man(7) is a part of. */

/** A line of text as lines of at most 79 bytes; requests stay whole. */
export function wrapped(line: string): string {
  if (line.startsWith('.')) return line;
  return line.replace(/(?=.{80})(.{1,79}) /g, '$1\n').replace(/^\./gm, '\\&.');
}

/** Text with troff's own characters escaped; in prose what stands in backquotes is bold. */
export function text(plain: string, kind: 'prose' | 'code' = 'prose'): string {
  const escaped = plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('`', kind === 'code' ? '\\(ga' : '`')
    .replace(/[^\n\t -~]/gu, unicode);
  return kind === 'code' ? escaped : escaped.replace(/`(.*?)`/g, '\\fB$1\\fR');
}

/** A character beyond ASCII by its number: not every troff reads UTF-8. */
function unicode(character: string): string {
  const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `\\[u${number.padStart(4, '0')}]`;
}
