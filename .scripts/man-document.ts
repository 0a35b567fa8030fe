/**
 * A document of the repository as a man page: the parts of Markdown that such documents use, in the language of man(7).
 * These are headings, paragraphs, lists of one level, blocks of code, `code`, **bold** and links.
 */

import { readFileSync } from 'node:fs';
import { text, wrapped } from './troff.js';

const OPERATING = new URL('../src/server/OPERATING.md', import.meta.url);

/**
 * The man page zephr-serve(8), which is src/server/OPERATING.md.
 * @param date when it was made, such as `2026-01-31`.
 */
export function servePage(version: string, date: string): string {
  return manPageOf(readFileSync(OPERATING, 'utf8'), [
    `.TH ZEPHR\\-SERVE 8 ${date} "zephr ${version}" "System Administration"`,
    '.SH NAME',
    'zephr\\-serve \\- how to operate a zephr server',
  ]);
}

/**
 * A page's text. What stands before the first heading of the second level becomes the description.
 * @param head requests that begin the page.
 * @throws Error on what the document has and this does not know, such as a table.
 */
export function manPageOf(document: string, head: readonly string[]): string {
  const [, body = ''] = /^# [^\n]*\n\n(.*)$/s.exec(document) ?? [];
  const page = [
    ...head,
    '.SH DESCRIPTION',
    ...blocksOf(body).flatMap(block),
    '.SH "SEE ALSO"',
    '.BR zephr (1)',
  ];
  return page
    .filter((line, index) => line !== '.PP' || !page[index - 1]?.startsWith('.SH'))
    .map((line) => `${line}\n`)
    .join('');
}

/** Blocks of code whole, and what else is separated by blank lines. */
function blocksOf(body: string): string[] {
  const parts = body.split(/^(```.*?^```)$/ms);
  return parts
    .flatMap((part) => (part.startsWith('```') ? [part] : part.trim().split(/\n{2,}/)))
    .filter(Boolean);
}

function block(markdown: string): string[] {
  const [, code] = /^```.*?\n(.*)^```$/ms.exec(markdown) ?? [];
  if (code !== undefined)
    return ['.PP', '.in +4n', '.nf', ...code.trimEnd().split('\n').map(verbatim), '.fi', '.in'];
  const [, heading] = /^## (.*)$/.exec(markdown) ?? [];
  if (heading !== undefined) return [`.SH "${text(heading.toUpperCase())}"`];
  if (/^[|#>]/.test(markdown)) throw new Error(`a man page cannot hold this: ${markdown}`);
  if (markdown.startsWith('- ')) {
    return markdown
      .split(/\n?^- /m)
      .slice(1)
      .flatMap((item) => ['.IP \\(bu 2', ...lines(item)]);
  }
  return ['.PP', ...lines(markdown)];
}

/** Running text. A link is its words; where it leads is of no use on a terminal. */
function lines(markdown: string): string[] {
  const plain = markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\*\*(.*?)\*\*/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return wrapped(text(plain)).split('\n');
}

/** A line of code. A dot or an apostrophe at its beginning would be a request. */
function verbatim(line: string): string {
  const escaped = text(line, 'code');
  return line === '' ? '\\&' : escaped.replace(/^(?=[.'])/, '\\&');
}
