/**
 * `zephr request`: make a request, keep what opens its answers, and print the link; in this order, so that no answer can
 * come which nobody can open. With `--wait` the answer is what is printed.
 */

import {
  type CreatedRequest,
  checkRequestOptions,
  createRequest,
  DEFAULT_REQUEST_EXPIRY,
} from '../../../client/requests/create-request.js';
import { cancelRequest, receiptOf } from '../../../client/requests/request-status.js';
import type { TransportOptions } from '../../../client/transport/send.js';
import { encodeBase64url } from '../../../core/base64url.js';
import { ApiError, NetworkError, ZephrError } from '../../../core/errors.js';
import { type Expiry, parseExpiry } from '../../../core/expiry.js';
import { type CollectLink, parseCollectLink } from '../../../core/links/request-links.js';
import { type ServerClock, withServerClock } from '../../../net/server-clock.js';
import { AdvisedError, CliError, Interrupted, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { systemReason } from '../../exit/reason.js';
import {
  type KeptRequest,
  keepRequest,
  removeRequest,
  requireRequestFolder,
  unkeptRequest,
} from '../../files/request-files.js';
import type { Context } from '../../parser/command.js';
import { type GateFlags, gatesOf } from '../../parser/gate-options.js';
import { recordSent } from '../../sent/append.js';
import { connectionTo } from '../../settings/connection.js';
import { type CommonFlags, keepsRecord, loadSettings, withServerAdvice } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import { callbackOptions, checkMemo, given } from '../create/create.js';
import { copyToClipboard, drawQrCode } from '../create/hand-out.js';
import { Collector } from '../get/answers.js';
import { type Destination, openDestination } from '../get/destination.js';

export interface RequestFlags extends CommonFlags, GateFlags {
  readonly message?: string;
  readonly from?: string;
  readonly expiry?: string;
  readonly secretExpiry?: string;
  readonly answers?: number;
  readonly views?: number;
  readonly callbackUrl?: string;
  readonly callbackSecretFile?: string;
  readonly copy?: boolean;
  readonly copyLink?: boolean;
  readonly qr?: boolean;
  readonly memo?: string;
  /** False for `--no-record`. */
  readonly record: boolean;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly for?: number;
  readonly output?: string;
  readonly force?: boolean;
  readonly exec?: boolean;
}

export type RequestContext = Context<RequestFlags>;

/** A request that was made, and all that is needed to go on with it. */
interface Made {
  readonly created: CreatedRequest;
  readonly link: CollectLink;
  /** Null with `--no-record`. */
  readonly kept: KeptRequest | null;
  /** Whether it gets a line in the list of what was sent and asked for. */
  readonly isListed: boolean;
  readonly clock: ServerClock;
  readonly options: TransportOptions;
}

/** A file of a request is kept as long after the last moment that its answers could be read, in milliseconds. */
const KEPT_LONGER_MS = 2 * 86_400_000;

const MINUTE_MS = 60_000;

/** How much of an id is shown: enough to tell a few requests apart, and to type. */
const SHORT_ID = 8;

/** Asks for a secret, and prints the link; or, with `--wait`, the answer. */
export async function request(context: RequestContext): Promise<ExitCode> {
  const { flags, terminal, commandLine } = context;
  rejectUnused(flags);
  checkMemo(flags);
  if (!flags.wait) {
    requireOutput(terminal.stdout.wasClosed, flags);
    return hand(await make(context), context);
  }
  requireOutput(terminal.stderr.wasClosed, flags);
  await requireCodePrompt(context);
  const destination = await openDestination(flags, terminal, commandLine);
  try {
    return await waitForAnswer(await make(context), destination, context);
  } finally {
    await destination.discard();
  }
}

/** @throws CliError exit 2 for options that would do nothing. */
function rejectUnused({ wait, for: longest, output, force, exec, copy }: RequestFlags): void {
  if (!wait && (longest !== undefined || output !== undefined || force || exec))
    throw usageError(
      '--for, --output, --force and --exec are for the answer, which only --wait waits for',
      'give --wait too, or take the answer with zephr get',
    );
  if ([output !== undefined, exec, copy].filter(Boolean).length > 1)
    throw usageError('the answer goes to one place', 'give one of --output, --copy and --exec');
}

/** A link that goes to a stream which is closed, and nowhere else, would be lost. */
function requireOutput(isClosed: boolean, { copy, copyLink, qr, wait }: RequestFlags): void {
  if (!isClosed || copyLink || qr || (copy && !wait)) return;
  const stream = wait ? 'stderr' : 'stdout';
  throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', `${stream} is closed: nobody would get the link`, {
    advice: 'nothing was sent: give it a file or a pipe',
  });
}

