/** The app behind a `fetch`, for programs that are tested with a server in their own process. */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MemoryBudget, MemoryShare } from './http/memory-budget.js';
import { type App, isStream } from './http/messages.js';

/**
 * Sends a request to `app` as a client at `address` would, but without a socket. Bodies are passed on when they are
 * whole, both ways.
 * @param url a URL of any host, or a path.
 */
export async function fetchFrom(
  app: App,
  url: string,
  init: RequestInit,
  address: string,
): Promise<Response> {
  const request = new Request(new URL(url, 'http://localhost'), init);
  const { pathname, search } = new URL(request.url);
  const content = Buffer.from(await request.arrayBuffer());
  const { status, headers, body } = await app({
    method: request.method,
    target: pathname + search,
    headers: { ...lengthOf(init.body, content), ...Object.fromEntries(request.headers) },
    body: Readable.from([content]),
    address,
    memory: new MemoryShare(new MemoryBudget(Number.POSITIVE_INFINITY)),
  });
  const whole = isStream(body) ? Uint8Array.from(await buffer(body)) : body;
  const response = new Response(request.method === 'HEAD' ? null : whole, { status });
  for (let index = 0; index < headers.length; index += 2) {
    response.headers.set(headers[index] ?? '', headers[index + 1] ?? '');
  }
  return response;
}

/** The header that says how long a body is, where a client knows that before it has sent all of it. */
function lengthOf(body: RequestInit['body'], content: Uint8Array): Record<string, string> {
  const isKnown = body !== undefined && body !== null && !(body instanceof ReadableStream);
  return isKnown ? { 'content-length': String(content.length) } : {};
}
