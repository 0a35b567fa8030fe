/** Handing out a new link: on stdout first, where nothing else can lose it, then as a QR code and on the clipboard. */

import type { SecretLink } from '../../../client/create.js';
import { isSystemError } from '../../../core/errors.js';
import { CliError, EXIT, Interrupted } from '../../exit/exit.js';
import type { CommonFlags } from '../../settings/settings.js';
import { supportsUnicode, usesColor } from '../../terminal/color-support.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';

export interface HandOutFlags extends CommonFlags {
  readonly copy?: boolean;
  readonly qr?: boolean;
}

/**
 * Hands out a link or a pair.
 * @throws CliError exit 1 `NOT_WRITTEN` when it could not be printed. What comes after that is only warned of.
 */
export async function handOut(
  created: SecretLink,
  flags: HandOutFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<void> {
  await print(flags.json ? jsonLine(created) : plain(created), terminal);
  // Of a pair the key goes another way.
  const shown = created.mode === 'split' ? created.url : created.fullLink;
  if (flags.qr) await drawQrCode(shown, flags, terminal, reporter);
  if (flags.copy && (await copied(shown, terminal, reporter))) {
    await reporter.info(`the ${created.mode === 'split' ? 'URL' : 'link'} is on the clipboard`);
  }
}

function plain(created: SecretLink): string {
  return created.mode === 'split' ? `${created.url}\n${created.key}\n` : `${created.fullLink}\n`;
}

async function print(text: string, { stdout }: Terminal): Promise<void> {
  try {
    await stdout.write(text);
    await stdout.flush();
  } catch (cause) {
    // A reader that has gone, such as head, got what it wanted.
    if (cause instanceof Interrupted || isSystemError(cause, 'EPIPE')) throw cause;
    const why = cause instanceof Error ? cause.message : 'unknown reason';
    throw new CliError(EXIT.bug, 'NOT_WRITTEN', `the link could not be written: ${why}`, {
      advice: 'nobody has it, so nobody can read the secret: run it again',
      cause,
    });
  }
}

/** It was asked for, so it is drawn with `--quiet` too. */
async function drawQrCode(
  content: string,
  { color }: HandOutFlags,
  { stderr, env }: Terminal,
  reporter: Reporter,
): Promise<void> {
  const { columns, drawQrCode: draw } = await import('../../terminal/qr-code.js');
  const { text, width } = draw(content, {
    colour: usesColor(stderr, env, color),
    unicode: supportsUnicode(env),
  });
  if (columns() < width) {
    await reporter.warn(`the terminal is too narrow for the QR code: it takes ${width} columns`);
    return;
  }
  // Nobody listening on stderr is no reason to fail.
  await stderr.write(text).catch(() => undefined);
}

async function copied(text: string, terminal: Terminal, reporter: Reporter): Promise<boolean> {
  try {
    const { openClipboard } = await import('../../terminal/clipboard.js');
    const clipboard = await openClipboard(terminal);
    await clipboard.write(text);
    return true;
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof CliError)) throw error;
    await reporter.warn(`not copied: ${error.message}`, error.advice);
    return false;
  }
}
