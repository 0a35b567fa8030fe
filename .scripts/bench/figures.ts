/** What a part of the bench found, as rows of the one table that all parts fill. */

import { quantile } from './statistics.js';

/** A row of the table. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** What it is beside what it is measured against: the number that another machine should find too. */
  readonly ratio?: string;
  /** What it should be, and whether it is. */
  readonly aim?: Aim;
}

export interface Aim {
  readonly text: string;
  readonly met: boolean;
}

/** A part of the bench. */
export interface Part {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Every measurement, for `--json`. */
  readonly raw: unknown;
}

/** How much of it all is measured. */
export interface Effort {
  /** A short look: fewer turns, and a store that is not as full. */
  readonly quick: boolean;
  /** The folder of another build of the package, whose server is measured beside this one. */
  readonly against?: string | undefined;
}

/** The table, in Markdown. */
export function tableOf(parts: readonly Part[]): string {
  const head = ['', 'measured', 'ratio', 'aim'];
  const rows = parts.flatMap(({ title, figures }) => [
    [`**${title}**`, '', '', ''],
    ...figures.map(({ what, measured, ratio = '', aim }) => [what, measured, ratio, aim ? aimText(aim) : '']),
  ]);
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function aimText({ text, met }: Aim): string {
  return `${text}: ${met ? 'met' : 'not met'}`;
}

/** Milliseconds for people. */
export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
}

/** A whole number with commas. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Median and range of a measurement. */
export function spread(values: readonly number[], format: (value: number) => string): string {
  return `${format(quantile(values, 0.5))} (${format(Math.min(...values))} to ${format(Math.max(...values))})`;
}
