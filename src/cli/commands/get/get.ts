/** `zephr get`: everything that can fail first, then the one read, then the acknowledgement. */

import { newClaim, type Reading, readSecret } from '../../../client/read.js';
import type { Fetch } from '../../../client/transport/fetch.js';
import { ApiError, EncryptionError, NetworkError, ZephrError } from '../../../core/errors.js';
import type { Link } from '../../../core/link.js';
import { AdvisedError, CliError, Interrupted } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { ClientErrorCode } from '../../exit/error-codes.js';
import { messageOf } from '../../exit/reason.js';
import { savePendingClaim, takePendingClaim, timeLeftInWords } from '../../files/pending-claims.js';
import type { Context } from '../../parser/command.js';
import { openLink } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { type DestinationFlags, openDestination } from './destination.js';

export type GetContext = Context<LinkFlags & DestinationFlags, LinkArguments>;

/** Asks the server for the secret under a claim. */
type ReadUnder = (claim: string) => Promise<Reading>;

/**
 * Reads a secret, delivers it, and acknowledges it.
 * @throws CliError or ValidationError (exit 2 or 4) before anything is sent; the errors of {@link readSecret}; an error
 *   with advice when the secret came and could not be delivered.
 */
export async function get(context: GetContext): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  const { link, options, waiting } = await openLink(context);
  const { fetch, tries } = counted(options.fetch);
  const read: ReadUnder = (claim) =>
    reporter.waitFor(waiting, readSecret(link, { ...options, fetch, claim }));

  const destination = await openDestination(flags, terminal);
  try {
    const { reading, claim } = await readUnderClaim(link, read, terminal, tries);
    if (!flags.json) await describe(reading, reporter);
    try {
      await destination.deliver(reading);
    } catch (cause) {
      throw await notDelivered(cause, link, { ...reading, claim }, terminal, reporter);
    }
    await acknowledge(reading, reporter);
    await destination.report(reading, reporter);
    return EXIT.done;
  } finally {
    await destination.discard();
  }
}

/** Reads under the claim of an unfinished read where there is one, else under a new one. */
async function readUnderClaim(
  link: Link,
  read: ReadUnder,
  terminal: Terminal,
  tries: () => number,
): Promise<{ reading: Reading; claim: string }> {
  const pending = await takePendingClaim(link, terminal);
  if (pending !== null) {
    const { claim } = pending;
    try {
      return { reading: await read(claim), claim };
    } catch (error) {
      if (!isGone(error)) {
        await savePendingClaim(link, pending, terminal);
        throw error;
      }
      // The claim is out of date. The secret may allow more than one reader, so it is read anew.
    }
  }
  const claim = newClaim();
  try {
    return { reading: await read(claim), claim };
  } catch (error) {
    if (mayBeConsumed(error)) await savePendingClaim(link, { claim }, terminal);
    if (isGone(error) && link.key.version === 1 && tries() > 1) throw withLostReplyAdvice(error);
    throw error;
  }
}

/** `fetch`, and how often it was called. */
function counted(fetch: Fetch): { fetch: Fetch; tries: () => number } {
  let count = 0;
  return {
    fetch(url, init) {
      count++;
      return fetch(url, init);
    },
    tries: () => count,
  };
}

/** A server without claims answers once: if its answer to an earlier try was lost, so is the secret. */
function withLostReplyAdvice(error: ApiError): AdvisedError {
  return new AdvisedError(
    error,
    'an answer to this command was lost on the way: it may have been the secret. Ask the sender for a new link',
  );
}

function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.statusCode === 404 || error.statusCode === 410);
}

/** Errors before a request has left this machine. */
const NOT_SENT: readonly ClientErrorCode[] = [
  'CONNECTION_REFUSED',
  'HOST_LOOKUP_FAILED',
  'HOST_NOT_FOUND',
  'PROXY_REFUSED',
  'PROXY_UNREACHABLE',
  'TLS_ERROR',
];

/** Whether the server may have handed out a secret that did not arrive, or that did not open. */
function mayBeConsumed(error: unknown): boolean {
  if (error instanceof ApiError) return error.statusCode >= 500;
  if (error instanceof NetworkError) return !NOT_SENT.some((code) => code === error.code);
  return error instanceof EncryptionError || error instanceof Interrupted;
}

/** Says what the sender wrote about the secret. */
async function describe({ hint, name, message }: Reading, reporter: Reporter): Promise<void> {
  if (hint !== undefined) await reporter.field('Hint', hint);
  if (name !== undefined) await reporter.field('Name', name);
  if (message !== undefined) await reporter.field('Message', message);
}

/** The error for a secret that was read and could not be delivered. It is not acknowledged, and its claim is kept. */
async function notDelivered(
  cause: unknown,
  link: Link,
  { claim, claimed, purgeAt }: Reading & { readonly claim: string },
  terminal: Terminal,
  reporter: Reporter,
): Promise<Error> {
  const until = claimed
    ? await savePendingClaim(link, { claim, ...(purgeAt === undefined ? {} : { purgeAt }) }, terminal)
    : null;
  const again =
    until === null
      ? 'the server gave it once and will not again: ask the sender for a new link'
      : `run the same command again ${timeLeftInWords(until)}: it is still yours to read`;
  if (cause instanceof Interrupted) {
    await reporter.advise(again);
    return cause;
  }
  if (cause instanceof CliError) {
    const still = until === null ? again : `it is still yours to read ${timeLeftInWords(until)}`;
    return new AdvisedError(cause, cause.advice === undefined ? again : `${cause.advice}; ${still}`);
  }
  const message = `the secret was read but could not be written: ${messageOf(cause)}`;
  return new CliError(EXIT.bug, 'NOT_WRITTEN', message, { advice: again, cause });
}

/** Tells the server that the secret has arrived. The secret is safe if that fails, so a failure is only warned of. */
async function acknowledge(reading: Reading, reporter: Reporter): Promise<void> {
  try {
    await reporter.waitFor('telling the server that it has arrived', reading.acknowledge());
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof ZephrError)) throw error;
    await reporter.warn(`the secret is here, but the server keeps it for another minute: ${error.message}`);
  }
}
