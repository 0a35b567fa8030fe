/** Handing out a new link: on stdout first, where nothing else can lose it, then as a QR code and on the clipboard. */

import type { SecretLink } from '../client/create.js';
import { takesUnicode, usesColour } from './colour.js';
import { CliError, EXIT, Interrupted } from './exit.js';
import type { CommonFlags } from './settings.js';
import type { Talk } from './talk.js';
import { isSystemError, type Terminal } from './terminal.js';
import { jsonLine } from './visible.js';

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
  talk: Talk,
): Promise<void> {
  await print(flags.json ? jsonLine(created) : plain(created), terminal);
  // Of a pair the key goes another way.
  const shown = created.mode === 'split' ? created.url : created.fullLink;
  if (flags.qr) await drawQrCode(shown, flags, terminal, talk);
  if (flags.copy && (await copied(shown, terminal, talk))) {
    await talk.say(`the ${created.mode === 'split' ? 'URL' : 'link'} is on the clipboard`);
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
      hint: 'nobody has it, so nobody can read the secret: run it again',
      cause,
    });
  }
}

/** It was asked for, so it is drawn with `--quiet` too. */
async function drawQrCode(
  content: string,
  { color }: HandOutFlags,
  { stderr, env }: Terminal,
  talk: Talk,
): Promise<void> {
  const { columns, drawQrCode: draw } = await import('./qr-code.js');
  const { text, width } = draw(content, {
    colour: usesColour(stderr, env, color),
    unicode: takesUnicode(env),
  });
  if (columns() < width) {
    await talk.warn(`the terminal is too narrow for the QR code: it takes ${width} columns`);
    return;
  }
  // Nobody listening on stderr is no reason to fail.
  await stderr.write(text).catch(() => undefined);
}

async function copied(text: string, terminal: Terminal, talk: Talk): Promise<boolean> {
  try {
    const { openClipboard } = await import('./clipboard.js');
    const clipboard = await openClipboard(terminal);
    await clipboard.write(text);
    return true;
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof CliError)) throw error;
    await talk.warn(`not copied: ${error.message}`, error.hint);
    return false;
  }
}
