/** Handing out a new link: on stdout first, where nothing else can lose it, then as a QR code and on the clipboard. */

import type { SecretLink } from '../../../client/create.js';
import { isSystemError } from '../../../core/errors.js';
import { CliError, Interrupted } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { messageOf } from '../../exit/reason.js';
import type { Context } from '../../parser/command.js';
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
 * @throws CliError exit 1 `NOT_WRITTEN` when it could not be printed. Failures after that are only warned of.
 */
export async function handOut(created: SecretLink, context: Context<HandOutFlags>): Promise<void> {
  const { flags, terminal, reporter } = context;
  await print(flags.json ? jsonLine(created) : plain(created), terminal);
  // The key of a pair takes another channel.
  const shown = created.mode === 'split' ? created.url : created.fullLink;
  if (flags.qr) await drawQrCode(shown, context);
  if (flags.copy && (await copyToClipboard(shown, terminal, reporter))) {
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
    // A reader that has gone, such as head, has all that it wants.
    if (cause instanceof Interrupted || isSystemError(cause, 'EPIPE')) throw cause;
    throw new CliError(EXIT.bug, 'NOT_WRITTEN', `the link could not be written: ${messageOf(cause)}`, {
      advice: 'nobody has it, so nobody can read the secret: run it again',
      cause,
    });
  }
}

/** Draws the code on stderr, with `--quiet` too: it was asked for. */
async function drawQrCode(
  content: string,
  { flags, terminal, reporter }: Context<HandOutFlags>,
): Promise<void> {
  const { stderr, env } = terminal;
  const { columns, drawQrCode: draw } = await import('../../terminal/qr-code.js');
  const { text, width } = draw(content, {
    color: usesColor(stderr, env, flags.color),
    unicode: supportsUnicode(env),
  });
  if (columns() < width) {
    await reporter.warn(`the terminal is too narrow for the QR code: it takes ${width} columns`);
    return;
  }
  // The link was printed, so a stderr that was closed is no failure.
  await stderr.write(text).catch(() => undefined);
}

/** @returns whether it worked; if not, there was a warning. */
async function copyToClipboard(text: string, terminal: Terminal, reporter: Reporter): Promise<boolean> {
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
