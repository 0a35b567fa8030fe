/**
 * Hidden prompts on the terminal itself, so that they work while stdin carries a secret. Afterwards the terminal is in
 * the mode it had before, after Ctrl-C and signals too.
 */

import { decodeUtf8 } from '../../core/bytes.js';
import { Interrupted, usageError } from '../exit/cli-error.js';
import { supportsEscapes } from './color-support.js';
import type { Screen, Terminal } from './terminal.js';

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACE = 0x08;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const CTRL_U = 0x15;
const DELETE = 0x7f;

/** Bracketed paste (xterm): the terminal marks what is pasted, so that a pasted line end is not the Enter key. */
const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';
const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** Longest answer taken, in bytes: a pasted key file fits. */
const MAX_ANSWER = 1 << 20;

/**
 * Asks for one hidden line.
 * @param missing the error where there is no terminal to ask on.
 * @throws CliError exit 2 without a terminal or when input ends; Interrupted for Ctrl-C and for signals.
 */
export async function askHidden(
  terminal: Terminal,
  question: string,
  missing: { message: string; advice: string },
): Promise<string> {
  const screen = await terminal.openScreen();
  if (screen === null) throw usageError(missing.message, missing.advice);
  try {
    return await readHidden(screen, question, terminal);
  } finally {
    await screen.close();
  }
}

/**
 * Asks for a new passphrase: twice, because a mistyped one would lock out whoever needs it; and again until it was typed
 * twice the same.
 * @param advice what to do where there is no terminal to ask on.
 */
export async function choosePassphrase(
  terminal: Terminal,
  advice: string,
  what = 'Passphrase',
): Promise<string> {
  const missing = { message: 'there is no terminal to ask for the passphrase', advice };
  for (let question = what; ; ) {
    const first = await askHidden(terminal, question, missing);
    if (first === '') question = `That was empty. ${what}`;
    else if ((await askHidden(terminal, `${what} again`, missing)) === first) return first;
    else question = `The two differ. ${what}`;
  }
}

async function readHidden(screen: Screen, question: string, { env, interrupt }: Terminal): Promise<string> {
  const { default: tty } = await import('node:tty');
  const input = new tty.ReadStream(screen.input);
  const output = new tty.WriteStream(screen.output);
  // Writing to a terminal that was closed fails; reading from it fails too, and that error is reported.
  output.on('error', () => undefined);
  const [pasteOn, pasteOff] = supportsEscapes(env) ? [PASTE_ON, PASTE_OFF] : ['', ''];
  const giveUp = () => {
    // The mode has to be set back before the stream is closed.
    input.setRawMode(false);
    input.destroy(interrupt.reason);
  };
  interrupt.addEventListener('abort', giveUp, { once: true });
  // Raw mode first: what is typed ahead of the question must not be echoed either.
  input.setRawMode(true);
  output.write(`${question}: ${pasteOn}`);
  try {
    const answer = new HiddenLine();
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      if (answer.feed(chunk)) return answer.text();
    }
    throw usageError('the terminal was closed before an answer came');
  } finally {
    interrupt.removeEventListener('abort', giveUp);
    output.write(`${pasteOff}\n`);
    input.setRawMode(false);
    input.destroy();
    output.destroy();
  }
}

/** A line as it is typed or pasted, without echo. */
class HiddenLine {
  #bytes: number[] = [];
  #escape: number[] = [];
  #pasting = false;

  /**
   * Takes bytes from the terminal.
   * @returns whether the line is complete.
   * @throws Interrupted for Ctrl-C; CliError exit 2 for Ctrl-D on an empty line, and for several lines pasted into a
   *   terminal that does not mark a paste: the first line must not pass for the whole secret.
   */
  feed(chunk: Uint8Array): boolean {
    for (const [index, byte] of chunk.entries()) {
      if (this.#inEscape(byte)) continue;
      if (this.#pasting) {
        // A terminal sends a pasted line end as Return.
        this.#add(byte === RETURN ? LINE_FEED : byte);
      } else if (this.#key(byte)) {
        const rest = chunk.subarray(index + 1);
        if (rest.some((one) => one !== LINE_FEED))
          throw usageError('more than one line was entered', 'nothing was sent: pipe it in instead');
        return true;
      }
    }
    return false;
  }

  /**
   * The line as text.
   * @throws CliError exit 2 when it is not UTF-8.
   */
  text(): string {
    try {
      return decodeUtf8(Uint8Array.from(this.#bytes));
    } catch (cause) {
      throw usageError('what was typed is not UTF-8', 'check the locale of the terminal', cause);
    }
  }

  /** Handles a key outside a paste; true for Enter. */
  #key(byte: number): boolean {
    switch (byte) {
      case RETURN:
      case LINE_FEED:
        return true;
      case CTRL_C:
        throw new Interrupted('SIGINT');
      case CTRL_D:
        if (this.#bytes.length === 0) throw usageError('nothing was entered');
        return false;
      case CTRL_U:
        this.#bytes = [];
        return false;
      case BACKSPACE:
      case DELETE:
        this.#eraseCharacter();
        return false;
      default:
        if (byte >= 0x20) this.#add(byte);
        return false;
    }
  }

  /** Swallows escape sequences (arrow keys, paste marks) so that none ends up in a secret. */
  #inEscape(byte: number): boolean {
    if (this.#escape.length === 0 && byte !== 0x1b) return false;
    this.#escape.push(byte);
    const sequence = String.fromCharCode(...this.#escape);
    if (sequence === PASTE_BEGIN) this.#pasting = true;
    if (sequence === PASTE_END) this.#pasting = false;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
    const complete = /^\x1b(\[[0-?]*[ -/]*[@-~]|O[ -~]|[^[O])$/.test(sequence);
    if (complete || this.#escape.length > 16) this.#escape = [];
    return true;
  }

  #add(byte: number): void {
    if (this.#bytes.length >= MAX_ANSWER)
      throw usageError('what was entered is too long', 'pipe it in instead');
    this.#bytes.push(byte);
  }

  #eraseCharacter(): void {
    while (((this.#bytes.pop() ?? 0) & 0xc0) === 0x80);
  }
}
