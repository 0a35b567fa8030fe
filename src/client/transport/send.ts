/**
 * A request to a zephr server, as safe as a network allows: with a deadline, a cap on the reply, no redirects, and up
 * to three tries with the same bytes. A repeated request does nothing twice, because it carries the same idempotency
 * key or claim.
 */

import type { Bytes } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import { MAX_WAIT_SECONDS } from '../../core/protocol/limits.js';
import { type Attempt, attemptForBytes, attemptForJson, type BytesReply, type Reply } from './attempt.js';
import { MAX_TIMEOUT_MS, startDeadline } from './deadline.js';
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
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Bytes;
}

/** The default of {@link TransportOptions.timeout}. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** The longest time that a server is asked to wait, in milliseconds: proxies cut connections that are idle for long. */
export const LONGEST_WAIT_MS = MAX_WAIT_SECONDS * 1_000;

/**
 * Pauses between the tries at a chunk of files, in milliseconds: the source of an upload may be a pipe, which nobody can
 * begin again, so a server that is restarted is waited for.
 */
const CHUNK_PAUSES_MS: readonly number[] = [200, 800, 2_000, 4_000, 8_000, 15_000];

/**
 * How much longer than a small request a chunk may take to go out. Nothing says how much of it the network has taken
 * already, and others are on their way beside it.
 */
const CHUNK_PATIENCE = 6;

/**
 * Sends a request and gives its reply, whose body is JSON.
 * @throws ValidationError `INVALID_TIMEOUT`, before anything is sent.
 * @throws ApiError for a reply with a status of 400 to 599.
 * @throws NetworkError when no usable reply came from this host in time; the reason of `signal`.
 */
export async function send(request: Request, options: TransportOptions): Promise<Reply> {
  return onDeadline(request, options, {}, attemptForJson);
}

/**
 * Sends a chunk of files, or fetches one, with seven tries in half a minute. The timeout is for each wait until bytes
 * come, and six times as long for a chunk to go out.
 * @throws as {@link send} does.
 */
export async function sendForChunk(request: Request, options: TransportOptions): Promise<BytesReply> {
  const { timeout = DEFAULT_TIMEOUT_MS } = options;
  const patience = request.body === undefined ? 1 : CHUNK_PATIENCE;
  const patient = { ...options, timeout: Math.min(timeout * patience, MAX_TIMEOUT_MS) };
  return onDeadline(request, patient, { idle: true, pauses: CHUNK_PAUSES_MS }, attemptForBytes);
}

/**
 * The time for which a server is asked to wait, in whole seconds, as it travels.
 * @param wait milliseconds
 * @throws ValidationError `INVALID_WAIT` where it is not 0 to {@link LONGEST_WAIT_MS}.
 */
export function waitSeconds(wait: number): number {
  if (wait >= 0 && wait <= LONGEST_WAIT_MS) return Math.ceil(wait / 1_000);
  throw new ValidationError(`the wait is not 0 to ${LONGEST_WAIT_MS} milliseconds`, 'INVALID_WAIT');
}

async function onDeadline<Result>(
  { url, ...request }: Request,
  options: TransportOptions,
  { idle = false, ...tries }: Pick<Attempt, 'pauses'> & { readonly idle?: boolean },
  make: (attempt: Attempt) => Promise<Result>,
): Promise<Result> {
  const { fetch = globalThis.fetch, timeout = DEFAULT_TIMEOUT_MS } = options;
  const { host } = new URL(url);
  const deadline = startDeadline(host, timeout, idle, options.signal);
  const init = { ...request, redirect: 'manual', signal: deadline.signal } as const;
  try {
    const ask = () => fetch(url, init);
    return await inTries({ url, host, deadline, repeatable: true, ask, ...tries }, make);
  } finally {
    deadline.end();
  }
}
