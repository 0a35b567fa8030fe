/** `zephr status`: what has become of a secret, without reading it. */

import type { SecretStatus } from '../../../client/secret-status.js';
import { secretStatus } from '../../../client/status.js';
import type { SecretState } from '../../../core/protocol/replies.js';
import { withServerClock } from '../../../net/server-clock.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { openLink, requireVersion2, withPassphrase } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import { jsonLine } from '../../terminal/escape.js';
import { timeInWords } from '../../terminal/times.js';

export interface StatusFlags extends LinkFlags {
  /** The state that is asked about: then nothing is printed. */
  readonly is?: SecretState;
}

export type StatusContext = Context<StatusFlags, LinkArguments>;

/** Prints what has become of a secret, or answers by the exit code whether it is in the state of `--is`. */
export async function status(context: StatusContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const opened = await openLink(context, requireVersion2);
  const { fetch, clock } = withServerClock(opened.options.fetch);
  const found = await withPassphrase(opened, terminal, (options) =>
    reporter.waitFor(opened.waiting, secretStatus(opened.link, { ...options, fetch })),
  );
  if (flags.is !== undefined) return found.state === flags.is ? EXIT.done : EXIT.notYet;
  const inTime = (time: string) => timeInWords(clock.toLocal(Date.parse(time)), now());
  await terminal.stdout.write(flags.json ? jsonLine(found) : `${inWords(found, inTime)}\n`);
  return EXIT.done;
}

/** The state is the first word, for scripts. */
function inWords(
  { state, views, viewsLeft, expiresAt, firstReadAt }: SecretStatus,
  inTime: (time: string) => string,
): string {
  const parts: string[] = [state];
  if (views > 1) parts.push(`${views - viewsLeft} of ${views} views taken`);
  if (firstReadAt !== undefined) parts.push(`first read ${inTime(firstReadAt)}`);
  if (state === 'waiting') parts.push(`expires ${inTime(expiresAt)}`);
  return parts.join(', ');
}
