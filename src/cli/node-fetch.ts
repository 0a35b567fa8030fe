/**
 * The client's `fetch` over node:http. Node's own fetch takes some 100 ms to load, more than all the rest of a
 * create together; for one request and one reply, this is all of it that is needed.
 */

import type { IncomingMessage } from 'node:http';
import type { Fetch, FetchReply } from '../client/fetch.js';

/** Sends over HTTP/1.1. Rejects with Node's own errors, whose `code` tells what happened. */
export const nodeFetch: Fetch = async (url, { method, headers, body, signal }) => {
  const { default: http } = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, headers: { ...headers, ...lengthOf(body) }, signal });
    outgoing.on('response', (incoming) => resolve(replyOf(incoming)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
};

/** Without a length the body would go out in chunks, which some old servers and proxies refuse. */
function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
}

function replyOf(incoming: IncomingMessage): FetchReply {
  return {
    status: incoming.statusCode ?? 0,
    headers: {
      get(name) {
        const value = incoming.headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : (value ?? null);
      },
    },
    body: {
      getReader() {
        const chunks = incoming[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
        return {
          async read() {
            const { done, value } = await chunks.next();
            return done ? { done: true } : { done: false, value };
          },
          async cancel() {
            incoming.destroy();
          },
        };
      },
    },
  };
}
