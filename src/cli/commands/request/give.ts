/** `zephr give`: show who asks for what, read the secret, and seal it for them alone. */

import { answerRequest, checkAnswerOptions } from '../../../client/requests/answer-request.js';
import { requireOpen, type SecretRequest, viewRequest } from '../../../client/requests/request.js';
import { EncryptionError } from '../../../core/errors.js';
import { parseRequestLink, type RequestLink } from '../../../core/links/request-links.js';
import { withServerClock } from '../../../net/server-clock.js';
import { AdvisedError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import type { LinkArguments } from '../../parser/shared-options.js';
import { connectionTo } from '../../settings/connection.js';
import type { CommonFlags } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import { askHidden } from '../../terminal/prompt.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import { given } from '../create/create.js';
import { obtainSecret } from '../create/secret.js';

export interface GiveFlags extends CommonFlags {
  readonly name?: string;
  readonly message?: string;
  readonly trim?: boolean;
}

export type GiveContext = Context<GiveFlags, LinkArguments>;

/**
 * Answers a request.
 * @throws CliError or ValidationError (exit 2) before anything is sent; EncryptionError (exit 9) when the server shows
 *   another request than the link names, before the secret is read; ApiError when the request takes no answers.
 */
export async function give(context: GiveContext): Promise<ExitCode> {
  const { args, flags, terminal, reporter, now } = context;
  const link = parseRequestLink(args.link ?? (await askForLink(terminal)));
  const sealed = { ...given('name', flags.name), ...given('message', flags.message) };
  checkAnswerOptions(sealed);
  const { fetch, clock } = withServerClock((await connectionTo(link.server, flags, terminal)).fetch);
  const options = { fetch, timeout: flags.timeout, signal: terminal.interrupt };
  const waiting = `waiting for ${new URL(link.server).host}`;

  const request = await advised(reporter.waitFor(waiting, viewRequest(link, options)));
  requireOpen(request);
  const inTime = (time: string) => timeInWords(clock.toLocal(Date.parse(time)), now());
  await describe(request, link, inTime, reporter);
  const secret = await obtainSecret(
    'v2',
    terminal,
    'pipe a secret in: printf %s "$PASSWORD" | zephr give LINK',
  );
  const content = flags.trim ? withoutLineEnd(secret) : secret;
  const answering = answerRequest(link, content, { ...options, ...sealed });
  const { secretId, expiresAt } = await advised(reporter.waitFor(waiting, answering));
  if (flags.json) await terminal.stdout.write(jsonLine({ secretId, expiresAt }));
  await reporter.info(`sent: only who asked can open it; it expires ${inTime(expiresAt)}`);
  return EXIT.done;
}

function askForLink(terminal: Terminal): Promise<string> {
  const missing = {
    message: 'there is no link of a request',
    advice: 'give it as an argument: stdin is for the secret',
  };
  if (!terminal.stdin.isTerminal) throw usageError(missing.message, missing.advice);
  return askHidden(terminal, 'Link of the request', missing);
}

/** Says who asks for what, in the words of who asks, and on which server. */
async function describe(
  { from, message, expiresAt }: SecretRequest,
  { server, wrapper }: RequestLink,
  inTime: (time: string) => string,
  reporter: Reporter,
): Promise<void> {
  if (from !== undefined) await reporter.field('From', from);
  if (message !== undefined) await reporter.field('Message', message);
  await reporter.field(
    'Server',
    wrapper === undefined ? server : `${server} (the link was in one of ${wrapper})`,
  );
  await reporter.field('Expires', inTime(expiresAt));
  if (from === undefined && message === undefined)
    await reporter.info('the request does not say who asks, nor for what');
}

/** @throws what `work` throws; where the request is not that of its link, with advice. */
async function advised<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EncryptionError)) throw error;
    throw new AdvisedError(
      error,
      'the server shows another request than the link names: nothing was sent. Ask who sent the link for a new one',
    );
  }
}

/** The bytes without one final line end, `\n` or `\r\n`. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
