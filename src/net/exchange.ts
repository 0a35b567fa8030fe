/** One request and its reply over node:http: sending the body, a stream too, and reading the reply as it comes. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';

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

/** Sends the body and waits for the reply. */
export function exchange(
  outgoing: ClientRequest,
  body: HttpRequest['body'],
  signal: AbortSignal,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', (incoming) => {
      const { statusCode = 0 } = incoming;
      // No HTTP (RFC 9110 section 15), though Node's parser takes it. In browsers 0 means a redirect.
      if (statusCode < 100) {
        outgoing.destroy(
          Object.assign(new Error(`the status is ${statusCode}`), { code: 'HPE_INVALID_STATUS' }),
        );
        return;
      }
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
    if (isStream(body)) whenConnected(outgoing, () => sendStream(body, outgoing, reject).catch(reject));
    else outgoing.end(body);
  });
}

/**
 * Waits for a connection, with TLS for one that is trusted. A stream can be read once only, so none of it may be spent on
 * a connection that fails.
 */
export function whenConnected(outgoing: ClientRequest, connected: () => void): void {
  outgoing.once('socket', (socket: Socket | TLSSocket) => {
    if ('encrypted' in socket && !socket.authorized) socket.once('secureConnect', connected);
    else if (socket.connecting) socket.once('connect', connected);
    else connected();
  });
}

/** Cancels a stream that nobody has begun to read. */
export async function cancel(body: HttpRequest['body']): Promise<void> {
  // What the stream says to that is of no use to anybody.
  if (isStream(body) && !body.locked) await body.cancel().catch(() => undefined);
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
export function lengthOf(body: HttpRequest['body']): Record<string, string> {
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
