/**
 * The clipboard: the desktop's, by way of the system's own tool, or the terminal's (OSC 52). Loaded for `--copy`.
 */

import { CliError } from '../../exit/cli-error.js';
import type { Terminal } from '../terminal.js';
import type { Clipboard } from './contract.js';
import { clipboardOfDesktop } from './desktop.js';
import { clipboardOfTerminal } from './osc52.js';

/** Where a text that was written is, as far as anybody knows: what follows its name in a sentence. */
export function whereItIs({ confirms }: Clipboard): string {
  return confirms
    ? 'is on the clipboard'
    : 'went to the terminal, for its clipboard: not every terminal takes it';
}

/**
 * Finds the clipboard, without touching what is on it: that of the desktop, and over ssh, or where no tool can reach a
 * desktop, that of the terminal.
 * @throws CliError exit 2 `NO_CLIPBOARD` when there is none, as far as that can be told without writing to it.
 */
export async function openClipboard(terminal: Terminal): Promise<Clipboard> {
  // Over ssh the desktop, if there is one, is not the one that the person sits at, unless its display came along.
  const { SSH_CONNECTION, SSH_TTY, DISPLAY, WAYLAND_DISPLAY } = terminal.env;
  const isRemote = (SSH_CONNECTION ?? SSH_TTY) !== undefined && (DISPLAY ?? WAYLAND_DISPLAY) === undefined;
  const first = isRemote ? await clipboardOfTerminal(terminal) : null;
  if (first !== null) return first;
  try {
    return await clipboardOfDesktop(terminal);
  } catch (error) {
    const other = await clipboardOfTerminal(terminal);
    if (other !== null && error instanceof CliError) return other;
    throw error;
  }
}
