/**
 * What programs ask of a proxy that they were told of: tunnels (CONNECT, RFC 9110 section 9.3.6), and plain http by whole
 * URLs. A tunnel to a host that some secret is bound to ends here, and its requests get their secrets; any other one is
 * passed through untouched, or refused.
 */

import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { hostName, portOf } from '../../net/host-name.js';
import { proxyFor } from '../../net/proxy.js';
import { openTunnel } from '../../net/tunnel.js';
import { type Logged, logRefused } from '../audit/uses.js';
import { InjectionError, PolicyError, UpstreamError } from '../broker-error.js';
import { withoutToken } from './admission.js';
import { refusalFor, refuse } from './answer.js';
import type { Authority } from './authority.js';
import { type Broker, type Errand, run } from './errand.js';
import { holdBody, outgoingOf, targetOf } from './incoming.js';
import type { BrokeredSecrets } from './secrets.js';
import { upgrade } from './upgrade.js';

/** What tunnels go by. */
export interface Egress {
  /** Whether hosts that no secret is bound to are refused. */
  readonly isStrict: boolean;
  /** Where the variables of a proxy are that this one has to go through. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This proxy's port: it is no proxy for itself. */
  readonly port: number;
}

/** The first byte of a TLS connection: a handshake record (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

/** How long a host that is not ours to look into may take to be reached, in milliseconds. */
const CONNECT_MS = 30_000;

export class Tunnels {
  readonly #broker: Broker;
  readonly #authority: Authority;
  readonly #egress: Egress;
  /** Where each connection that ends here leads. */
  readonly #origins = new WeakMap<object, string>();
  readonly #open = new Set<Socket>();
  readonly #server = createServer();

