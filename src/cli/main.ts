/** The command's entrance: parse, run, and turn whatever happens into an exit code. */

import { CommanderError } from 'commander';
import { type Ending, EXIT, endingOf } from './exit.js';
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
    const ending = error instanceof CommanderError ? usageEnding(error) : endingOf(error);
    // A reader that has gone, such as head, got what it wanted.
    if (isSystemError(error, 'EPIPE')) return EXIT.done;
    if (ending.exit !== EXIT.interrupted) await report(terminal, ending, { json: args.includes('--json') });
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

/** commander's complaint in our words; a value that was given with an option may be a secret. */
function usageEnding({ message }: CommanderError): Ending {
  const [first = ''] = message.replace(/^error: /, '').split('\n');
  return {
    exit: EXIT.usage,
    code: 'USAGE',
    message: first.replace(/(--?[A-Za-z][\w-]*)=[^']*/, '$1'),
    hint: 'see zephr --help',
  };
}
