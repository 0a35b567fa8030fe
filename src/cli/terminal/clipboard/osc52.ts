/**
 * The clipboard of the machine that a person sits at, by way of the terminal: an escape sequence (xterm's Operating
 * System Command 52) carries the text, over ssh too. Terminals that do not know it, or do not allow it, ignore it and say
 * nothing, so nobody knows whether the text arrived.
 */

import { writeFile } from 'node:fs';
import { promisify } from 'node:util';
import { supportsEscapes } from '../color-support.js';
import type { Screen, Terminal } from '../terminal.js';
import { type Clipboard, notCopied } from './contract.js';

const writeTo = promisify(writeFile);

/** Many terminals drop longer sequences as a whole: base64 of 74,994 bytes, with what stands around it, is 100,000. */
const MAX_BYTES = 74_994;

const LEAVE_OUT = 'leave out --copy';

const ESCAPE = '\x1b';

/** The terminal's clipboard; null where there is no terminal, or one that gets no escape sequences. */
export async function clipboardOfTerminal(terminal: Terminal): Promise<Clipboard | null> {
  if (!supportsEscapes(terminal.env)) return null;
  const screen = await terminal.openScreen();
  if (screen === null) return null;
  await screen.close();
  return {
    confirms: false,
    async write(text) {
      const bytes = Buffer.from(text);
      if (bytes.length > MAX_BYTES)
        throw notCopied('the text is too long for the clipboard of a terminal', LEAVE_OUT);
      const opened = await terminal.openScreen();
      if (opened === null) throw notCopied('the terminal was closed', LEAVE_OUT);
      await send(opened, sequence(bytes, terminal));
    },
  };
}

async function send(screen: Screen, text: string): Promise<void> {
  try {
    await writeTo(screen.output, text);
  } catch (cause) {
    throw notCopied('the terminal did not take it', LEAVE_OUT, cause);
  } finally {
    await screen.close();
  }
}

/** tmux hands on what is meant for the terminal around it, in a wrapper, or takes the plain sequence, as it is set. */
function sequence(bytes: Buffer, { env }: Terminal): string {
  const plain = `${ESCAPE}]52;c;${bytes.toString('base64')}\x07`;
  if (env.TMUX === undefined || env.TMUX === '') return plain;
  return `${plain}${ESCAPE}Ptmux;${plain.replaceAll(ESCAPE, ESCAPE + ESCAPE)}${ESCAPE}\\`;
}
