/** Puts an app behind a port, and takes it away again in order. */

import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ZephrError } from '../../core/errors.js';
import type { Peer } from './answers.js';
import { type BodyDeadline, startBodyDeadline } from './body-deadline.js';
import { Connections } from './connections.js';
import { BUSY_MS, type ErrorDetails, errorResponse } from './error-response.js';
import { NO_STORE, securityHeaders } from './headers.js';
import { RequestError } from './request-error.js';
import type { TlsPair } from './tls-files.js';
import type { ClientAddress } from './trusted-proxies.js';

/** A whole server without its sockets. */
export interface WebApp {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
}

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Speaks HTTPS with this, else HTTP. */
  readonly tls?: TlsPair | undefined;
  /** Connections at once; above it a request is answered 503. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** Is called for every connection above that. */
  readonly onDropped?: () => void;
  /** How long a client may take to send a request's headers, in milliseconds. Default 10 s. */
  readonly headersTimeoutMs?: number;
  /** How long a client may take to send a body that is not read as a stream, in milliseconds. Default 60 s. */
  readonly requestTimeoutMs?: number;
  /** How long a client may be silent while its body is read as a stream, in milliseconds. Default 30 s. */
  readonly idleTimeoutMs?: number;
  /** How long an answer under way may take after {@link Listener.close}, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
  /** Who a request is from. Default: the peer of its connection. */
  readonly clientAddress?: ClientAddress;
}

/** A listening server. */
export interface Listener {
  /** Origin, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Accepts no more requests, finishes those under way, and cuts the connections of those not done in time. */
  close(): Promise<void>;
  /** New connections get this certificate. Only for a listener that was given one. */
  useTls(pair: TlsPair): void;
}

const GRACE_MS = 10_000;

const MAX_CONNECTIONS = 1_000;

/** A client that is slower than this to send its headers or its body takes up a connection that others need. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const IDLE_TIMEOUT_MS = 30_000;
/** How often Node looks for clients that are late with their headers: they may take so much longer. */
const CHECK_MS = 1_000;
/** Longer than common proxies keep theirs: so they close first, and never send a request into a closed connection. */
const KEEP_ALIVE_MS = 65_000;
/** A connection on which nothing comes or goes for so long is closed: a client that reads no answer has gone. */
const SILENCE_MS = 90_000;

/**
 * Puts `app` behind a port.
 * @throws ZephrError `PORT_TAKEN`, `PORT_NOT_ALLOWED` or `HOST_NOT_AVAILABLE`.
 */
export async function listen(app: WebApp, options: ListenOptions): Promise<Listener> {
  const { host, port, tls, maxConnections = MAX_CONNECTIONS, graceMs = GRACE_MS } = options;
  const { clientAddress = (peer) => peer } = options;
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const timeouts = { wholeMs: requestTimeoutMs, idleMs: idleTimeoutMs };
  const errorHeaders = { ...securityHeaders(tls !== undefined), ...NO_STORE };
  const deadlines = new WeakMap<object, BodyDeadline>();
  const errorHandler = () => errorResponse(MALFORMED, errorHeaders);
  const answer = getRequestListener(
    (request, { incoming }) => {
      const forwardedFor = String(incoming.headers['x-forwarded-for'] ?? '');
      return app.fetch(request, {
        address: clientAddress(incoming.socket.remoteAddress ?? '', forwardedFor),
        deadline: deadlines.get(incoming),
        cut: () => incoming.socket.destroy(),
      });
    },
    // A request of HTTP/1.0 need not name a host, and the health checks of some load balancers don't.
    { errorHandler, hostname: 'localhost' },
  );
  const answerBusy = getRequestListener(() => errorResponse(TOO_MANY, errorHeaders), { errorHandler });
  const answerMalformed = getRequestListener(errorHandler);
  const server = makeServer(options);
  const onDropped = options.onDropped ?? (() => undefined);
  const connections = new Connections(server, maxConnections, tls !== undefined, onDropped);
  server.setTimeout(SILENCE_MS);
  server.on('request', (incoming, outgoing) => {
    // Without an address the connection was reset before its request was read, and no client waits for an answer.
    // With one, Node keeps the address from now on, even if the connection is reset later.
    if (incoming.socket.remoteAddress === undefined) return void incoming.socket.destroy();
    const deadline = startBodyDeadline(incoming, outgoing, timeouts);
    if (deadline !== undefined) deadlines.set(incoming, deadline);
    const tooMany = connections.begin(incoming, outgoing);
    if (hostsIn(incoming.rawHeaders) > 1) return void answerMalformed(incoming, outgoing);
    if (!tooMany) return void answer(incoming, outgoing);
    outgoing.setHeader('Connection', 'close');
    void answerBusy(incoming, outgoing);
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
    // Node's own would hold for every body; ours can make way for one that is read as a stream.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_MS, headersTimeoutMs, requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  if (tls === undefined) return createServer(settings);
  return createTlsServer({ ...settings, ...tls, handshakeTimeout: headersTimeoutMs });
}

/**
 * How many `Host` headers a request has. With two it is malformed (RFC 9112 section 3.2): a proxy before the server may
 * have decided by the second, while Node keeps the first and reports nothing.
 */
function hostsIn(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** For a request whose URL is not valid, or that names no host or two: it never becomes a Request. */
const MALFORMED = new RequestError('INVALID_REQUEST', 'the request is malformed');

/** For a request on a connection above the limit. */
const TOO_MANY: ErrorDetails = {
  code: 'SERVER_BUSY',
  message: 'the server has too many connections: try again',
  waitMs: BUSY_MS,
};

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
