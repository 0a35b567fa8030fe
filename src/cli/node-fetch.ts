/**
 * The client's `fetch` over node:http. Node's own fetch takes some 100 ms to load, more than all the rest of a
 * create together; for one request and one reply, this is all of it that is needed.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Fetch, FetchReply } from '../client/fetch.js';

/** Sends over HTTP/1.1. Rejects with Node's own errors, whose `code` tells what happened. */
export const nodeFetch: Fetch = async (url, { method, headers, body, signal }) => {
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
export function replyOf(status: number, headers: IncomingHttpHeaders, body: Readable): FetchReply {
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
