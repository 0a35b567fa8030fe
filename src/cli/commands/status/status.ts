/** `zephr status`: what has become of a secret, without reading it, or of a request. */

import type { SecretStatus } from '../../../client/secret-status.js';
import { type SecretReference, secretStatus } from '../../../client/status.js';
import type { GateName } from '../../../core/protocol/gates.js';
import type { SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { type ServerClock, withServerClock } from '../../../net/server-clock.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { type LinkOptions, openLink, requireVersion2, withPassphrase } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import { findOwn, type Own } from '../../sent/find.js';
import { type Ask, exitOf, waitForEnd } from '../../sent/wait.js';
import { untilOf } from '../../sent/waiting.js';
import { connectionTo } from '../../settings/connection.js';
import { jsonLine } from '../../terminal/escape.js';
import { timeInWords } from '../../terminal/times.js';

export interface StatusFlags extends LinkFlags {
  /** The state that is asked about: then nothing is printed. */
  readonly is?: SecretState | RequestState;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly for?: number;
}

export type StatusContext = Context<StatusFlags, LinkArguments>;

/** What a status is asked with. */
interface Asking {
  readonly clock: ServerClock;
  readonly ask: Ask;
}

/** Prints what has become of a secret, or answers by the exit code whether it is in the state of `--is`. */
export async function status(context: StatusContext): Promise<ExitCode> {
  const { flags, terminal, now } = context;
  const own = await findOwn(context);
  if (own?.kind === 'request') {
    const { statusOfRequest } = await import('./request-status.js');
    return statusOfRequest(own, context);
  }
  const { clock, ask } = await askingOf(own, context);
  const until = untilOf(flags, now);
  const waiting = { interrupt: terminal.interrupt, reporter: context.reporter, now, until };
  const waited = flags.wait ? await waitForEnd(ask, waiting) : undefined;
  const found = waited?.status ?? (await ask(undefined, 0));
  if (flags.is !== undefined) return found.state === flags.is ? EXIT.done : EXIT.notYet;
  const inTime = (time: string) => timeInWords(clock.toLocal(Date.parse(time)), now());
  await terminal.stdout.write(flags.json ? jsonLine(found) : `${inWords(found, inTime)}\n`);
  return waited === undefined ? EXIT.done : exitOf(waited);
}

/** How the status is asked for: as its sender, or with the link and perhaps the passphrase. */
async function askingOf(own: Own<'secret'> | null, context: StatusContext): Promise<Asking> {
  const { flags, terminal, reporter } = context;
  const request = (
    from: SecretReference,
    options: Omit<LinkOptions, 'fetch'>,
    fetch: LinkOptions['fetch'],
    waiting: string,
    ...[seen, wait]: Parameters<Ask>
  ) => reporter.waitFor(waiting, secretStatus(from, { ...options, fetch, wait, ...(seen && { seen }) }));
  if (own !== null) {
    const connection = await connectionTo(own.server, flags, terminal);
    const { fetch, clock } = withServerClock(connection.fetch);
    const options = { timeout: flags.timeout, signal: terminal.interrupt };
    const waiting = `waiting for ${new URL(own.server).host}`;
    return { clock, ask: (...how) => request(own.from, options, fetch, waiting, ...how) };
  }
  const opened = await openLink(context, requireVersion2);
  const { fetch, clock } = withServerClock(opened.options.fetch);
  return {
    clock,
    ask: (...how) =>
      withPassphrase(opened, terminal, (options) =>
        request(opened.link, options, fetch, opened.waiting, ...how),
      ),
  };
}

/** The state is the first word, for scripts. */
function inWords(
  { state, views, viewsLeft, expiresAt, firstReadAt, lastReadAt, wrongPassphrases, ...others }: SecretStatus,
  inTime: (time: string) => string,
): string {
  const parts: string[] = [state];
  if (views > 1) parts.push(`${views - viewsLeft} of ${views} views taken`);
  if (firstReadAt !== undefined) parts.push(`first read ${inTime(firstReadAt)}`);
  if (views > 1 && lastReadAt !== undefined && lastReadAt !== firstReadAt)
    parts.push(`last read ${inTime(lastReadAt)}`);
  if (state === 'waiting') parts.push(`expires ${inTime(expiresAt)}`, ...gatesInWords(others, inTime));
  if (wrongPassphrases !== undefined && wrongPassphrases > 0)
    parts.push(`${wrongPassphrases} wrong ${wrongPassphrases === 1 ? 'passphrase' : 'passphrases'} tried`);
  return parts.join(', ');
}

/** What a reader will be asked for besides the key. The lists are their sender's. */
function gatesInWords(
  { gates = [], notBefore, sentTo }: Pick<SecretStatus, 'gates' | 'notBefore' | 'sentTo'>,
  inTime: (time: string) => string,
): string[] {
  const words: Readonly<Record<GateName, string>> = {
    addresses: 'from some addresses only',
    countries: 'from some countries only',
    not_before: notBefore === undefined ? 'not before a time' : `not before ${inTime(notBefore)}`,
    captcha: 'with a puzzle',
    code: sentTo === undefined ? 'with a code' : `with a code sent to ${sentTo}`,
  };
  return gates.map((gate) => words[gate]);
}
