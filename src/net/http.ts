/**
 * A `fetch` over node:http. Node's own fetch takes some 100 ms to load, more than all the rest of a
 * create together; for one request and one reply, this is all of it that is needed.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A request, in the form of the Fetch Standard. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** An answer, in the form of the Fetch Standard: as much of it as zephr's client uses. */
export interface HttpReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array }>;
      cancel(): Promise<void>;
    };
  } | null;
}

/** Sends a request. It rejects when no answer came, and never for a status. */
export type HttpFetch = (url: string, request: HttpRequest) => Promise<HttpReply>;

/** Sends over HTTP/1.1. Rejects with Node's own errors, whose `code` tells what happened. */
export const nodeFetch: HttpFetch = async (url, { method, headers, body, signal }) => {
  const { default: http } = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, headers: { ...headers, ...lengthOf(body) }, signal });
    outgoing.on('response', (incoming) =>
      resolve(replyOf(incoming.statusCode ?? 0, incoming.headers, incoming)),
    );
    // Nobody asked for another protocol. Unheard, this would be no event at all.
    outgoing.on('upgrade', ({ statusCode, headers: own }, socket) => {
      socket.destroy();
      resolve({ ...replyOf(statusCode ?? 0, own, socket), body: null });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
};

/** Without a length the body would go out in chunks, which some old servers and proxies refuse. */
function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
}

/** An answer as the client reads it. */
export function replyOf(status: number, headers: IncomingHttpHeaders, body: Readable): HttpReply {
  return {
    status,
    headers: {
      get(name) {
        const value = headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : (value ?? null);
      },
    },
    body: {
      getReader() {
        const chunks = body[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
        return {
          async read() {
            const { done, value } = await chunks.next();
            return done ? { done: true } : { done: false, value };
          },
          async cancel() {
            body.destroy();
          },
        };
      },
    },
  };
}
