/**
 * Requests whose body, or whose reply's body, is a stream of any length. Their deadline limits the idle time: each wait
 * until more bytes move, not the whole.
 */

import type { Bytes } from '../../core/bytes.js';
import { type Attempt, attemptForJson, attemptForStream, type Reply } from './attempt.js';
import { type Deadline, startDeadline } from './deadline.js';
import { type ByteStream, readAsStream } from './download.js';
import type { FetchReply, StreamFetch, StreamFetchInit } from './fetch.js';
import { DEFAULT_TIMEOUT_MS, type Request, type TransportOptions } from './send.js';
import { inTries } from './tries.js';
import { startUpload } from './upload.js';

/** A request whose body may be a stream. */
export interface StreamRequest extends Omit<Request, 'body'> {
  /**
   * A string is sent as UTF-8. A request with a string, bytes, or a function that opens a stream has three tries; one
   * with a stream has one try, since a stream can be sent only once. A stream whose sending breaks off is cancelled.
   */
  readonly body?: string | Bytes | ReadableStream<Uint8Array> | (() => ReadableStream<Uint8Array>);
}

/** How the client reaches a server with streams. */
export interface StreamOptions extends Omit<TransportOptions, 'fetch'> {
  /** Sends the requests. Default: the global `fetch`. */
  readonly fetch?: StreamFetch;
  /**
   * Milliseconds for each wait until more bytes move, either way: more than 0, at most 2,147,483,647. Default 10,000.
   * Then a NetworkError `TIMEOUT`. Waits for the caller, who makes one stream and reads the other, do not count.
   */
  readonly timeout?: number;
}

/** A reply with a 2xx status whose body comes as a stream. */
export interface StreamReply {
  readonly headers: FetchReply['headers'];
  /** Rejects with a NetworkError when it breaks off, stalls or is too long, and with the reason of `signal`. */
  readonly body: ByteStream;
}

/**
 * Sends a request that may have a stream for a body, and gives its reply, whose body is JSON.
 * @throws ValidationError `INVALID_TIMEOUT`, before anything is sent.
 * @throws ApiError for a reply with a status of 400 to 599.
 * @throws NetworkError when no usable reply came from this host; the reason of `signal`; the error of the stream.
 */
export async function sendStream(request: StreamRequest, options: StreamOptions): Promise<Reply> {
  const attempt = prepare(request, options);
  try {
    return await inTries(attempt, attemptForJson);
  } finally {
    attempt.deadline.end();
  }
}

/**
 * Sends a request and gives its reply when the headers are here: the body follows as a stream, which is not repeated.
 * @param maxBytes the longest body that is accepted; a longer one breaks off with a NetworkError `REPLY_TOO_LARGE`
 * @throws as {@link sendStream} does.
 */
export async function sendForStream(
  request: StreamRequest,
  options: StreamOptions,
  maxBytes: number,
): Promise<StreamReply> {
  const attempt = prepare(request, options);
  const { host, deadline } = attempt;
  try {
    const reply = await inTries(attempt, attemptForStream);
    return { headers: reply.headers, body: readAsStream(reply.body, maxBytes, host, deadline) };
  } catch (error) {
    deadline.end();
    throw error;
  }
}

function prepare({ url, body, ...request }: StreamRequest, options: StreamOptions): Attempt {
  const { fetch = globalThis.fetch, timeout = DEFAULT_TIMEOUT_MS } = options;
  const { host } = new URL(url);
  const deadline = startDeadline(host, timeout, true, options.signal);
  const init = { ...request, redirect: 'manual', signal: deadline.signal } as const;
  const common = { url, host, deadline };
  if (body === undefined) return { ...common, repeatable: true, ask: () => fetch(url, init) };
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return { ...common, repeatable: true, ask: () => fetch(url, { ...init, body }) };
  }
  const repeatable = typeof body === 'function';
  const open = typeof body === 'function' ? body : () => body;
  return { ...common, repeatable, ...askWithStream(open, { ...init, url }, fetch, deadline) };
}

/** How to ask with a stream for a body: each time with one that was just opened. */
function askWithStream(
  open: () => ReadableStream<Uint8Array>,
  { url, ...init }: Omit<StreamFetchInit, 'body' | 'duplex'> & { readonly url: string },
  fetch: StreamFetch,
  deadline: Deadline,
): Pick<Attempt, 'ask' | 'sourceFailure'> {
  let failure: { readonly cause: unknown } | undefined;
  const start = () => {
    try {
      return startUpload(open(), deadline);
    } catch (cause) {
      failure = { cause };
      throw cause;
    }
  };
  return {
    async ask() {
      const upload = start();
      try {
        return await deadline.within(fetch(url, { ...init, body: upload.body, duplex: 'half' }));
      } finally {
        failure = upload.failure();
        upload.close();
      }
    },
    sourceFailure: () => failure,
  };
}
