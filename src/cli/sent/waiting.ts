/**
 * Waiting for something that happens on a server, by asking again and again. It may take days: servers are restarted
 * meanwhile, laptops sleep, and proxies cut connections on which nothing moves.
 */

import { LONGEST_WAIT_MS } from '../../client/transport/send.js';
import { ApiError, NetworkError, type ZephrError } from '../../core/errors.js';
import type { Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';

/** The pauses before another question, in milliseconds: after an answer that came at once, and after a failure. */
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** No server is left alone for longer, whatever it says: it may be a proxy that knows nothing of it. In milliseconds. */
const LONGEST_RETRY_MS = 300_000;

/** A server that waits as it was asked to answers no sooner than this, in milliseconds, unless there is something new. */
const AT_ONCE_MS = 1_000;

/**
 * A question that fails after so many milliseconds was cut by a proxy that takes a connection for idle: the tries at one
 * whose server is away take less. Then the server is asked to wait half as long.
 */
const CUT_MS = 3_000;

export interface WaitOptions extends Pick<Terminal, 'interrupt'> {
  readonly reporter: Reporter;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** When to stop, in milliseconds since 1970; infinite for never. */
  readonly until: number;
  /** Whether the first question may fail as the later ones may: the server was there a moment ago. */
  readonly isKnown: boolean;
}

/** When a wait that `--for` bounds is over, as for {@link WaitOptions}; without the option it never is. */
export function untilOf({ for: longest }: { readonly for?: number }, now: () => number): number {
  return longest === undefined ? Number.POSITIVE_INFINITY : now() + longest;
}

/**
 * Asks until there is an answer.
 * @param ask gets the milliseconds for which the server may wait, and gives null when there is nothing yet.
 * @returns null when the time was over first.
 * @throws what `ask` throws, but failures of the network and of the server only as the first answer of all; Interrupted.
 */
export async function waitFor<T>(
  ask: (wait: number) => Promise<T | null>,
  { interrupt, reporter, now, until, isKnown }: WaitOptions,
): Promise<T | null> {
  let pause = SHORTEST_PAUSE_MS;
  let longest = LONGEST_WAIT_MS;
  let isReached = isKnown;
  let isTold = false;
  for (;;) {
    const askedAt = now();
    const left = until - askedAt;
    try {
      const found = await ask(Math.max(0, Math.min(longest, left)));
      if (found !== null) return found;
      isReached = true;
      isTold = false;
      if (now() - askedAt >= AT_ONCE_MS) pause = SHORTEST_PAUSE_MS;
    } catch (error) {
      if (!isReached || !mayPass(error)) throw error;
      if (!isTold) await reporter.info(`${error.message}: asking again until it answers`);
      isTold = true;
      if (now() - askedAt >= CUT_MS && error.code !== 'TIMEOUT') {
        longest = Math.max(AT_ONCE_MS, longest / 2);
        pause = SHORTEST_PAUSE_MS;
      }
      if (error instanceof ApiError && error.retryAfter !== undefined)
        pause = Math.max(pause, Math.min(error.retryAfter * 1000, LONGEST_RETRY_MS));
    }
    if (now() >= until) return null;
    await sleep(Math.min(pause, Math.max(0, until - now())), interrupt);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
}

/** Whether another try may succeed: nothing was decided by a server that works. */
function mayPass(error: unknown): error is ZephrError {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof ApiError)) return false;
  return !error.isVerdict || error.statusCode >= 500 || error.statusCode === 429;
}

/** @throws the reason of `interrupt`. */
function sleep(milliseconds: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(interrupt.reason);
    };
    const timer = setTimeout(() => {
      interrupt.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (interrupt.aborted) stop();
    else interrupt.addEventListener('abort', stop, { once: true });
  });
}
