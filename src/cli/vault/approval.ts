/** A person's word for a use of secrets: at the terminal, or by way of a proxy of this user that runs. */

import { wantedOf } from '../../broker/proxy/approvals.js';
import type { OutgoingRequest } from '../../broker/requests/injection.js';
import type { SecretUse } from '../../broker/requests/send.js';
import { proxySockets } from '../../vault/places.js';
import { askLine, type Line } from '../../vault/unlocking/line-socket.js';
import { CliError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { Terminal } from '../terminal/terminal.js';
import { hasScreen, isAllowedByPerson } from './access.js';

/** Who asks, and where a person may be. */
export interface Asking {
  readonly terminal: Terminal;
  /** Who says to be asking. */
  readonly agent?: string | undefined;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Has a person allow those uses whose secrets ask for one: whoever sits at the terminal, or else who runs `zephr proxy
 * approve`, while a proxy of this user holds the question.
 * @throws CliError exit 4 `NO_TERMINAL` where nobody can be asked, `NOT_ALLOWED` when the answer is no,
 *   `APPROVAL_TIMED_OUT` when there is none; the signal's reason.
 */
export async function askPerson(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  { terminal, agent, signal }: Asking,
): Promise<void> {
  const use = wantedOf(request, uses, agent);
  if (use === null) return;
  const secrets = use.secrets.join(', ');
  if (await hasScreen(terminal)) {
    const question = `${use.method} ${use.target} wants ${secrets}`;
    return check(await isAllowedByPerson(question, terminal));
  }
  const [proxy] = await runningProxies(undefined, terminal);
  const answer = proxy && (await askLine(proxy.socket, { want: 'approve', use }, signal));
  if (!answer) {
    const message = `the use of ${secrets} needs a person at a terminal`;
    const advice =
      'run it at one, or run zephr proxy start: what it holds, a person allows by zephr proxy approve';
    throw new CliError(EXIT.notAllowed, 'NO_TERMINAL', message, { advice });
  }
  check(typeof answer.allowed === 'boolean' ? answer.allowed : null);
}

function check(isAllowed: boolean | null): void {
  if (isAllowed === true) return;
  if (isAllowed === false) throw new CliError(EXIT.notAllowed, 'NOT_ALLOWED', 'the use was not allowed');
  const advice = 'have a person at a terminal for zephr proxy approve';
  throw new CliError(EXIT.notAllowed, 'APPROVAL_TIMED_OUT', 'nobody allowed the use in time', { advice });
}

/** A proxy of this user that answers. */
export interface Running {
  readonly port: number;
  readonly socket: string;
  readonly status: Line;
}

/** Those that answer, by their ports; of a port alone, where one is named. */
export async function runningProxies(wanted: number | undefined, terminal: Terminal): Promise<Running[]> {
  const found = (await proxySockets(terminal))
    .filter(({ port }) => wanted === undefined || port === wanted)
    .map(async ({ port, socket }): Promise<Running[]> => {
      const status = await askLine(socket, { want: 'status' });
      return status === null ? [] : [{ port, socket, status }];
    });
  return (await Promise.all(found)).flat();
}
