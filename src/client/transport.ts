/**
 * One request to a zephr server, as safe as a network allows: a deadline, a cap on the reply, no redirects,
 * and up to three tries with the same bytes. Requests carry an idempotency key or a claim, so that a repeated
 * one takes nothing twice.
 */

import { concatBytes, decodeUtf8 } from '../core/bytes.js';
import { ApiError, NetworkError, ValidationError } from '../core/errors.js';
import { MAX_REPLY_BYTES, parseErrorReply } from '../core/protocol/replies.js';
import { HEADERS } from '../core/protocol/requests.js';
import { cutOff, isTransient, networkError, notZephrServer } from './network-errors.js';

/** The part of the Fetch Standard that the client uses, so that anything which has it can be injected. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

export interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): FetchReader } | null;
}

/** `globalThis.fetch`, or less. It rejects when no answer came, and never for a status. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchReply>;

/** How the client reaches a server. */
export interface TransportOptions {
  /** What asks the server. Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /**
   * Milliseconds for each request, its repetitions included: more than 0, at most 2,147,483,647. Default 10,000. Then
   * a NetworkError `TIMEOUT`. `INVALID_TIMEOUT`
   */
  readonly timeout?: number;
  /** Cancels the operation, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** An answer with a 2xx status. */
export interface Reply {
  readonly headers: FetchReply['headers'];
  /** The parsed body; `undefined` where there is none. */
  readonly json: unknown;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** A timer takes no more (24.8 days). */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Pauses before the second and the third try, in milliseconds: enough for a server to be restarted. */
const PAUSES_MS = [200, 800];

/** A gateway's word that nobody decided anything. */
const UNDECIDED: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Sends a request and gives the answer.
 * @throws ValidationError `INVALID_TIMEOUT`, before anything is sent.
 * @throws ApiError for an answer of 400 to 599.
 * @throws NetworkError when no usable answer came, in time, from this very host.
 */
export async function send(request: Request, options: TransportOptions): Promise<Reply> {
  const host = new URL(request.url).host;
  const timeout = options.timeout ?? DEFAULT_TIMEOUT_MS;
  if (!(timeout > 0 && timeout <= MAX_TIMEOUT_MS)) {
    throw new ValidationError('the timeout is not a number of milliseconds', 'INVALID_TIMEOUT');
  }
  const deadline = startDeadline(timeout, options.signal);
  const fetch = options.fetch ?? globalThis.fetch;
  try {
    for (let tries = 0; ; tries++) {
      try {
        deadline.signal.throwIfAborted();
        return await Promise.race([attempt(request, fetch, host, deadline.signal), deadline.fired]);
      } catch (error) {
        const pauseMs = PAUSES_MS[tries];
        if (deadline.signal.aborted || pauseMs === undefined || !isUndecided(error)) throw error;
        await pause(pauseMs, deadline.signal);
      }
    }
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (deadline.late()) throw new NetworkError(`${host} did not answer in time`, host, 'TIMEOUT', { cause });
    throw cause;
  } finally {
    deadline.stop();
  }
}

/**
 * The result of a check of a reply from `url`.
 * @throws NetworkError naming the host, with the check's code, when the check fails.
 */
export function checkReply<T>(url: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof ValidationError)) throw cause;
    const { host } = new URL(url);
    throw new NetworkError(`${host}: ${cause.message}`, host, cause.code, { cause });
  }
}

async function attempt(request: Request, fetch: Fetch, host: string, signal: AbortSignal): Promise<Reply> {
  let reply: FetchReply;
  let bytes: Uint8Array;
  try {
    reply = await fetch(request.url, { ...request, redirect: 'manual', signal });
    bytes = await readBody(reply, host);
  } catch (cause) {
    throw cause instanceof NetworkError ? cause : networkError(cause, host);
  }
  // A browser hides the target of a redirect it did not follow behind the status 0.
  if (reply.status === 0 || (reply.status >= 300 && reply.status < 400))
    throw redirected(reply, request.url, host);
  if (reply.status < 200 || reply.status > 599) throw notZephrServer(host);
  const { json, flaw } = parseJson(bytes);
  if (reply.status >= 400) throw parseErrorReply(reply.status, json, retryAfterSeconds(reply));
  if (flaw !== undefined) throw notJson(reply, host, flaw);
  return { headers: reply.headers, json };
}

async function readBody(reply: FetchReply, host: string): Promise<Uint8Array> {
  if (reply.body === null) return new Uint8Array();
  const reader = reply.body.getReader();
  const chunks: Uint8Array[] = [];
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done || value === undefined) return concatBytes(...chunks);
    length += value.length;
    if (length > MAX_REPLY_BYTES) {
      const error = new NetworkError(
        `the answer of ${host} is too long to be zephr's`,
        host,
        'REPLY_TOO_LARGE',
      );
      await reader.cancel(error);
      throw error;
    }
    chunks.push(value);
  }
}

/** The JSON of a body, or why it is none. */
function parseJson(bytes: Uint8Array): { json: unknown; flaw?: unknown } {
  if (bytes.length === 0) return { json: undefined };
  try {
    return { json: JSON.parse(decodeUtf8(bytes)) as unknown };
  } catch (flaw) {
    return { json: undefined, flaw };
  }
}

/**
 * JSON that does not parse was cut off by something that hid the cut; anything else is another service, as is what was
 * compressed though nobody asked for that.
 */
function notJson(reply: FetchReply, host: string, flaw: unknown): NetworkError {
  const isPlain = reply.headers.get('Content-Encoding') === null;
  const isJson = /^application\/json\b/i.test(reply.headers.get('Content-Type') ?? '');
  if (isPlain && isJson) return cutOff(host, flaw);
  return notZephrServer(host, flaw);
}

/** Of a host with its port, in characters: names have at most 253 (RFC 1035 section 3.1, without the root). */
const LONGEST_HOST = 259;

function redirected(reply: FetchReply, url: string, host: string): NetworkError {
  const location = reply.headers.get('Location');
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url).host : '';
  const to = target === '' || target.length > LONGEST_HOST ? '' : ` to ${target}`;
  return new NetworkError(`${host} redirects${to}, and redirects are not followed`, host, 'REDIRECTED');
}

/** The longest wait that is believed, in seconds: a quota is for a month. */
const LONGEST_WAIT = 31 * 24 * 60 * 60;

/** `Retry-After` in seconds (RFC 9110 section 10.2.3, the delay form), at most a month. */
function retryAfterSeconds(reply: FetchReply): number | undefined {
  const header = reply.headers.get(HEADERS.retryAfter);
  const seconds = header !== null && /^[0-9]{1,7}$/.test(header) ? Number(header) : undefined;
  return seconds === undefined || seconds > LONGEST_WAIT ? undefined : seconds;
}

/** Whether nothing was decided, so that the same request may be sent again. */
function isUndecided(error: unknown): boolean {
  return error instanceof ApiError
    ? UNDECIDED.has(error.statusCode)
    : error instanceof NetworkError && isTransient(error);
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Never resolves; rejects when the signal fires, for a fetch that does not listen to it. */
  readonly fired: Promise<never>;
  late(): boolean;
  stop(): void;
}

/** A signal that fires after `timeout` ms or with `outer`. */
function startDeadline(timeout: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    controller.abort();
  }, timeout);
  const forward = () => controller.abort(outer?.reason);
  const fired = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  // Whether anybody still races against it or not, its rejection is not news.
  fired.catch(() => undefined);
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    fired,
    late: () => late,
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', forward);
    },
  };
}

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
