/** The progress of files, on one line of a terminal: how much, how fast, and how long it will take. */

import { canSpin } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';
import { durationInWords } from '../terminal/times.js';

/** The progress of a transfer. */
export interface Progress {
  /** @param bytes how many have been transferred, those of an earlier run included. */
  update(bytes: number): void;
  /** Takes the line away. Nothing is shown afterwards. */
  end(): Promise<void>;
}

/** The line appears when the work has taken so long, and changes as often, in milliseconds. */
const DELAY_MS = 1_000;
const INTERVAL_MS = 200;

/** The rate is that of the last seconds, in milliseconds: it shall follow a network that gets slower. */
const WINDOW_MS = 5_000;

const CLEAR = '\r\x1b[K';

/** How the progress of a transfer is shown. */
export interface ProgressOptions {
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
  /** The bytes of the whole; undefined for a pipe. */
  readonly totalBytes?: number | undefined;
}

/**
 * Shows progress on stderr where that is a terminal, and nothing elsewhere, with `--quiet` or `--json`.
 * @param verb such as `sent`.
 */
export function showProgress(
  terminal: Terminal,
  verb: string,
  { totalBytes, ...options }: ProgressOptions,
  now: () => number = Date.now,
): Progress {
  const { quiet = false, json } = options;
  if (!canSpin(terminal, { quiet, json })) return { update: () => undefined, end: async () => undefined };
  const start = now();
  const samples: (readonly [at: number, bytes: number])[] = [];
  let bytes = 0;
  let isShown = false;
  // A terminal that was closed does not change how the transfer ends.
  const write = (text: string) => terminal.stderr.write(text).catch(() => undefined);
  const timer = setInterval(() => {
    const at = now();
    samples.push([at, bytes]);
    while ((samples[1]?.[0] ?? at) < at - WINDOW_MS) samples.shift();
    if (at - start < DELAY_MS) return;
    isShown = true;
    const [[from, before] = [start, 0]] = samples;
    const rate = at > from ? ((bytes - before) / (at - from)) * 1000 : 0;
    void write(`${CLEAR}${lineOf(verb, bytes, rate, totalBytes)}`);
  }, INTERVAL_MS);
  return {
    update(transferred) {
      bytes = transferred;
    },
    async end() {
      clearInterval(timer);
      if (isShown) await write(CLEAR);
    },
  };
}

/** `sent 12.3 MB of 300.0 MB (4 %), 35.2 MB/s, 8 seconds left`: under 80 columns. */
export function lineOf(verb: string, bytes: number, rate: number, total: number | undefined): string {
  // What is sent is padded: the end shows the whole.
  const done = total === undefined ? bytes : Math.min(bytes, total);
  const parts = [`${verb} ${inUnits(done)}`];
  if (total !== undefined && total > 0)
    parts[0] += ` of ${inUnits(total)} (${Math.floor((done / total) * 100)} %)`;
  parts.push(`${inUnits(rate)}/s`);
  if (total !== undefined && rate > 0)
    parts.push(`${durationInWords(Math.ceil((total - done) / rate) * 1000)} left`);
  return parts.join(', ');
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes in the largest unit that gives at least 1, such as `12.3 MB`; MB is 2^20. */
export function inUnits(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[unit]}`;
}
