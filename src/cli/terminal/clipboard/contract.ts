/** What a clipboard is to the commands that copy: the desktop's or the terminal's. */

import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';

export interface Clipboard {
  /** Whether `write` knows that the text is there. A terminal does not say what it did with it. */
  readonly confirms: boolean;
  /**
   * Puts `text` on the clipboard, exactly.
   * @throws CliError exit 10 `NOT_COPIED` when the clipboard did not take it.
   */
  write(text: string): Promise<void>;
}

/** Where a text that was written is, as far as anybody knows: what follows its name in a sentence. */
export function whereItIs({ confirms }: Clipboard): string {
  return confirms
    ? 'is on the clipboard'
    : 'went to the terminal, for its clipboard: not every terminal takes it';
}

/**
 * The error for a text that a clipboard did not take.
 * @param cause what the tool or the system said, which is not shown: it could repeat the text.
 */
export function notCopied(message: string, advice: string, cause?: unknown): CliError {
  return new CliError(EXIT.notDelivered, 'NOT_COPIED', message, { advice, cause });
}
