/** What the program says on stderr, and how it ends. Data never comes through here. */

import { takesEscapes, takesUnicode, usesColour } from './colour.js';
import type { Ending } from './exit.js';
import type { Role } from './paint.js';
import type { Terminal } from './terminal.js';
import { jsonLine, visible } from './visible.js';

export interface Talk {
  /** Says what was done. Silent with `--quiet`. */
  say(line: string): Promise<void>;
  /** Says one thing about the secret. Silent with `--quiet`. */
  tell(label: string, text: string): Promise<void>;
  /** Says what may go wrong, and what to do about it. Silent with `--quiet`. */
  warn(line: string, hint?: string): Promise<void>;
  /** Says what to do. Silent with `--quiet`. */
  hint(line: string): Promise<void>;
  /** Gives the result of `work`, with a spinner when it takes a person's time. */
  during<T>(what: string, work: Promise<T>): Promise<T>;
}

export interface TalkOptions {
  readonly quiet: boolean;
  readonly json?: boolean | undefined;
  /** commander's `color`: false for `--no-color`. */
  readonly color?: boolean | undefined;
}

/** Waiting that nobody notices, in milliseconds. */
const UNNOTICED_MS = 150;

export function createTalk(terminal: Terminal, options: TalkOptions): Talk {
  const { quiet } = options;
  const write = async (line: string) => {
    if (!quiet) await toStderr(terminal, `${line}\n`);
  };
  const marked = async (role: Role, mark: string, text: string) => {
    if (!quiet) await write(`${await painted(terminal, options, role, mark)} ${visible(text)}`);
  };
  const hint = (line: string) => marked('hint', 'zephr: hint:', line);
  return {
    say: (line) => write(visible(line)),
    tell: (label, text) => marked('label', `${label}:`, text),
    async warn(line, advice) {
      await marked('warning', 'zephr: warning:', line);
      if (advice !== undefined) await hint(advice);
    },
    hint,
    during: (what, work) => (canSpin(terminal, options) ? spinning(terminal, options, what, work) : work),
  };
}

/** Reports an ending: two lines for people, or one JSON object for programs. */
export async function report(
  terminal: Terminal,
  ending: Ending,
  options: Omit<TalkOptions, 'quiet'>,
): Promise<void> {
  const { code, message, hint } = ending;
  if (options.json) {
    const error = { code, message, ...(hint === undefined ? {} : { hint }) };
    await toStderr(terminal, jsonLine({ error }));
    return;
  }
  const lines = [`${await painted(terminal, options, 'error', 'zephr: error:')} ${visible(message)}`];
  if (hint !== undefined) {
    lines.push(`${await painted(terminal, options, 'hint', 'zephr: hint:')} ${visible(hint)}`);
  }
  await toStderr(terminal, `${lines.join('\n')}\n`);
}

async function painted(
  { stderr, env }: Terminal,
  { color }: Pick<TalkOptions, 'color'>,
  role: Role,
  text: string,
): Promise<string> {
  if (!usesColour(stderr, env, color)) return text;
  const { paint } = await import('./paint.js');
  return paint[role](text);
}

/** A terminal that can move its cursor, and somebody in front of it. */
function canSpin({ stderr, env }: Terminal, { quiet, json }: TalkOptions): boolean {
  return !quiet && !json && takesEscapes(env) && env.CI === undefined && stderr.isTerminal;
}

async function spinning<T>(
  { stderr, env }: Terminal,
  { color }: TalkOptions,
  what: string,
  work: Promise<T>,
): Promise<T> {
  let stop: Promise<() => void> | undefined;
  const timer = setTimeout(() => {
    stop = import('./spinner.js').then(({ startSpinner }) =>
      startSpinner(visible(what), {
        colour: usesColour(stderr, env, color),
        unicode: takesUnicode(env),
      }),
    );
  }, UNNOTICED_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    (await stop)?.();
  }
}

/** Nobody listening on stderr is no reason to fail. */
async function toStderr(terminal: Terminal, text: string): Promise<void> {
  await terminal.stderr.write(text).catch(() => undefined);
}
