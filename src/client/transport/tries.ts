/** Several tries at a request, while nothing was decided: the server was not reached, or its answer was lost. */

import { ApiError, NetworkError } from '../../core/errors.js';
import type { Attempt } from './attempt.js';
import { isTransient } from './network-errors.js';

/** Pauses before the second and the third try, in milliseconds: enough for a server to be restarted. */
const PAUSES_MS: readonly number[] = [200, 800];

/** The statuses by which a proxy says that its server decided nothing. */
const UNDECIDED: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Makes the attempt, and again after a pause while nothing was decided and it can be repeated.
 * @throws what the last try did, or why it was ended: the deadline's time was up, or the caller cancelled.
 */
export async function inTries<Result>(
  attempt: Attempt,
  make: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  const { deadline, repeatable, pauses = PAUSES_MS } = attempt;
  try {
    for (let tries = 0; ; tries++) {
      try {
        deadline.signal.throwIfAborted();
        deadline.restart();
        return await make(attempt);
      } catch (error) {
        const pauseMs = pauses[tries];
        if (deadline.signal.aborted || pauseMs === undefined || !repeatable || !isUndecided(error))
          throw error;
        deadline.pause();
        await pause(pauseMs, deadline.signal);
      }
    }
  } catch (error) {
    throw deadline.reasonFor(error);
  }
}

/** Whether nothing was decided, so that the same request may be sent again. */
function isUndecided(error: unknown): boolean {
  return error instanceof ApiError
    ? UNDECIDED.has(error.statusCode)
    : error instanceof NetworkError && isTransient(error);
}

/** Waits so many milliseconds, or until the signal fires. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener('abort', wake, { once: true });
  });
}
