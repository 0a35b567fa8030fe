/** The command's entrance: parse, run, and turn whatever happens into an exit code. */

import { CommanderError } from 'commander';
import { EXIT, endingOf, Interrupted } from './exit.js';
import { createProgram } from './program.js';
import { report } from './talk.js';
import { isSystemError, processTerminal, type Terminal } from './terminal.js';
import { VERSION } from './version.js';

export { processTerminal };

/**
 * Runs the command.
 * @param args what stands after the program's name.
 * @returns the exit code; nothing is left running.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  // commander writes synchronously; what it says is kept and written when it is done.
  let out = '';
  const program = createProgram(terminal, VERSION, {
    writeOut: (text) => {
      out += text;
    },
    writeErr: () => undefined,
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return await print(out, terminal);
    if (error instanceof Interrupted) return terminal.endBy(error.signal);
    const ending = endingOf(error);
    // A reader that has gone, such as head, got what it wanted.
    if (isSystemError(error, 'EPIPE')) return EXIT.done;
    await report(terminal, ending, { json: args.includes('--json'), color: !args.includes('--no-color') });
    return ending.exit;
  }
}

async function print(text: string, { stdout }: Terminal): Promise<number> {
  try {
    await stdout.write(text);
    return EXIT.done;
  } catch (error) {
    if (isSystemError(error, 'EPIPE')) return EXIT.done;
    throw error;
  }
}
