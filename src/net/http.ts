/**
 * The command's `fetch`, over node:http. Node's own fetch takes some 100 ms to load, more than the rest of a create
 * together; what zephr's client uses of the Fetch Standard is here.
 */

import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** A request, in the form of the Fetch Standard. */
export interface HttpRequest {
  readonly method: string;
  /** With `Content-Length` where the length of a stream is known; a stream goes out in chunks otherwise. */
  readonly headers: Record<string, string>;
  /** A stream is read as fast as the server takes it, and canceled when the request ends before it does. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** The Fetch Standard demands it beside a stream. */
  readonly duplex?: 'half';
  /** Ends the request and its reply; what is awaited of them rejects with an AbortError or the signal's reason. */
  readonly signal: AbortSignal;
}

/** A reply, in the form of the Fetch Standard: as much of it as zephr's client uses. */
export interface HttpReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    /** No more is received than is read, apart from the buffers on the way. */
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array }>;
      /** Closes the connection if the reply is not complete yet. */
      cancel(): Promise<void>;
    };
  } | null;
}

/**
 * Sends a request, follows no redirects, and resolves with any status. It rejects when there is no reply, with Node's
 * own error, whose `code` tells why, or with the error of the body that was to be sent.
 */
export type HttpFetch = (url: string, request: HttpRequest) => Promise<HttpReply>;

/** Opens a connection for one request: to the host of `url`, with TLS where `url` is https. */
export type Connect = (url: URL, signal: AbortSignal) => Promise<Socket>;

/** How long a connection waits for the next request, in milliseconds. Servers close idle ones too, often unannounced. */
const IDLE_MS = 5000;

/**
 * Makes a fetch that sends over HTTP/1.1.
 * @param connect opens a connection for each request. Without it they go to the host itself, and a connection is kept
 * for the next request; an idle one does not keep the process running.
 */
export function httpFetch(connect?: Connect): HttpFetch {
  const agents = new Map<string, Agent>();
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address);
    const isTls = url.protocol === 'https:';
    const { default: http } = await (isTls ? import('node:https') : import('node:http'));
    const options = { method, headers: { ...headers, ...lengthOf(body) }, signal };
    if (connect !== undefined) {
      const socket = await connect(url, signal);
      // Without an agent, Node's default port is 80 for https too.
      const way = { createConnection: () => socket, defaultPort: isTls ? 443 : 80 };
      return exchange(http.request(url, { ...options, ...way }), body, signal);
    }
    // Not Node's global agent: it follows NODE_USE_ENV_PROXY, whose rules are not those of proxy.ts.
    const agent = agents.get(url.protocol) ?? new http.Agent({ keepAlive: true, timeout: IDLE_MS });
    agents.set(url.protocol, agent);
    return exchange(http.request(url, { ...options, agent }), body, signal);
  };
}

/** A fetch that goes to the host itself. */
export const nodeFetch: HttpFetch = httpFetch();

/** Sends the body and waits for the reply. */
function exchange(
  outgoing: ClientRequest,
  body: HttpRequest['body'],
  signal: AbortSignal,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', (incoming) => {
      // A reply that is complete before the request is: the server wants no more of it.
      incoming.on('end', () => outgoing.writableFinished || outgoing.destroy());
      resolve(replyOf(incoming, incoming, signal));
    });
    // zephr asks for no other protocol. Without a listener, Node drops the connection and reports nothing.
    outgoing.on('upgrade', (incoming, socket) => {
      socket.destroy();
      resolve({ ...replyOf(incoming, socket, signal), body: null });
    });
    outgoing.on('error', reject);
    if (isStream(body)) sendStream(body, outgoing, reject).catch(reject);
    else outgoing.end(body);
  });
}

/** Sends a stream. When it fails, so does the request, which no server takes for a complete one. */
async function sendStream(
  body: ReadableStream<Uint8Array>,
  outgoing: ClientRequest,
  failed: (error: Error) => void,
): Promise<void> {
  const { pipeline, Readable } = await import('node:stream');
  const reader = body.getReader();
  const source = new Readable({
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, destroyed) {
      const done = () => destroyed(error);
      reader.cancel(error).then(done, done);
    },
  });
  source.on('error', failed);
  // What goes wrong with the request, the request reports.
  pipeline(source, outgoing, () => undefined);
}

/** Does not say `ReadableStream`, for Node loads that class, in some milliseconds, when its name is first used. */
function isStream(body: HttpRequest['body']): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/** Without a length the body would go out in chunks, which some old servers and proxies refuse. */
function lengthOf(body: HttpRequest['body']): Record<string, string> {
  if (body === undefined || isStream(body)) return {};
  return { 'Content-Length': String(Buffer.byteLength(body)) };
}

/** A reply as the client reads it. */
function replyOf(
  { statusCode = 0, headers }: IncomingMessage,
  body: Readable,
  signal: AbortSignal,
): HttpReply {
  // A connection that breaks before the first read is reported by that read.
  body.on('error', () => undefined);
  return {
    status: statusCode,
    headers: { get: (name) => combined(headers[name.toLowerCase()]) },
    body: {
      getReader() {
        const chunks = body[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
        return {
          async read() {
            try {
              const { done, value } = await chunks.next();
              return done ? { done: true } : { done: false, value };
            } catch (error) {
              // To Node, a reply that the signal ended is a connection that broke.
              signal.throwIfAborted();
              throw error;
            }
          },
          async cancel() {
            body.destroy();
          },
        };
      },
    },
  };
}

/** A header's values in one, as the Fetch Standard gives them. */
function combined(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}
