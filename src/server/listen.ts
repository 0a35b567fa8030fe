/** The only file with sockets: an app behind a port, and an orderly end. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { ApiError, ZephrError } from '../core/errors.js';
import { type App, errorReply } from './app.js';
import { NO_STORE, SECURITY_HEADERS } from './response-headers.js';

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** How long an answer under way may take after {@link Listener.close}, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
}

/** A listening server. */
export interface Listener {
  /** Origin, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Takes no more requests, finishes those that came, cuts what is not done in time. */
  close(): Promise<void>;
}

const GRACE_MS = 10_000;

/** A client that is slower than this to send its headers, or its whole request, is holding a place. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than common proxies keep theirs, so that they close first and never write into a closed connection. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Puts `app` behind a port.
 * @throws ZephrError `PORT_TAKEN`, `PORT_NOT_ALLOWED` or `HOST_NOT_AVAILABLE`.
 */
export async function listen(app: App, options: ListenOptions): Promise<Listener> {
  const { host, port, graceMs = GRACE_MS } = options;
  const answer = getRequestListener(
    (request, { incoming }) => app.fetch(request, { address: incoming.socket.remoteAddress ?? '' }),
    { errorHandler: unreadable },
  );
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (incoming, outgoing) => void answer(incoming, outgoing),
  );
  const connections = new Connections(server);
  await bind(server, host, port);
  return { url: urlOf(server), close: () => end(server, connections, graceMs) };
}

/** The answer to a request that is no valid URL, or names no host: it never becomes a Request. */
function unreadable(): Response {
  const refusal = new ApiError('the request is malformed', 400, 'INVALID_REQUEST');
  return Response.json(errorReply(refusal), {
    status: refusal.statusCode,
    headers: { ...SECURITY_HEADERS, ...NO_STORE },
  });
}

/** Which connections are open, and which of them wait for an answer. */
class Connections {
  readonly #answers = new Map<Socket, number>();
  #closing = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#answers.set(socket, 0);
      socket.on('close', () => this.#answers.delete(socket));
    });
    server.on('request', ({ socket }, outgoing) => {
      this.#count(socket, 1);
      outgoing.on('close', () => {
        this.#count(socket, -1);
        if (this.#closing) this.closeIdle();
      });
    });
  }

  /** Closes those that wait for no answer, now and as they get theirs. */
  closeIdle(): void {
    this.#closing = true;
    for (const [socket, answers] of this.#answers) if (answers === 0) socket.destroySoon();
  }

  /** Closes all. */
  cut(): void {
    for (const socket of this.#answers.keys()) socket.destroy();
  }

  #count(socket: Socket, step: number): void {
    const answers = this.#answers.get(socket);
    if (answers !== undefined) this.#answers.set(socket, answers + step);
  }
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
      return new ZephrError(`${host} is not an address of this machine`, 'HOST_NOT_AVAILABLE', { cause });
    default:
      return cause;
  }
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function end(server: Server, connections: Connections, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.closeIdle();
  const grace = setTimeout(() => connections.cut(), graceMs);
  await closed;
  clearTimeout(grace);
}
