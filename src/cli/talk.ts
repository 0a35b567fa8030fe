/** What the program says on stderr, and how it ends. Data never comes through here. */

import type { Ending } from './exit.js';
import type { Terminal } from './terminal.js';
import { visible } from './visible.js';

export interface Talk {
  /** Says what was done. Silent with `--quiet`. */
  say(line: string): Promise<void>;
  /** Says what may go wrong. Silent with `--quiet`. */
  warn(line: string): Promise<void>;
}

export function createTalk(terminal: Terminal, { quiet }: { quiet: boolean }): Talk {
  const write = async (line: string) => {
    if (!quiet) await toStderr(terminal, `${visible(line)}\n`);
  };
  return { say: write, warn: (line) => write(`zephr: warning: ${line}`) };
}

/** Reports an ending: two lines for people, or one JSON object for programs. */
export async function report(terminal: Terminal, ending: Ending, { json }: { json: boolean }): Promise<void> {
  const { code, message, hint } = ending;
  if (json) {
    const error = { code, message, ...(hint === undefined ? {} : { hint }) };
    await toStderr(terminal, `${JSON.stringify({ error })}\n`);
    return;
  }
  const lines = [
    `zephr: error: ${visible(message)}`,
    ...(hint === undefined ? [] : [`zephr: hint: ${visible(hint)}`]),
  ];
  await toStderr(terminal, `${lines.join('\n')}\n`);
}

/** Nobody listening on stderr is no reason to fail. */
async function toStderr(terminal: Terminal, text: string): Promise<void> {
  await terminal.stderr.write(text).catch(() => undefined);
}
