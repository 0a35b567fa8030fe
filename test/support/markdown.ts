/** Documents as tests read them: headings, the tables under them, and what stands in backquotes. */

/** A heading and what stands under it, headings of a lower level included. */
export interface Section {
  readonly heading: string;
  readonly text: string;
}

/** The sections of a document, in order; a section of a lower level is listed by itself too. */
export function sectionsOf(document: string): Section[] {
  const headings = [...document.matchAll(/^(#+) (.*)$/gm)];
  return headings.map(({ 0: line, 1: marks = '', 2: heading = '', index }) => {
    const next = headings.find((other) => other.index > index && (other[1] ?? '').length <= marks.length);
    return { heading, text: document.slice(index + line.length, next?.index) };
  });
}

/**
 * What stands under a heading.
 * @throws Error if the document has no such heading.
 */
export function textUnder(document: string, heading: string): string {
  const section = sectionsOf(document).find((one) => one.heading === heading);
  if (section === undefined) throw new Error(`there is no heading '${heading}'`);
  return section.text;
}

/** The cells of the first table in a text, row by row, without its head. */
export function tableIn(text: string): string[][] {
  const [table = ''] = /^\|.*(?:\n\|.*)*/m.exec(text) ?? [];
  const rows = table.split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

/** What stands in backquotes. In a table a vertical bar is escaped. */
export function quotedIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'));
}
