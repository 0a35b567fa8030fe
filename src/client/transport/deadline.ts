/** The time that a request may take, and the caller's way to cancel it, as one signal. */

import { NetworkError, ValidationError } from '../../core/errors.js';

/** A timer takes no more milliseconds (24.8 days). */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The running time of one request. */
export interface Deadline {
  /** Fires when the time is up or the caller cancels. */
  readonly signal: AbortSignal;
  /** What `work` gives, or a rejection as soon as the signal fires: an injected fetch may not listen to it. */
  within<T>(work: Promise<T>): Promise<T>;
  /** Starts an idle time anew, because bytes have moved. The time of a whole request runs on. */
  restart(): void;
  /** Stops an idle time while there is nothing to wait for but the caller. The time of a whole request runs on. */
  pause(): void;
  /** The error to throw for a failed request: the caller's reason for cancelling, or `TIMEOUT`, or else `error`. */
  reasonFor(error: unknown): unknown;
  /** Stops the time and forgets the caller's signal. */
  end(): void;
}

/**
 * Starts the time of a request to `host`.
 * @param timeout milliseconds: for the whole request or, when it is `idle`, for each wait until more bytes move
 * @param outer the caller's signal
 * @throws ValidationError `INVALID_TIMEOUT`.
 */
export function startDeadline(
  host: string,
  timeout: number,
  idle: boolean,
  outer: AbortSignal | undefined,
): Deadline {
  if (!(timeout > 0 && timeout <= MAX_TIMEOUT_MS)) {
    throw new ValidationError('the timeout is not a number of milliseconds', 'INVALID_TIMEOUT');
  }
  const controller = new AbortController();
  const { signal } = controller;
  let late = false;
  const expire = () => {
    late = true;
    controller.abort();
  };
  let timer = setTimeout(expire, timeout);
  const forward = () => controller.abort(outer?.reason);
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward, { once: true });
  return {
    signal,
    within(work) {
      return new Promise((resolve, reject) => {
        const stop = () => reject(signal.reason);
        if (signal.aborted) stop();
        signal.addEventListener('abort', stop, { once: true });
        Promise.resolve(work)
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', stop));
      });
    },
    restart() {
      if (!idle) return;
      clearTimeout(timer);
      timer = setTimeout(expire, timeout);
    },
    pause() {
      if (idle) clearTimeout(timer);
    },
    reasonFor(error) {
      if (outer?.aborted) return outer.reason;
      if (!late) return error;
      const message = idle ? `the transfer with ${host} stalled` : `${host} did not answer in time`;
      return new NetworkError(message, host, 'TIMEOUT', { cause: error });
    },
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', forward);
    },
  };
}
