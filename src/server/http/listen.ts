/** Puts an app behind a port, and takes it away again in order. */

import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ZephrError } from '../../core/errors.js';
import { startBodyDeadline } from './body-deadline.js';
import { Connections, ownerAt } from './connections.js';
import { BUSY_MS, type ErrorDetails, errorResponse } from './error-response.js';
import { clientAddressOf, namesOneHost, requestOf, send } from './exchange.js';
import { fixedHeaders } from './headers.js';
import { defaultBudget, MemoryBudget, MemoryShare } from './memory-budget.js';
import { type App, completed } from './messages.js';
import { malformedRequest } from './router.js';
import type { TlsPair } from './tls-files.js';
import type { ClientAddress } from './trusted-proxies.js';

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Speaks HTTPS with this, else HTTP. */
  readonly tls?: TlsPair | undefined;
  /** Connections at once; above it the longest idle one is closed, or a request answered 503. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** The same of one address: an IPv4 address, or the /64 of an IPv6 address. Default 256. */
  readonly maxConnectionsPerAddress?: number | undefined;
  /** Whether an address is that of a proxy, whose share is not limited. Default: none is. */
  readonly isProxy?: (address: string) => boolean;
  /** Bytes that bodies and replies may take together; above it a request waits, or is answered 503. */
  readonly maxMemory?: number | undefined;
  /** Is called for every connection above the limit. */
  readonly onDropped?: () => void;
  /** Is called with what went wrong where no response could be made or sent. */
  readonly onFailure?: (error: unknown) => void;
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
const MAX_CONNECTIONS_PER_ADDRESS = 256;

/** A client that is slower than this to send its headers or its body takes up a connection that others need. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const IDLE_TIMEOUT_MS = 30_000;
/** How often Node looks for clients that are late with their headers: they may take so much longer. */
const CHECK_MS = 1_000;
/** Longer than common proxies keep theirs: so they close first, and never send a request into a closed connection. */
const KEEP_ALIVE_MS = 65_000;
/**
 * What a connection that speaks TLS takes up, in bytes, when much has come and gone on it: Node and OpenSSL keep their
 * buffers until it closes. Measured: 70 KB idle, 200 KB after a megabyte.
 */
const TLS_BYTES = 200_000;
/** A connection on which nothing comes or goes for so long is closed: a client that reads no answer has gone. */
const SILENCE_MS = 90_000;

/**
 * Puts `app` behind a port.
 * @throws ZephrError `PORT_TAKEN`, `PORT_NOT_ALLOWED` or `HOST_NOT_AVAILABLE`.
 */
export async function listen(app: App, options: ListenOptions): Promise<Listener> {
  const { host, port, tls, maxConnections = MAX_CONNECTIONS, graceMs = GRACE_MS } = options;
  const { clientAddress = (peer) => peer, maxMemory = defaultBudget() } = options;
  const isProxy = options.isProxy ?? (() => false);
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const { onDropped = () => undefined, onFailure = () => undefined } = options;
  const timeouts = { wholeMs: requestTimeoutMs, idleMs: idleTimeoutMs };
  const errorHeaders = fixedHeaders(tls !== undefined)(['api']);
  const server = makeServer(options);
  const limits = {
    limit: maxConnections,
    limitPerAddress: options.maxConnectionsPerAddress ?? MAX_CONNECTIONS_PER_ADDRESS,
  };
  const within = tls === undefined ? { ...limits, left: maxMemory } : withinMemory(limits, maxMemory);
  const memory = new MemoryBudget(within.left);
  const connections = new Connections(server, {
    limit: within.limit,
    limitPerAddress: within.limitPerAddress,
    isProxy,
    memory,
    secure: tls !== undefined,
    onDropped,
  });
  server.setTimeout(SILENCE_MS);
  server.on('request', (incoming, outgoing) => {
    // Without an address the connection was reset before its request was read, and no client waits for an answer.
    // With one, Node keeps the address from now on, even if the connection is reset later.
    if (incoming.socket.remoteAddress === undefined) return void incoming.socket.destroy();
    connections.inTurn(incoming, outgoing, (isAboveLimit) => {
      const address = clientAddressOf(incoming, clientAddress);
      const share = new MemoryShare(memory, isProxy(address) ? null : ownerAt(address));
      outgoing.on('close', () => share.end());
      const deadline = startBodyDeadline(incoming, outgoing, timeouts);
      const answer = async () => {
        if (!namesOneHost(incoming)) return completed(errorResponse(malformedRequest()), errorHeaders);
        if (isAboveLimit) return completed(errorResponse(TOO_MANY, { Connection: 'close' }), errorHeaders);
        return app(requestOf(incoming, address, share, deadline));
      };
      answer()
        .then((response) => send(response, outgoing))
        .catch((error: unknown) => {
          onFailure(error);
          outgoing.destroy();
        });
    });
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

/** What the connections may be that take at most half of `memory`, and what they leave for requests. */
function withinMemory(
  { limit, limitPerAddress }: { limit: number; limitPerAddress: number },
  memory: number,
): { limit: number; limitPerAddress: number; left: number } {
  const most = Math.max(4, Math.floor(memory / 2 / TLS_BYTES));
  if (limit <= most) return { limit, limitPerAddress, left: memory - limit * TLS_BYTES };
  return {
    limit: most,
    limitPerAddress: Math.min(limitPerAddress, Math.floor(most / 4)),
    left: memory - most * TLS_BYTES,
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
    // Node would keep the first of two hosts or API keys, and say nothing of the other.
    joinDuplicateHeaders: true,
  };
  const server =
    tls === undefined
      ? createServer(settings)
      : createTlsServer({ ...settings, ...tls, handshakeTimeout: headersTimeoutMs });
  // All that fit into the 16 KB of a request. Node would drop those after the first thousand, among them what a proxy
  // appends: who fills them up could then say for himself which address he has.
  server.maxHeadersCount = 0;
  return server;
}

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
