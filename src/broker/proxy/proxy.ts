/**
 * The proxy: programs send it requests without secrets, and it sends them on with the secrets that are bound to where
 * they go. It listens on this machine only, and answers nobody without its token.
 */

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isSystemError, ZephrError } from '../../core/errors.js';
import { type Logged, logRefused } from '../audit/uses.js';
import { makeToken, type Refusal, refusalOf } from './admission.js';
import { Approvals } from './approvals.js';
import { Authority } from './authority.js';
import { type Broker, run } from './errand.js';
import { errandByBaseUrl, errandByHeaders } from './reverse.js';
import type { BrokeredSecrets } from './secrets.js';
import { Tunnels } from './tunnels.js';
import { upgrade } from './upgrade.js';

/** What a proxy is started with. */
export interface ProxyOptions extends Omit<Broker, 'approvals'> {
  /** 0 for one that is free. */
  readonly port: number;
  /** What `/health` calls the project. */
  readonly project: string;
  /** Whether hosts that no secret is bound to are refused. */
  readonly isStrict?: boolean;
  /** Variables that name a proxy on the way to hosts that no secret is bound to. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Admits processes of this user at `/proxy` and `/health` without a token. */
  readonly userWithoutToken?: number | undefined;
  /** Admits programs that this process has started, as a proxy, without a token: Java can show none. */
  readonly startedBy?: number | undefined;
}

/** A proxy that listens. */
export interface RunningProxy {
  readonly port: number;
  /** What clients have to show. */
  readonly token: string;
  /** The certificate of the authority that vouches for the hosts it opens, in PEM. */
  readonly certificate: string;
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
  const { project, userWithoutToken, startedBy, isStrict = false, env = {} } = options;
  const authority = new Authority(options.now());
  const tunnels = new Tunnels(broker, authority, { isStrict, env, port });
  const refusals = new LoggedRefusals(broker);
  const refused = (message: IncomingMessage, use: 'proxy' | 'server', user?: number) => {
    const refusal = refusalOf(message, use, { token, port, userWithoutToken: user, startedBy });
    if (refusal !== null) refusals.add(message, refusal);
    return refusal;
  };

  server.on('connect', (message: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = refused(message, 'proxy');
    if (refusal === null) void tunnels.connect(message, socket, head);
    else turnAwayTunnel(socket, refusal);
  });
  server.on('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) => {
    const refusal = refused(message, 'server');
    const { secrets } = broker;
    if (refusal !== null) turnAwayTunnel(socket, refusal);
    else void upgrade(broker, message, socket, head, () => errandByBaseUrl(message, secrets, token));
  });

  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    if (!message.url?.startsWith('/')) {
      const refusal = refused(message, 'proxy');
      return refusal === null ? tunnels.plain(message, response, token) : turnAway(response, refusal);
    }
    const [path] = message.url.split('?');
    // A page can ask for more than it is allowed to read, but it cannot set these headers.
    const needsToken = path !== '/proxy' && path !== '/health';
    const refusal = refused(message, 'server', needsToken ? undefined : userWithoutToken);
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
    certificate: authority.certificate,
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
        tunnels.close();
      }),
  };
}

/** How often a reason for which nobody is answered is written down, in milliseconds: nobody fills the log by asking. */
const NOTED_MS = 60_000;

/** Writes down who was not answered. */
class LoggedRefusals {
  readonly #logged: Logged & { readonly now: () => number };
  readonly #lastTimes = new Map<Refusal['code'], number>();

  constructor(logged: Logged & { readonly now: () => number }) {
    this.#logged = logged;
  }

  add({ method, headers }: IncomingMessage, { status, code, reason }: Refusal): void {
    // A client that waits to be asked for the token has done nothing wrong.
    if (status === 407 && headers['proxy-authorization'] === undefined) return;
    const { now } = this.#logged;
    if (now() - (this.#lastTimes.get(code) ?? Number.NEGATIVE_INFINITY) < NOTED_MS) return;
    this.#lastTimes.set(code, now());
    const { origin: agent, host } = headers;
    const use = { secrets: [], ...(method !== undefined && { method }), ...(host !== undefined && { host }) };
    // It is refused all the same where that cannot be written down.
    logRefused({ ...this.#logged, agent }, use, new ZephrError(reason, code), now).catch(() => undefined);
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function health(response: ServerResponse, project: string): void {
  response.writeHead(200, JSON_TYPE).end(`${JSON.stringify({ status: 'ok', project })}\n`);
}

/** The connection ends too: who is not answered has no second try on it. */
function turnAway(response: ServerResponse, { status, reason }: Refusal): void {
  response
    .writeHead(status, { ...JSON_TYPE, ...challengeFor(status), Connection: 'close' })
    .end(`${JSON.stringify({ error: status === 403 ? 'forbidden' : 'unauthorized', message: reason })}\n`);
}

function turnAwayTunnel(socket: Socket, { status }: Refusal): void {
  socket.on('error', () => socket.destroy());
  const headers = Object.entries({ ...challengeFor(status), 'Content-Length': '0', Connection: 'close' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n`);
}

/** RFC 9110 sections 11.6.1 and 11.7.1: git, for one, shows a proxy its token only when it is asked for it. */
function challengeFor(status: number): Record<string, string> {
  if (status === 407) return { 'Proxy-Authenticate': 'Basic realm="zephr"' };
  return status === 401 ? { 'WWW-Authenticate': 'Bearer realm="zephr"' } : {};
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
