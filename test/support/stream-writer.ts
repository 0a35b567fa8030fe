/**
 * Writes a stream of so many pieces of 64 KB to stdout, by the command's own terminal. What went wrong, and how many
 * pieces were made, goes to stderr; a pipe that closed is no failure of this program.
 */

import { processTerminal } from '../../src/cli/terminal/terminal.js';
import { isSystemError } from '../../src/core/errors.js';

const count = Number(process.argv[2]);
let made = 0;

async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    while (made < count) yield new Uint8Array(65_536).fill(made++);
  } finally {
    process.stderr.write(`${made} made\n`);
  }
}

try {
  await processTerminal().stdout.write(pieces());
} catch (error) {
  if (!isSystemError(error, 'EPIPE')) throw error;
  process.stderr.write(`${error.code} ${made} ended\n`);
}