  constructor(broker: Broker, authority: Authority, egress: Egress) {
    this.#broker = broker;
    this.#authority = authority;
    this.#egress = egress;
    this.#server.requestTimeout = 0;
    this.#server.on('request', (message: IncomingMessage, response: ServerResponse) => {
      void run(broker, message, response, () => this.#errandIn(message));
    });
    this.#server.on('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) => {
      void upgrade(broker, message, socket, head, () => this.#errandIn(message));
    });
  }

  /** Opens a tunnel for a client that was admitted. */
  async connect(message: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    // A client that breaks off is told nothing.
    socket.on('error', () => socket.destroy());
    const target = message.url ?? '';
    const url = URL.canParse(`https://${target}`) ? new URL(`https://${target}`) : null;
    if (url === null || !/^[^/?#@]+:[0-9]+$/.test(target)) return end(socket, '400 Bad Request');
    const plain = new URL(`http://${target}`);
    const { secrets } = this.#broker;
    if (secrets.boundTo(url).length > 0 || secrets.boundTo(plain).length > 0) {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) socket.unshift(head);
      socket.once('readable', () => this.#look(socket, url, plain));
      return;
    }
    try {
      if (this.#egress.isStrict) throw await this.#refused('CONNECT', url);
      await this.#passThrough(socket, url, head);
    } catch (error) {
      const { status, body } = refusalFor(error, url.host);
      end(socket, `${status} ${STATUS_CODES[status]}`, `${JSON.stringify(body)}\n`);
    }
  }

  /** Answers a request for a whole URL, of a client that was admitted. */
  async plain(message: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
    const target = message.url ?? '';
    const url = URL.canParse(target) ? new URL(target) : null;
    if (url?.protocol !== 'http:') return refuse(response, new InjectionError('that is no URL for a proxy'));
    const { secrets } = this.#broker;
    const errand = async () => {
      const request = outgoingOf(message, url);
      return errandOf({ ...request, headers: withoutToken(request.headers, token) }, secrets, message);
    };
    // What stands in headers and URL is seen, and refused, for any host; a body goes unread to those without a secret.
    const isBound = secrets.boundTo(url).length > 0;
    const namesSecrets =
      isBound ||
      (await errand().then(
        ({ uses }) => uses.length > 0,
        () => true,
      ));
    if (namesSecrets) return run(this.#broker, message, response, errand);
    try {
      if (this.#egress.isStrict) throw await this.#refused(message.method ?? '', url);
      forward(message, response, url, token);
    } catch (error) {
      refuse(response, error, url.host);
    }
  }

  close(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#open) socket.destroy();
  }

  /** TLS or plain http: some clients tunnel both. */
  #look(socket: Socket, url: URL, plain: URL): void {
    const first: Buffer | null = socket.read(1);
    if (first === null) return;
    socket.unshift(first);
    if (first[0] !== TLS_HANDSHAKE) {
      this.#serve(socket, plain.origin);
      return;
    }
    const host = hostName(url.hostname);
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#authority.contextFor(host),
      ALPNProtocols: ['http/1.1'],
    });
    // Such as a client that does not trust the authority: it knows what is wrong.
    secured.on('error', () => socket.destroy());
    secured.once('secure', () => {
      const asked: unknown = (secured as { servername?: unknown }).servername;
      if (typeof asked === 'string' && hostName(asked) !== host) secured.destroy();
      else this.#serve(secured, url.origin);
    });
  }

  #serve(socket: Socket, origin: string): void {
    this.#origins.set(socket, origin);
    this.#server.emit('connection', socket);
  }

  /** @throws InjectionError when the request is for another host than its tunnel. */
  async #errandIn(message: IncomingMessage): Promise<Errand> {
    const origin = this.#origins.get(message.socket) ?? '';
    const named = message.headers.host ?? '';
    const scheme = origin.slice(0, origin.indexOf(':'));
    if (!URL.canParse(`${scheme}://${named}`) || new URL(`${scheme}://${named}`).origin !== origin)
      throw new InjectionError('the Host header names another host than the tunnel');
    return errandOf(outgoingOf(message, targetOf(origin, message.url ?? '')), this.#broker.secrets, message);
  }

  async #passThrough(socket: Socket, url: URL, head: Buffer): Promise<void> {
    const other = await this.#reach(url).catch((cause: unknown) => {
      throw new UpstreamError(`${url.host} cannot be reached`, 'UPSTREAM_FAILED', { cause });
    });
    this.#open.add(other);
    other.on('close', () => this.#open.delete(other));
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    other.write(head);
    pipeline(socket, other, () => undefined);
    pipeline(other, socket, () => undefined);
  }

  /** Directly, or through the proxy that the user has. */
  async #reach(url: URL): Promise<Socket> {
    const { env, port } = this.#egress;
    const signal = AbortSignal.timeout(CONNECT_MS);
    const proxy = proxyFor(url.href, env);
    if (proxy !== null && portOf(proxy) !== port) {
      return openTunnel(proxy, `${url.hostname}:${portOf(url)}`, signal, this.#broker.trust.authorities);
    }
    const socket = connect({ host: hostName(url.hostname), port: portOf(url), signal });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return socket.on('error', () => socket.destroy());
  }

  /** Writes down that nothing goes there. @throws AuditError. */
  async #refused(method: string, { host }: URL): Promise<PolicyError> {
    const logged: Logged = this.#broker;
    const message = `no secret is bound to ${host}, and requests to other hosts are refused`;
    const error = new PolicyError(message, 'EGRESS_REFUSED', null);
    await logRefused(logged, { secrets: [], method, host }, error, this.#broker.now);
    return error;
  }
}

/**
 * The errand of a request whose placeholders name its secrets.
 * @throws PolicyError `WEB_PAGE`: a browser that a command has started goes through the proxy, with all of its pages.
 */
async function errandOf(
  request: Errand['request'],
  secrets: BrokeredSecrets,
  { headers }: IncomingMessage,
): Promise<Errand> {
  const held = secrets.wantsBody(request.url) ? await holdBody(request) : request;
  const uses = secrets.standingIn(held);
  if (uses.length > 0 && headers['sec-fetch-site'] !== undefined)
    throw new PolicyError('web pages get no secret', 'WEB_PAGE', null);
  return { request: held, uses };
}

/** Passes a request to a host that no secret is bound to, as it is. */
function forward(message: IncomingMessage, response: ServerResponse, url: URL, token: string): void {
  const { method, headers, body } = outgoingOf(message, url);
  const length = message.headers['content-length'];
  const sent = httpRequest(url, { method, agent: false });
  for (const [name, value] of withoutToken(headers, token)) sent.appendHeader(name, value);
  if (length !== undefined) sent.setHeader('Content-Length', length);
  sent.on('error', (cause) => {
    refuse(response, new UpstreamError(`${url.host} did not answer`, 'UPSTREAM_FAILED', { cause }));
  });
  sent.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    pipeline(answer, response, () => undefined);
  });
  if (body === null) sent.end();
  else pipeline(message, sent, () => undefined);
}

function end(socket: Socket, status: string, body = ''): void {
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}
