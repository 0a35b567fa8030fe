/** Between Node's requests and responses and those of the app. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { BodyDeadline } from './body-deadline.js';
import type { MemoryShare } from './memory-budget.js';
import { type CompleteResponse, type HttpRequest, isStream } from './messages.js';
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

/** The request as the app knows it. */
export function requestOf(
  incoming: IncomingMessage,
  clientAddress: ClientAddress,
  memory: MemoryShare,
  deadline: BodyDeadline | undefined,
): HttpRequest {
  const { method = '', url: target = '', headers, socket } = incoming;
  const forwardedFor = String(headers['x-forwarded-for'] ?? '');
  const address = clientAddress(socket.remoteAddress ?? '', forwardedFor);
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
  if (!isStream(body)) outgoing.end(body ?? undefined);
  // What went wrong with the body has been logged, and that a client leaves is no error.
  else await pipeline(body, outgoing).catch(() => undefined);
}
