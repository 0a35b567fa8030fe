/** What commander calls: a command's function with its flags, its first two arguments, and somebody to talk to. */

import { Command } from 'commander';
import type { CommonFlags } from '../settings/settings.js';
import { createReporter, type Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';

type Action<Flags> = (
  reporter: Reporter,
  flags: Flags,
  first: string | undefined,
  second: string | undefined,
) => Promise<void>;

export interface RunOptions {
  /** The command has its own way with interrupts. Otherwise one unwinds it, and it cleans up. */
  readonly ownInterrupts?: boolean;
}

/** Makes a commander action of a command's function. */
export type Run = <Flags extends CommonFlags>(
  action: Action<Flags>,
  options?: RunOptions,
) => (...parameters: unknown[]) => Promise<void>;

/** A {@link Run} that talks on `terminal`. Flags given before the command's name count too. */
export function runOn(terminal: Terminal): Run {
  return (action, { ownInterrupts = false } = {}) =>
    async (...parameters) => {
      const command = parameters.at(-1);
      if (!(command instanceof Command))
        throw new TypeError('commander calls an action with its command last');
      const flags = command.optsWithGlobals<Parameters<typeof action>[1]>();
      const [first, second] = command.args;
      const { quiet = false, json, color } = flags;
      const release = ownInterrupts ? () => undefined : terminal.catchInterrupts();
      try {
        await action(createReporter(terminal, { quiet, json, color }), flags, first, second);
      } finally {
        release();
      }
    };
}
