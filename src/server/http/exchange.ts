/** Between Node's requests and responses and those of the app. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../../core/bytes.js';
import type { BodyDeadline } from './body-deadline.js';
import type { MemoryShare } from './memory-budget.js';
import { type CompleteResponse, type HttpRequest, type HttpResponse, isStream } from './messages.js';
import type { ClientAddress } from './trusted-proxies.js';

/** What a `Host` header can be (RFC 9110 section 7.2): a name, or an address in brackets, and perhaps a port. */
const HOST = /^(\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(:[0-9]*)?$/i;

/**
 * Whether a request names one host. With two it is malformed (RFC 9112 section 3.2), since a proxy before the server
 * may have decided by either; the server joins them, and no host has a space. A request of HTTP/1.0 need not name any,
 * and the health checks of some load balancers don't.
 */
export function namesOneHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined ? httpVersion === '1.0' : HOST.test(headers.host);
}

/** The address of the client that a request is from. */
export function clientAddressOf({ headers, socket }: IncomingMessage, clientAddress: ClientAddress): string {
  return clientAddress(socket.remoteAddress ?? '', String(headers['x-forwarded-for'] ?? ''));
}

/** The request as the app knows it. */
export function requestOf(
  incoming: IncomingMessage,
  address: string,
  memory: MemoryShare,
  deadline: BodyDeadline | undefined,
): HttpRequest {
  const { method = '', url: target = '', headers } = incoming;
  return { method, target, headers, body: incoming, address, memory, deadline };
}

/**
 * Sends a response. Resolves when all of it has been passed on, or the client has gone; a body that fails cuts the
 * connection.
 */
export async function send(
  { status, headers, body }: CompleteResponse,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.writeHead(status, [...headers]);
  const parts = isLarge(body) ? inSlices(typeof body === 'string' ? Buffer.from(body) : body) : body;
  if (!isStream(parts)) outgoing.end(parts ?? undefined);
  // What went wrong with the body has been logged, and that a client leaves is no error.
  else await pipeline(parts, outgoing).catch(() => undefined);
}

/**
 * Bytes that are written at once. Node's TLS encrypts all that it is given, whether or not the client takes it, and
 * keeps a buffer of that size until the connection closes.
 */
const SLICE_BYTES = 16_384;

function isLarge(body: HttpResponse['body']): body is string | Bytes {
  return body !== null && !isStream(body) && body.length > 4 * SLICE_BYTES;
}

/** A body slice by slice: the next one when the client has taken the one before. */
async function* inSlices(body: Bytes): AsyncGenerator<Bytes, void, undefined> {
  for (let start = 0; start < body.length; start += SLICE_BYTES) {
    yield body.subarray(start, start + SLICE_BYTES);
  }
}
