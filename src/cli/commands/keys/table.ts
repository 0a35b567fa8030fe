/**
 * Tables of keys. A terminal gets times in words, whose width varies; what goes elsewhere may be taken apart by columns,
 * and has them in ISO 8601.
 */

import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';

/** What a point of time, in milliseconds since 1970, is shown as. */
export type InTime = (ms: number) => string;

/** How times are shown on the terminal's stdout. @param now milliseconds since 1970. */
export function inTimeFor({ stdout }: Terminal, now: number): InTime {
  return stdout.isTerminal ? (ms) => timeInWords(ms, now) : isoTime;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The rows, the first of them a header, in columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
