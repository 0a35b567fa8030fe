/** The only file with sockets: an app behind a port, and an orderly end. */

import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ApiError, ZephrError } from '../../core/errors.js';
import { Connections } from './connections.js';
import { NO_STORE, securityHeaders } from './headers.js';
import { errorReply, type WebApp } from './routing.js';
import type { TlsPair } from './tls-files.js';
import type { ClientAddress } from './trusted-proxies.js';

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Speaks HTTPS with this, else HTTP. */
  readonly tls?: TlsPair | undefined;
  /** Connections at once; above it a request is answered 503. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** Is told of every connection above that. */
  readonly onDropped?: () => void;
  /** How long a client may take to send a request's headers, in milliseconds. Default 10 s. */
  readonly headersTimeoutMs?: number;
  /** How long a client may take to send a whole request, in milliseconds. Default 60 s. */
  readonly requestTimeoutMs?: number;
  /** How long an answer under way may take after {@link Listener.close}, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
  /** Who a request is from. Default: the peer of its connection. */
  readonly clientAddress?: ClientAddress;
}

/** A listening server. */
export interface Listener {
  /** Origin, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Takes no more requests, finishes those that came, cuts what is not done in time. */
  close(): Promise<void>;
  /** Connections from now on get this certificate. Only where it listens with one. */
  useTls(pair: TlsPair): void;
}

const GRACE_MS = 10_000;

const MAX_CONNECTIONS = 1_000;

/** A client that is slower than this to send its headers, or its whole request, is holding a place. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** How often Node looks for those: a connection may last so much longer. */
const CHECK_MS = 1_000;
/** Longer than common proxies keep theirs, so that they close first and never write into a closed connection. */
const KEEP_ALIVE_MS = 65_000;
/** Nothing went in or out for so long: whoever does not take the answer has gone. */
const SILENCE_MS = 90_000;

/**
 * Puts `app` behind a port.
 * @throws ZephrError `PORT_TAKEN`, `PORT_NOT_ALLOWED` or `HOST_NOT_AVAILABLE`.
 */
export async function listen(app: WebApp, options: ListenOptions): Promise<Listener> {
  const { host, port, tls, maxConnections = MAX_CONNECTIONS, graceMs = GRACE_MS } = options;
  const { clientAddress = (peer) => peer } = options;
  const errorHandler = () => refusal(UNREADABLE, tls !== undefined);
  const answer = getRequestListener(
    (request, { incoming: { socket, headers } }) => {
      const forwardedFor = String(headers['x-forwarded-for'] ?? '');
      return app.fetch(request, { address: clientAddress(socket.remoteAddress ?? '', forwardedFor) });
    },
    // What speaks HTTP/1.0 need not name a host, and the checks of some load balancers don't.
    { errorHandler, hostname: 'localhost' },
  );
  const refuse = getRequestListener(() => refusal(TOO_MANY, tls !== undefined), { errorHandler });
  const refuseMalformed = getRequestListener(errorHandler);
  const server = makeServer(options);
  const onDropped = options.onDropped ?? (() => undefined);
  const connections = new Connections(server, maxConnections, tls !== undefined, onDropped);
  server.setTimeout(SILENCE_MS);
  server.on('request', (incoming, outgoing) => {
    // Reset before it was heard: nobody waits for an answer, and whose request it was can't be told any more. From
    // now on Node remembers the address.
    if (incoming.socket.remoteAddress === undefined) return void incoming.socket.destroy();
    const tooMany = connections.begin(incoming, outgoing);
    if (hostsIn(incoming.rawHeaders) > 1) return void refuseMalformed(incoming, outgoing);
    if (!tooMany) return void answer(incoming, outgoing);
    outgoing.setHeader('Connection', 'close');
    void refuse(incoming, outgoing);
  });
  await bind(server, host, port);
  return {
    url: urlOf(server, tls === undefined ? 'http' : 'https'),
    close: () => end(server, connections, graceMs),
    useTls: (pair) => {
      if ('setSecureContext' in server) server.setSecureContext(pair);
    },
  };
}

function makeServer(options: ListenOptions): Server | TlsServer {
  const { tls, headersTimeoutMs = HEADERS_TIMEOUT_MS, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const settings = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersTimeoutMs, requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  if (tls === undefined) return createServer(settings);
  return createTlsServer({ ...settings, ...tls, handshakeTimeout: headersTimeoutMs });
}

/**
 * How many `Host` headers a request has. With two it is malformed (RFC 9112, section 3.2): a proxy may have judged it
 * by the other one. Node keeps the first and says nothing.
 */
function hostsIn(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** The refusal of a request that is no valid URL, or names no host or two: it never becomes a Request. */
const UNREADABLE = new ApiError('the request is malformed', 400, 'INVALID_REQUEST');

/** The refusal of a request on a connection above the limit. */
const TOO_MANY = new ApiError('the server has too many connections: try again', 503, 'SERVER_BUSY', {
  retryAfter: 1,
});

function refusal(error: ApiError, secure: boolean): Response {
  const { statusCode, retryAfter } = error;
  return Response.json(errorReply(error), {
    status: statusCode,
    headers: {
      ...securityHeaders(secure),
      ...NO_STORE,
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    },
  });
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen(port, host, () => resolve());
  });
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new ZephrError(`port ${port} of ${host} is taken: choose another`, 'PORT_TAKEN', { cause });
    case 'EACCES':
      return new ZephrError(`port ${port} is not allowed: choose one above 1023`, 'PORT_NOT_ALLOWED', {
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ZephrError(`${host} is not an address of this machine`, 'HOST_NOT_AVAILABLE', { cause });
    default:
      return cause;
  }
}

function urlOf(server: Server, scheme: 'http' | 'https'): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function end(server: Server, connections: Connections, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.closeIdle();
  const grace = setTimeout(() => connections.cut(), graceMs);
  await closed;
  clearTimeout(grace);
}
