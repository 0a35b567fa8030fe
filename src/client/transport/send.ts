/**
 * A request to a zephr server, as safe as a network allows: with a deadline, a cap on the reply, no redirects, and up
 * to three tries with the same bytes. A repeated request does nothing twice, because it carries the same idempotency
 * key or claim.
 */

import { attemptForJson, type Reply } from './attempt.js';
import { startDeadline } from './deadline.js';
import type { Fetch } from './fetch.js';
import { inTries } from './tries.js';

/** How the client reaches a server. */
export interface TransportOptions {
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: Fetch;
  /**
   * Milliseconds for each request, its repetitions included: more than 0, at most 2,147,483,647. Default 10,000. Then
   * a NetworkError `TIMEOUT`. `INVALID_TIMEOUT`
   */
  timeout?: number;
  /** Cancels the operation, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A request to a server's API. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** The default of {@link TransportOptions.timeout}. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Sends a request and gives its reply, whose body is JSON.
 * @throws ValidationError `INVALID_TIMEOUT`, before anything is sent.
 * @throws ApiError for a reply with a status of 400 to 599.
 * @throws NetworkError when no usable reply came from this host in time; the reason of `signal`.
 */
export async function send({ url, ...request }: Request, options: TransportOptions): Promise<Reply> {
  const { fetch = globalThis.fetch, timeout = DEFAULT_TIMEOUT_MS } = options;
  const { host } = new URL(url);
  const deadline = startDeadline(host, timeout, false, options.signal);
  const init = { ...request, redirect: 'manual', signal: deadline.signal } as const;
  try {
    const attempt = { url, host, deadline, repeatable: true, ask: () => fetch(url, init) };
    return await inTries(attempt, attemptForJson);
  } finally {
    deadline.end();
  }
}
