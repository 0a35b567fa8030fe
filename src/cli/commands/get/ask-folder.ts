/** Asking at the terminal for the folder that files go to. */

import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { CliError, Interrupted } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { escapeText } from '../../terminal/escape.js';
import type { Terminal } from '../../terminal/terminal.js';

/**
 * Asks for an existing folder, until one is named.
 * @param what came, in words.
 * @throws CliError exit 10 where there is no terminal to ask on; Interrupted.
 */
export async function askFolder(terminal: Terminal, what: string): Promise<string> {
  const screen = await terminal.openScreen();
  if (screen === null) {
    throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', what, {
      advice: 'say where they go: the same command with -o FOLDER, such as -o .',
    });
  }
  const { default: tty } = await import('node:tty');
  const input = new tty.ReadStream(screen.input);
  const output = new tty.WriteStream(screen.output);
  const lines = createInterface({ input, output, terminal: true });
  // In raw mode Ctrl-C is a key.
  const interrupted = new Promise<never>((_, reject) => {
    lines.once('SIGINT', () => reject(new Interrupted('SIGINT')));
    terminal.interrupt.addEventListener('abort', () => reject(terminal.interrupt.reason), { once: true });
  });
  try {
    output.write(`${escapeText(what)}\n`);
    for (;;) {
      const answer = await Promise.race([lines.question('Folder for them [.]: '), interrupted]);
      const folder = answer.trim() || '.';
      if (await isFolder(folder)) return folder;
      output.write('there is no such folder\n');
    }
  } finally {
    lines.close();
    input.destroy();
    output.destroy();
    await screen.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