/** An answer that takes a code is lost where nobody can be asked for it, and nothing is kept to come back with. */
async function requireCodePrompt({ flags, terminal }: RequestContext): Promise<void> {
  if (flags.record || gatesOf(flags)?.code === undefined) return;
  const screen = await terminal.openScreen();
  if (screen === null) {
    throw usageError(
      'there is no terminal to ask for the code on, and --no-record keeps nothing to come back with',
      'leave out --no-record or --wait',
    );
  }
  await screen.close();
}

/** Makes the request and keeps it. */
async function make({ flags, terminal, reporter, now }: RequestContext): Promise<Made> {
  const settings = await loadSettings(flags, terminal, reporter);
  const expiry = await expiryMinutes(flags.expiry, reporter);
  const secretExpiry = await expiryMinutes(flags.secretExpiry, reporter);
  const { fetch, clock } = withServerClock((await connectionTo(settings.server, flags, terminal)).fetch);
  const transport = { fetch, timeout: flags.timeout };
  const options = {
    ...transport,
    server: settings.server,
    apiKey: settings.apiKey,
    signal: terminal.interrupt,
    expiry: `${expiry}m`,
    secretExpiry: `${secretExpiry}m`,
    ...given('message', flags.message),
    ...given('from', flags.from),
    ...given('answers', flags.answers),
    ...given('views', flags.views),
    ...given('gates', gatesOf(flags)),
    ...(await callbackOptions(flags, terminal)),
  };
  await checkRequestOptions(options);
  if (flags.record) await requireRequestFolder(terminal, now());
  const { host } = new URL(settings.server);
  const creating = withServerAdvice(supported(createRequest(options)), settings);
  const created = await reporter.waitFor(`waiting for ${host}`, creating);
  const link = parseCollectLink(created.collectLink);
  const made = { created, link, clock, options: transport };
  if (!flags.record) return { ...made, kept: null, isListed: false };
  // By the clock that is ahead: one of a machine without a battery can be days behind when it starts.
  const madeAt = Math.max(now(), Date.parse(created.expiresAt) - expiry * MINUTE_MS);
  const keptUntil = madeAt + (expiry + secretExpiry) * MINUTE_MS + KEPT_LONGER_MS;
  try {
    const kept = await keepRequest(link, keptUntil, terminal);
    return { ...made, kept, isListed: keepsRecord(settings) };
  } catch (error) {
    await cancelled(link, transport);
    throw error;
  }
}

/** @throws what `work` throws; for a server that takes no requests with advice that fits. */
async function supported<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NetworkError && error.code === 'UNSUPPORTED_BY_SERVER')) throw error;
    throw new AdvisedError(error, 'name a server that takes them: --server or ZEPHR_SERVER');
  }
}

async function expiryMinutes(text: string | undefined, reporter: Reporter): Promise<number> {
  const { minutes, hoursSpelling }: Expiry = parseExpiry((text ?? DEFAULT_REQUEST_EXPIRY).trim());
  if (hoursSpelling !== undefined)
    await reporter.warn(`an expiry of ${text} means hours, as in older documents: write ${hoursSpelling}`);
  return minutes;
}

