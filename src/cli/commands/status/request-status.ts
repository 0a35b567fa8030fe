/** `zephr status` of a request for a secret: whether it is open, and which answers came. */

import {
  type RequestReceipt,
  type RequestStatus,
  receiptOf,
  requestStatus,
} from '../../../client/requests/request-status.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { withServerClock } from '../../../net/server-clock.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import type { Own } from '../../sent/find.js';
import { untilOf, waitFor } from '../../sent/waiting.js';
import { connectionTo } from '../../settings/connection.js';
import type { CommonFlags } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import { timeInWords } from '../../terminal/times.js';

/** The options of a status that are about requests too. */
interface Flags extends CommonFlags {
  readonly is?: string;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly for?: number;
}

/** Prints what has become of a request, or answers by the exit code whether it is in the state of `--is`. */
export async function statusOfRequest(own: Own<'request'>, context: Context<Flags>): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const { fetch, clock } = withServerClock((await connectionTo(own.server, flags, terminal)).fetch);
  const options = { fetch, timeout: flags.timeout, signal: terminal.interrupt };
  const from: RequestReceipt = await receiptOf(own.from);
  const ask = (wait: number) => requestStatus(from, { ...options, wait });
  let found = await reporter.waitFor(`waiting for ${new URL(own.server).host}`, ask(0));
  if (flags.wait && found.state === 'open') {
    const until = untilOf(flags, now);
    const waiting = { interrupt: terminal.interrupt, reporter, now, until, isKnown: true };
    const askAgain = async (wait: number) => {
      found = await ask(wait);
      return found.state === 'open' ? null : found;
    };
    await reporter.waitFor('waiting for its answers', waitFor(askAgain, waiting));
  }
  if (flags.is !== undefined) return found.state === flags.is ? EXIT.done : EXIT.notYet;
  const inTime = (time: string) => timeInWords(clock.toLocal(Date.parse(time)), now());
  await terminal.stdout.write(flags.json ? jsonLine(found) : `${inWords(found, inTime)}\n`);
  return flags.wait ? EXIT_OF[found.state] : EXIT.done;
}

/** What a wait ends with. */
const EXIT_OF: Readonly<Record<RequestState, ExitCode>> = {
  answered: EXIT.done,
  open: EXIT.notYet,
  expired: EXIT.gone,
  cancelled: EXIT.gone,
};

/** The state is the first word, for scripts. */
function inWords(
  { state, answersLeft, received, expiresAt }: RequestStatus,
  inTime: (time: string) => string,
): string {
  const unread = received.filter((answer) => answer.state === 'waiting').length;
  const came = received.length === 1 ? 'an answer came' : `${received.length} answers came`;
  const parts: string[] = [state];
  if (received.length > 0) parts.push(unread === 0 ? came : `${came}, ${unread} of them not read yet`);
  if (state === 'open') parts.push(`${answersLeft} to come`, `expires ${inTime(expiresAt)}`);
  return parts.join(', ');
}
