/** Messages on stderr: information, warnings, advice, errors, and the spinner. Data never goes this way. */

import type { Ending } from '../exit/ending.js';
import { supportsEscapes, supportsUnicode, usesColor } from './color-support.js';
import type { Role } from './colors.js';
import { escapedLines, escapeText, jsonLine } from './escape.js';
import type { Terminal } from './terminal.js';

export interface Reporter {
  /** Says what was done. Silent with `--quiet`. */
  info(line: string): Promise<void>;
  /**
   * Says one thing that the sender wrote about the secret. Further lines of it are indented, so that none can pass for
   * a message of zephr's. Silent with `--quiet`.
   */
  field(label: string, text: string): Promise<void>;
  /** Says what may go wrong, and what to do about it. Silent with `--quiet`. */
  warn(line: string, advice?: string): Promise<void>;
  /** Says what to do. Silent with `--quiet`. */
  advise(line: string): Promise<void>;
  /** Gives the result of `work`, with a spinner when a person has to wait for it. */
  waitFor<T>(what: string, work: Promise<T>): Promise<T>;
}

export interface ReporterOptions {
  readonly quiet: boolean;
  readonly json?: boolean | undefined;
  /** False for `--no-color`. */
  readonly color?: boolean | undefined;
}

/** The spinner appears after this time, in milliseconds: a person does not notice a shorter wait. */
const SPINNER_DELAY_MS = 150;

export function createReporter(terminal: Terminal, options: ReporterOptions): Reporter {
  const { quiet } = options;
  const write = async (line: string) => {
    if (!quiet) await toStderr(terminal, `${line}\n`);
  };
  const marked = async (role: Role, mark: string, text: string) => {
    if (!quiet) await write(`${await painted(terminal, options, role, mark)} ${escapeText(text)}`);
  };
  const advise = (line: string) => marked('advice', 'zephr: hint:', line);
  return {
    info: (line) => write(escapeText(line)),
    async field(label, text) {
      const [first = '', ...further] = escapedLines(text.trimEnd());
      await marked('label', `${label}:`, first);
      for (const line of further) await write(`${' '.repeat(label.length + 2)}${line}`);
    },
    async warn(line, advice) {
      await marked('warning', 'zephr: warning:', line);
      if (advice !== undefined) await advise(advice);
    },
    advise,
    waitFor: (what, work) => (canSpin(terminal, options) ? spinning(terminal, options, what, work) : work),
  };
}

/** Reports an ending: two lines for people, or one JSON object for programs. */
export async function report(
  terminal: Terminal,
  ending: Ending,
  options: Omit<ReporterOptions, 'quiet'>,
): Promise<void> {
  const { code, message, advice, readableUntil } = ending;
  if (options.json) {
    const error = { code, message, hint: advice, readableUntil };
    await toStderr(terminal, jsonLine({ error }));
    return;
  }
  const lines = [`${await painted(terminal, options, 'error', 'zephr: error:')} ${escapeText(message)}`];
  if (advice !== undefined) {
    lines.push(`${await painted(terminal, options, 'advice', 'zephr: hint:')} ${escapeText(advice)}`);
  }
  await toStderr(terminal, `${lines.join('\n')}\n`);
}

async function painted(
  { stderr, env }: Terminal,
  { color }: Pick<ReporterOptions, 'color'>,
  role: Role,
  text: string,
): Promise<string> {
  if (!usesColor(stderr, env, color)) return text;
  const { paint } = await import('./colors.js');
  return paint[role](text);
}

/** Whether stderr is a terminal that can move its cursor, with a person in front of it. */
export function canSpin(
  { stderr, env }: Terminal,
  options: Pick<ReporterOptions, 'quiet' | 'json'>,
): boolean {
  const { quiet, json } = options;
  return !quiet && !json && supportsEscapes(env) && env.CI === undefined && stderr.isTerminal;
}

async function spinning<T>(
  { stderr, env }: Terminal,
  { color }: ReporterOptions,
  what: string,
  work: Promise<T>,
): Promise<T> {
  let stop: Promise<() => void> | undefined;
  const timer = setTimeout(() => {
    stop = import('./spinner.js').then(({ startSpinner }) =>
      startSpinner(escapeText(what), {
        color: usesColor(stderr, env, color),
        unicode: supportsUnicode(env),
      }),
    );
  }, SPINNER_DELAY_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    (await stop)?.();
  }
}

/** Writes to stderr. A stderr that was closed does not change how the command ends. */
async function toStderr(terminal: Terminal, text: string): Promise<void> {
  await terminal.stderr.write(text).catch(() => undefined);
}
