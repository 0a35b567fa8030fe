/**
 * Handing out a new link: on stdout first, where nothing else can lose it, then as a QR code and on the clipboard. A
 * secret whose link nobody got is revoked.
 */

import type { SecretLink } from '../../../client/create/create.js';
import { ZephrError } from '../../../core/errors.js';
import { CliError, Interrupted } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { systemReason } from '../../exit/reason.js';
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
 * @param revoke destroys the secret; null where its server cannot do that.
 * @throws CliError exit 10 `NOT_DELIVERED` when it could not be printed. Failures after that are only warned of.
 */
export async function handOut(
  created: SecretLink,
  context: Context<HandOutFlags>,
  revoke: (() => Promise<void>) | null,
): Promise<void> {
  const { flags, terminal, reporter } = context;
  try {
    await terminal.stdout.write(flags.json ? jsonLine(created) : plain(created));
    await terminal.stdout.flush();
  } catch (cause) {
    throw await notDelivered(cause, created, revoke);
  }
  // The key of a pair takes another channel.
  const shown = created.mode === 'split' ? created.url : created.fullLink;
  if (flags.qr) await drawQrCode(shown, context);
  if (flags.copy) await copyToClipboard(shown, created.mode === 'split' ? 'URL' : 'link', terminal, reporter);
}

function plain(created: SecretLink): string {
  return created.mode === 'split' ? `${created.url}\n${created.key}\n` : `${created.fullLink}\n`;
}

/** The error for a link that could not be printed. Nobody has it, so the secret would wait for nobody. */
async function notDelivered(
  cause: unknown,
  { mode }: SecretLink,
  revoke: (() => Promise<void>) | null,
): Promise<CliError> {
  const isRevoked = await revoked(revoke);
  if (cause instanceof Interrupted) return cause;
  const what = mode === 'split' ? 'URL and key were' : 'the link was';
  const message = `${what} not delivered: ${systemReason(cause)}`;
  const advice = isRevoked
    ? 'nobody has it, and the secret is revoked: run it again'
    : 'nobody has it; the secret stays on the server, unread, until it expires: run it again';
  return new CliError(EXIT.notDelivered, 'NOT_DELIVERED', message, { advice, cause });
}

async function revoked(revoke: (() => Promise<void>) | null): Promise<boolean> {
  if (revoke === null) return false;
  try {
    await revoke();
    return true;
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
    return false;
  }
}

/** Draws the code on stderr, with `--quiet` too: it was asked for. */
export async function drawQrCode(
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

/** Says how it went: the link was printed, so a failure is only warned of. */
export async function copyToClipboard(
  text: string,
  what: string,
  terminal: Terminal,
  reporter: Reporter,
): Promise<void> {
  try {
    const { openClipboard, whereItIs } = await import('../../terminal/clipboard/clipboard.js');
    const clipboard = await openClipboard(terminal);
    await clipboard.write(text);
    await reporter.info(`the ${what} ${whereItIs(clipboard)}`);
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof CliError)) throw error;
    await reporter.warn(`not copied: ${error.message}`, error.advice);
  }
}
