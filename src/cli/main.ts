/** The command's entrance: parse, run, and turn its end or its error into an exit code. */

import { CommanderError } from 'commander';
import { isSystemError } from '../core/errors.js';
import { Interrupted } from './exit/cli-error.js';
import { EXIT } from './exit/codes.js';
import { endingOf } from './exit/ending.js';
import type { CliCommand, Run } from './parser/command.js';
import { createProgram } from './program.js';
import { VERSION } from './terminal/environment.js';
import { createReporter, report } from './terminal/reporter.js';
import { processTerminal, type Terminal } from './terminal/terminal.js';

export { processTerminal };

/**
 * Runs the command.
 * @param args the words behind the program's name.
 * @returns the exit code: that of the command, or of the error it ended with. Nothing is left running.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  // commander writes synchronously; its output is kept here and written when it is done.
  let out = '';
  const run: Run = { terminal, exit: EXIT.done };
  const program = createProgram(run, VERSION, {
    writeOut: (text) => {
      out += text;
    },
    writeErr: () => undefined,
  });
  try {
    await parse(program, args);
    if (out !== '') await terminal.stdout.write(out);
    return run.exit;
  } catch (error) {
    const options = { json: args.includes('--json'), color: !args.includes('--no-color') };
    if (error instanceof Interrupted) {
      await reportInterrupt(terminal, error, options);
      return terminal.endBy(error.signal);
    }
    const ending = endingOf(error);
    // A reader of help or lists that has gone, such as head, has all that it wants. Secrets and links that nobody took
    // are errors of another kind.
    if (isSystemError(error, 'EPIPE')) return EXIT.done;
    await report(terminal, ending, options);
    return ending.exit;
  }
}

/** Says what can be done after an interrupt; mostly nothing has to be. */
async function reportInterrupt(
  terminal: Terminal,
  error: Interrupted,
  options: { readonly json: boolean; readonly color: boolean },
): Promise<void> {
  if (error.advice === undefined) return;
  if (options.json) return report(terminal, endingOf(error), options);
  return createReporter(terminal, { quiet: false, ...options }).advise(error.advice);
}

/** Parses and runs. commander ends `--help` and `--version` with an error of exit code 0, which is no error here. */
async function parse(program: CliCommand, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}
