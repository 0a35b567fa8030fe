/** `zephr give`: show who asks for what, read the secret, and seal it for them alone. */

import {
  type AnswerRequestOptions,
  answerRequest,
  answerResumably,
  checkAnswerOptions,
  type SentAnswer,
} from '../../../client/requests/answer-request.js';
import { requireOpen, type SecretRequest, viewRequest } from '../../../client/requests/request.js';
import { EncryptionError } from '../../../core/errors.js';
import { parseRequestLink, type RequestLink } from '../../../core/links/request-links.js';
import { withServerClock } from '../../../net/server-clock.js';
import { AdvisedError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { connectionTo } from '../../settings/connection.js';
import { type CommonFlags, keepsRecord, loadSettings } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import { askHidden } from '../../terminal/prompt.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import { addToList, checkMemo, given } from '../create/create.js';
import type { LargeSend, SendFiles } from '../create/large.js';
import { type Given, type SecretFlags, takeSecret } from '../create/secret.js';

export interface GiveFlags extends CommonFlags, SecretFlags {
  readonly message?: string;
  readonly memo?: string;
  /** False for `--no-record`. */
  readonly record: boolean;
}

export type GiveContext = Context<GiveFlags>;

const PIPE_IT_IN = 'pipe a secret in: printf %s "$PASSWORD" | zephr give LINK';

/**
 * Answers a request.
 * @param words what stands without an option: the link, and a `-` for the text beside files.
 * @throws CliError or ValidationError (exit 2) before anything is sent; EncryptionError (exit 9) when the server shows
 *   another request than the link names, before the secret is read; ApiError when the request takes no answers.
 */
export async function give(context: GiveContext, words: readonly string[]): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const { text, takesText } = wordsOf(words);
  const link = parseRequestLink(text ?? (await askForLink(terminal)));
  checkMemo(flags);
  const isListed = flags.record && (await keepsList(link, context));
  const message = given('message', flags.message);
  checkAnswerOptions({ ...message, ...given('name', flags.name) });
  const { fetch, clock } = withServerClock((await connectionTo(link.server, flags, terminal)).fetch);
  const options = { fetch, timeout: flags.timeout, signal: terminal.interrupt };
  const waiting = `waiting for ${new URL(link.server).host}`;

  const request = await advised(reporter.waitFor(waiting, viewRequest(link, options)));
  requireOpen(request);
  const inTime = (time: string) => timeInWords(clock.toLocal(Date.parse(time)), now());
  await describe(request, link, inTime, reporter);
  const { secret, sources, name } = await takeSecret(flags, takesText, 'v2', terminal, PIPE_IT_IN);
  const what = { secret, sources };
  const all = { ...options, ...message, ...given('name', name) };
  const isSmall = sources === null && what.secret instanceof Uint8Array;
  const answering = advised(
    isSmall ? answerSmall(link, what.secret, all) : answerLarge(link, what, all, context),
  );
  // Files have a progress of their own.
  const { sent, finish } = await (isSmall ? reporter.waitFor(waiting, answering) : answering);
  if (isListed)
    await addToList(sent, { server: link.server, views: request.views, request: link.id }, context);
  if (flags.json) await terminal.stdout.write(jsonLine(sent));
  await finish();
  await reporter.info(`sent: only who asked can open it; it expires ${inTime(sent.expiresAt)}`);
  return EXIT.done;
}

/** Whether the settings have a line in the list for what is sent. */
async function keepsList(
  { server }: RequestLink,
  { flags, terminal, reporter }: GiveContext,
): Promise<boolean> {
  return keepsRecord(await loadSettings({ ...flags, server }, terminal, reporter));
}

/** The link, and whether stdin is the text beside files: a lone `-` says so. */
function wordsOf(words: readonly string[]): { text: string | undefined; takesText: boolean } {
  const [text, another] = words.filter((word) => word !== '-');
  if (another !== undefined)
    throw usageError('there is more than one link', 'a secret is never an argument: pipe it in');
  return { text, takesText: words.includes('-') };
}

async function answerSmall(
  link: RequestLink,
  secret: Given['secret'],
  options: AnswerRequestOptions,
): Promise<LargeSend<SentAnswer>> {
  return { sent: await answerRequest(link, secret, options), finish: async () => undefined };
}

/** Loaded with the code for files. */
async function answerLarge(
  link: RequestLink,
  { secret, sources }: Pick<Given, 'secret' | 'sources'>,
  options: AnswerRequestOptions,
  context: GiveContext,
): Promise<LargeSend<SentAnswer>> {
  const { sendFromSources } = await import('../create/large.js');
  const { server, id } = link;
  const { message } = options;
  const terms = sources?.paths ? { server, request: id, message, paths: sources.paths } : null;
  const answer: SendFiles<SentAnswer> = (more, journal) => {
    const all = { ...options, ...more };
    return journal === undefined
      ? answerRequest(link, secret, all)
      : answerResumably(link, secret, all, journal);
  };
  return sendFromSources(sources, terms, answer, context);
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
