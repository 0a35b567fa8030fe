/** The command's entrance: parse, run, and turn whatever happens into an exit code. */

import { type Command, CommanderError } from 'commander';
import { isSystemError } from '../core/errors.js';
import { EXIT, endingOf, Interrupted } from './exit/exit.js';
import { createProgram } from './program.js';
import { VERSION } from './terminal/environment.js';
import { report } from './terminal/reporter.js';
import { processTerminal, type Terminal } from './terminal/terminal.js';

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
    await parse(program, args);
    if (out !== '') await terminal.stdout.write(out);
    return EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted) return terminal.endBy(error.signal);
    const ending = endingOf(error);
    // A reader that has gone, such as head, got what it wanted.
    if (isSystemError(error, 'EPIPE')) return EXIT.done;
    await report(terminal, ending, { json: args.includes('--json'), color: !args.includes('--no-color') });
    return ending.exit;
  }
}

/** Parses and runs. Help and version are no errors. */
async function parse(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}
