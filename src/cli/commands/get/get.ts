/** `zephr get`: everything that can fail first, then the one read, then the acknowledgement. */

import { newClaim, type Reading, readSecret } from '../../../client/read.js';
import type { Fetch } from '../../../client/transport/fetch.js';
import { ApiError, EncryptionError, NetworkError, ZephrError } from '../../../core/errors.js';
import type { Link } from '../../../core/link.js';
import { fetchFor } from '../../../net/proxy.js';
import { CliError, EXIT, endingOf, Interrupted } from '../../exit/exit.js';
import { savePendingClaim, takePendingClaim, withinWords } from '../../files/pending-claims.js';
import { findLink, findPassphrase, type LinkFlags } from '../../parser/link.js';
import { type CommonFlags, timeoutMs } from '../../settings/settings.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';
import { type DestinationFlags, openDestination } from './destination.js';

export interface GetFlags extends CommonFlags, LinkFlags, DestinationFlags {}

/** Reads under a claim of the caller's. */
type Read = (claim: string) => Promise<Reading>;

/** Takes a secret back. `argument` is the link, `-` for stdin, or missing. */
export async function get(
  argument: string | undefined,
  flags: GetFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<void> {
  const timeout = timeoutMs(flags);
  const link = await findLink(argument, flags, terminal);
  const passphrase = await findPassphrase(link.key, flags, terminal);
  const { fetch, tries } = counted(fetchFor(link.server, terminal.env));
  const options = {
    fetch,
    timeout,
    signal: terminal.interrupt,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  const read: Read = (claim) =>
    reporter.waitFor(`waiting for ${new URL(link.server).host}`, readSecret(link, { ...options, claim }));

  const destination = await openDestination(flags, terminal);
  try {
    const { reading, claim } = await take(link, read, terminal, tries);
    if (!flags.json) await describe(reading, reporter);
    try {
      await destination.deliver(reading);
    } catch (cause) {
      throw await notDelivered(cause, link, { ...reading, claim }, terminal, reporter);
    }
    await acknowledge(reading, reporter);
    await destination.report(reading, reporter);
  } finally {
    await destination.discard();
  }
}

/** Takes the secret: under the claim of an unfinished read where there is one, else under a new one. */
async function take(
  link: Link,
  read: Read,
  terminal: Terminal,
  tries: () => number,
): Promise<{ reading: Reading; claim: string }> {
  const unfinished = await takePendingClaim(link, terminal);
  if (unfinished !== null) {
    const { claim } = unfinished;
    try {
      return { reading: await read(claim), claim };
    } catch (error) {
      if (!isGone(error)) {
        await savePendingClaim(link, unfinished, terminal);
        throw error;
      }
      // It came too late. The secret may have more readers than one.
    }
  }
  const claim = newClaim();
  try {
    return { reading: await read(claim), claim };
  } catch (error) {
    if (mayHaveTaken(error)) await savePendingClaim(link, { claim }, terminal);
    if (isGone(error) && link.key.version === 1 && tries() > 1) throw perhapsOurs(error);
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

/** A server that knows no claims gives its answer once, on whichever try: if that one was lost, so is the secret. */
function perhapsOurs(error: ApiError): CliError {
  const { exit, code, message } = endingOf(error);
  const advice =
    'an answer to this command was lost on the way: it may have been the secret. Ask the sender for a new link';
  return new CliError(exit, code, message, { advice, cause: error });
}

function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.statusCode === 404 || error.statusCode === 410);
}

/** Faults before a request has left this machine. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'CONNECTION_REFUSED',
  'HOST_LOOKUP_FAILED',
  'HOST_NOT_FOUND',
  'PROXY_REFUSED',
  'PROXY_UNREACHABLE',
  'TLS_ERROR',
]);

/** Whether the server may have given the secret all the same: to nobody, or to a key that does not open it. */
function mayHaveTaken(error: unknown): boolean {
  if (error instanceof ApiError) return error.statusCode >= 500;
  if (error instanceof NetworkError) return !NOT_SENT.has(error.code);
  return error instanceof EncryptionError || error instanceof Interrupted;
}

/** What the sender said about the secret. */
async function describe({ hint, name, message }: Reading, reporter: Reporter): Promise<void> {
  if (hint !== undefined) await reporter.field('Hint', hint);
  if (name !== undefined) await reporter.field('Name', name);
  if (message !== undefined) await reporter.field('Message', message);
}

/** The error for a secret that was read and did not arrive: nothing is acknowledged, and the claim is kept. */
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
      : `run the same command again ${withinWords(until)}: it is still yours to read`;
  if (cause instanceof Interrupted) {
    await reporter.advise(again);
    return cause;
  }
  if (cause instanceof CliError) {
    const { exit, code, message, advice } = cause;
    const still = until === null ? again : `it is still yours to read ${withinWords(until)}`;
    return new CliError(exit, code, message, {
      advice: advice === undefined ? again : `${advice}; ${still}`,
      cause,
    });
  }
  const why = cause instanceof Error ? cause.message : 'unknown reason';
  return new CliError(EXIT.bug, 'NOT_WRITTEN', `the secret was read but could not be written: ${why}`, {
    advice: again,
    cause,
  });
}

/** Tells the server that the secret has arrived. It is safe either way, so a failure is only said. */
async function acknowledge(reading: Reading, reporter: Reporter): Promise<void> {
  try {
    await reporter.waitFor('telling the server that it has arrived', reading.acknowledge());
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof ZephrError)) throw error;
    await reporter.warn(`the secret is here, but the server keeps it for another minute: ${error.message}`);
  }
}
