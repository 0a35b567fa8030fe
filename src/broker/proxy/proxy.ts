/**
 * The proxy: programs send it requests without secrets, and it sends them on with the secrets that are bound to where
 * they go. It listens on this machine only, and answers nobody without its token.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSystemError, ZephrError } from '../../core/errors.js';
import { makeToken, type Refusal, refusalOf } from './admission.js';
import { Approvals } from './approvals.js';
import { type Broker, run } from './errand.js';
import { errandByBaseUrl, errandByHeaders } from './reverse.js';
import type { BrokeredSecrets } from './secrets.js';

/** What a proxy is started with. */
export interface ProxyOptions extends Omit<Broker, 'approvals'> {
  /** 0 for one that is free. */
  readonly port: number;
  /** What `/health` calls the project. */
  readonly project: string;
  /** Admits processes of this user at `/proxy` and `/health` without a token. */
  readonly userWithoutToken?: number | undefined;
}

/** A proxy that listens. */
export interface RunningProxy {
  readonly port: number;
  /** What clients have to show. */
  readonly token: string;
  readonly approvals: Approvals;
  /** How many secrets it has. */
  readonly secretCount: number;
  /** Takes others from here on. */
  reload(secrets: BrokeredSecrets): void;
  /** Makes another token; the one before is worth nothing from here on. */
  rotate(): string;
  close(): Promise<void>;
}

/** How long a connection of a client may wait for its next request, in milliseconds. */
const IDLE_MS = 120_000;

/** @throws ZephrError `PORT_TAKEN`; Error with the system's `code`. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const broker = { ...options, approvals: new Approvals() };
  let token = makeToken();
  const server = createServer({ keepAliveTimeout: IDLE_MS });
  // Bodies and answers take as long as they take.
  server.requestTimeout = 0;
  const port = await listen(server, options.port);
  const { project, userWithoutToken } = options;

  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    const [path] = (message.url ?? '').split('?');
    // A page can ask for more than it is allowed to read, but it cannot set these headers.
    const needsToken = path !== '/proxy' && path !== '/health';
    const rules = { token, port, userWithoutToken: needsToken ? undefined : userWithoutToken };
    const refusal = refusalOf(message, 'server', rules);
    if (refusal !== null) return turnAway(response, refusal);
    const { secrets } = broker;
    if (path === '/health') return health(response, project);
    if (path === '/proxy')
      return run(broker, message, response, () => errandByHeaders(message, secrets, token));
    if (path?.startsWith('/to/'))
      return run(broker, message, response, () => errandByBaseUrl(message, secrets, token));
    response.writeHead(404, JSON_TYPE).end('{"error":"not_found"}\n');
  });

  return {
    port,
    approvals: broker.approvals,
    get token() {
      return token;
    },
    get secretCount() {
      return broker.secrets.names.length;
    },
    reload(secrets) {
      broker.secrets = secrets;
    },
    rotate() {
      token = makeToken();
      return token;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function health(response: ServerResponse, project: string): void {
  response.writeHead(200, JSON_TYPE).end(`${JSON.stringify({ status: 'ok', project })}\n`);
}

/** The connection ends too: who is not answered has no second try on it. */
function turnAway(response: ServerResponse, { status, reason }: Refusal): void {
  const challenge: Record<string, string> =
    status === 401 ? { 'WWW-Authenticate': 'Bearer realm="zephr"' } : {};
  response
    .writeHead(status, { ...JSON_TYPE, ...challenge, Connection: 'close' })
    .end(`${JSON.stringify({ error: status === 403 ? 'forbidden' : 'unauthorized', message: reason })}\n`);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = isSystemError(error, 'EADDRINUSE');
      reject(isTaken ? new ZephrError(`port ${port} is taken`, 'PORT_TAKEN', { cause: error }) : error);
    });
    server.listen(port, '127.0.0.1', () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}