/** Prints the link. A request whose link nobody got is cancelled. */
async function hand(made: Made, context: RequestContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const { requestId: id, requestLink, collectLink, expiresAt } = made.created;
  const collect = made.kept === null ? { collectLink } : {};
  const lines = [requestLink, ...Object.values(collect)].map((line) => `${line}\n`).join('');
  try {
    await terminal.stdout.write(flags.json ? jsonLine({ id, requestLink, ...collect, expiresAt }) : lines);
    await terminal.stdout.flush();
  } catch (cause) {
    throw await notDelivered(cause, made, terminal);
  }
  await addToList(made, context);
  await show(requestLink, flags.copy || flags.copyLink, context);
  const expiry = timeInWords(made.clock.toLocal(Date.parse(expiresAt)), now());
  const how = made.kept === null ? 'zephr get with the second link' : getCommand(id);
  await reporter.info(`it can be answered, and expires ${expiry}; ${how} takes the answer`);
  return EXIT.done;
}

/** Adds the request to the list. Its receipt tells what becomes of it, and opens no answer. */
async function addToList({ created, link, isListed }: Made, context: RequestContext): Promise<void> {
  if (!isListed) return;
  const { flags, terminal, now } = context;
  const { server, id, receipt } = await receiptOf(link);
  await recordSent(
    {
      kind: 'request',
      server,
      id,
      receipt: encodeBase64url(receipt),
      createdAt: new Date(now()).toISOString(),
      expiresAt: created.expiresAt,
      answers: flags.answers ?? 1,
      ...given('memo', flags.memo),
    },
    terminal,
  );
}

/** Shows the link in other ways than on stdout. */
async function show(link: string, copies: boolean | undefined, context: RequestContext): Promise<void> {
  const { terminal, reporter } = context;
  if (context.flags.qr) await drawQrCode(link, context);
  if (copies) await copyToClipboard(link, 'link', terminal, reporter);
}

/** The error for a link that could not be printed. */
async function notDelivered(cause: unknown, { link, kept, options }: Made, terminal: Terminal) {
  const isCancelled = await cancelled(link, options);
  if (isCancelled && kept !== null) await removeRequest(kept, terminal);
  if (cause instanceof Interrupted) return cause;
  const message = `the link was not delivered: ${systemReason(cause)}`;
  const advice = isCancelled
    ? 'nobody has it, and the request is cancelled: run it again'
    : 'nobody has it; the request stays on the server until it expires: run it again';
  return new CliError(EXIT.notDelivered, 'NOT_DELIVERED', message, { advice, cause });
}

async function cancelled(link: CollectLink, options: TransportOptions): Promise<boolean> {
  try {
    await cancelRequest(link, options);
    return true;
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
    return false;
  }
}

/** Shows the link on stderr, waits for the first answer, and delivers it. */
async function waitForAnswer(
  made: Made,
  destination: Destination,
  context: RequestContext,
): Promise<ExitCode> {
  const { terminal, now } = context;
  const { requestId: id, requestLink } = made.created;
  try {
    // With --quiet, too: without it nobody can answer.
    await terminal.stderr.write(`${requestLink}\n`);
  } catch (cause) {
    throw await notDelivered(cause, made, terminal);
  }
  await addToList(made, context);
  await show(requestLink, context.flags.copyLink, context);
  const kept = made.kept ?? unkeptRequest(made.link, now());
  const codeCommand = `${getCommand(id)} --code CODE`;
  const collector = await Collector.open(made.link, kept, { ...context, codeCommand });
  try {
    await collector.takeNext(destination, { isKnown: true });
    return EXIT.done;
  } catch (error) {
    throw made.kept === null ? error : withGetCommand(error, id);
  }
}

/** An error while there was no answer yet, or by which an answer stays where it is, says how to come back for it. */
function withGetCommand(error: unknown, id: string): unknown {
  const advice = `the request goes on: ${getCommand(id)} --wait takes the answer`;
  if (error instanceof Interrupted && error.advice === undefined)
    return new Interrupted(error.signal, { advice });
  if (error instanceof CliError && error.exit === EXIT.notYet) return new AdvisedError(error, advice);
  if (error instanceof ApiError && error.isVerdict && error.statusCode === 403)
    return new AdvisedError(error, `the answer waits: ${getCommand(id)} takes it`);
  return error;
}

/** The command that takes an answer. An id that begins with a hyphen is no option behind `--`. */
function getCommand(id: string): string {
  return `zephr get ${id.startsWith('-') ? '-- ' : ''}${id.slice(0, SHORT_ID)}`;
}
