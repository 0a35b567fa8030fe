/**
 * HTTP requests to URLs that come from outside: the name is resolved once, every address is checked, and the
 * connection goes to one of the checked addresses only. A name server that changes its answer after the check changes
 * nothing, and redirects are not followed.
 */

import type { LookupAddress } from 'node:dns';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { ZephrError } from '../core/errors.js';
import { whenConnected } from './exchange.js';
import { hostName, serverName } from './host-name.js';
import type { Resolve } from './resolve.js';

/** Where requests may go. */
export interface HostPolicy {
  /** Whether the host of a WHATWG URL, a name or an address, may be called as far as can be told without DNS. */
  allowsHost(host: string): boolean;
  /** Whether a connection may be made to this IP address. */
  allowsAddress(address: string): boolean;
}

/** What guards a request. */
export interface Guard {
  readonly policy: HostPolicy;
  readonly resolve: Resolve;
  /** Certificates (PEM) to trust instead of those that Node trusts. */
  readonly ca?: string | readonly string[] | undefined;
}

/** A request to send. */
export interface GuardedRequest {
  readonly method: string;
  /** Several values of one name are sent as one header each. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** A stream is read as fast as the host takes it; with `Content-Length` where its length is known. */
  readonly body: string | Uint8Array | Readable;
}

/** How long to wait for one of several addresses before the next is tried as well. */
const NEXT_ADDRESS_MS = 1_000;

/** No connection was made: the host has no address, or the policy does not allow the host or one of its addresses. */
export class GuardError extends ZephrError {
  override readonly name = 'GuardError';
  declare readonly code: 'HOST_NOT_FOUND' | 'HOST_NOT_ALLOWED';
}

/** The connection was kept from an earlier request, and its host had closed it: whether it took this one is not known. */
export class StaleConnectionError extends ZephrError {
  override readonly name = 'StaleConnectionError';

  constructor(cause: unknown) {
    super('the host has closed the connection', 'CONNECTION_LOST', { cause });
  }
}

/** What a host answers that agrees to speak another protocol on the connection (RFC 9110 section 7.8). */
export interface Upgraded {
  readonly response: IncomingMessage;
  readonly socket: Duplex;
  /** What of the other protocol came with the response. */
  readonly head: Uint8Array;
}

/** How long a kept connection waits for the next request, in milliseconds: less than most hosts wait. */
const IDLE_MS = 4_000;

/** Connections that wait for the next request to the same origin. Each was made under the guard of its first request. */
export class KeptConnections {
  readonly #agents = new Map<string, { readonly agent: HttpAgent; readonly ca: Guard['ca'] }>();

  /** The agent for an origin. Other authorities are another agent: they were asked of the connections that it has. */
  agentFor({ protocol, origin }: URL, ca: Guard['ca']): HttpAgent {
    const kept = this.#agents.get(origin);
    if (kept !== undefined && kept.ca === ca) return kept.agent;
    kept?.agent.destroy();
    const agent = newAgent(protocol, { keepAlive: true, timeout: IDLE_MS });
    // To Node a connection is told from others by all it was made with, every authority's certificate too, which it would
    // put together anew for each request. Here they are all alike.
    agent.getName = () => origin;
    this.#agents.set(origin, { agent, ca });
    return agent;
  }

  /** Closes those that are not in use, and those in use too. */
  close(): void {
    for (const { agent } of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}

/**
 * Sends a request to `url`, over a connection of its own, or one of `kept`: never through a proxy. With https the
 * certificate must be valid for the host of the URL, not for the address that the host resolves to.
 * @param signal ends everything: reading the response's body rejects with Node's `ECONNRESET` then.
 * @returns the response once its status and headers are here; its body is still to be read. A redirect is a response
 *   like any other.
 * @throws GuardError before anything is sent; StaleConnectionError for a kept connection; what `guard.resolve` throws;
 *   what Node's connection and TLS throw, and the stream of the body.
 */
export async function guardedRequest(
  url: URL,
  request: GuardedRequest,
  guard: Guard,
  signal: AbortSignal,
  kept?: KeptConnections,
): Promise<IncomingMessage> {
  const sent = begin(url, request, guard, signal, kept);
  return new Promise((resolve, reject) => {
    const settle = whenClosed(sent, reject);
    sent.on('response', (response) => {
      settle();
      resolve(response);
    });
    send(sent, request.body, reject);
  });
}

/**
 * As {@link guardedRequest}, for a request that asks for another protocol.
 * @returns the response alone where the host does not agree.
 */
export async function guardedUpgrade(
  url: URL,
  request: GuardedRequest,
  guard: Guard,
  signal: AbortSignal,
): Promise<Upgraded | IncomingMessage> {
  const sent = begin(url, request, guard, signal);
  return new Promise((resolve, reject) => {
    const settle = whenClosed(sent, reject);
    const answer = (answered: Upgraded | IncomingMessage) => {
      settle();
      resolve(answered);
    };
    sent.on('upgrade', (response, socket, head) => answer({ response, socket, head }));
    sent.on('response', answer);
    send(sent, request.body, reject);
  });
}

/** A request that is not sent yet. @throws GuardError for what needs no name server. */
function begin(
  url: URL,
  { method, headers }: GuardedRequest,
  guard: Guard,
  signal: AbortSignal,
  kept?: KeptConnections,
): ClientRequest {
  const name = hostName(url.hostname);
  const { policy, ca } = guard;
  // Node looks up no address.
  if (!policy.allowsHost(url.hostname) || (isIP(name) !== 0 && !policy.allowsAddress(name)))
    throw notAllowed();
  const agent = kept?.agentFor(url, ca) ?? newAgent(url.protocol, { keepAlive: false });
  const options = {
    protocol: url.protocol,
    host: name,
    port: url.port,
    path: url.pathname + url.search,
    agent,
    lookup: guardedLookup(guard, signal),
    // The name, not the address, is what the certificate must be for.
    servername: serverName(name),
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: [ca].flat() }),
    method,
    headers,
  };
  const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options);
  endWith(sent, signal);
  return sent;
}

/** No session resumed, no proxy from the environment. */
function newAgent(protocol: string, settings: { keepAlive: boolean; timeout?: number }): HttpAgent {
  const all = { ...settings, maxCachedSessions: 0, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS };
  return protocol === 'https:' ? new HttpsAgent(all) : new HttpAgent(all);
}

/** Rejects for a request that ends without an answer. @returns what says that there is one. */
function whenClosed(sent: ClientRequest, reject: (error: unknown) => void): () => void {
  let isAnswered = false;
  sent.on('error', (error) => {
    if (!isAnswered) reject(sent.reusedSocket ? new StaleConnectionError(error) : error);
  });
  // Other ways for a request to end without a response, such as an upgrade that was not asked for.
  sent.on('close', () => {
    if (!isAnswered) reject(new Error('the connection was closed without an answer'));
  });
  return () => {
    isAnswered = true;
  };
}

/** Ends a request, or the reading of its response, with a signal. Node's own way listens to all that a stream can say. */
function endWith(sent: ClientRequest, signal: AbortSignal): void {
  const end = () => void sent.destroy(new DOMException('the request was given up', 'AbortError'));
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  sent.on('close', () => signal.removeEventListener('abort', end));
}

function send(sent: ClientRequest, body: GuardedRequest['body'], failed: (error: Error) => void): void {
  if (typeof body === 'string' || body instanceof Uint8Array) sent.end(body);
  else {
    body.on('error', failed);
    // What goes wrong with the request, the request reports.
    whenConnected(sent, () => pipeline(body, sent, () => undefined));
  }
}

/**
 * Answers as DNS would, with addresses that were checked, all of them: a connection is made to no other ones. Node asks
 * for all of them or for one.
 */
function guardedLookup({ policy, resolve }: Guard, signal: AbortSignal): LookupFunction {
  const check = (addresses: readonly LookupAddress[]) => {
    if (addresses.length === 0) throw new GuardError('the host has no address', 'HOST_NOT_FOUND');
    if (!addresses.every(({ address }) => policy.allowsAddress(address))) throw notAllowed();
    return addresses;
  };
  return (name, options, callback) => {
    resolve(name, signal)
      .then(check)
      .then(
        (addresses) => {
          if (options.all) callback(null, [...addresses]);
          else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
        },
        (error: Error) => callback(error, []),
      );
  };
}

function notAllowed(): GuardError {
  return new GuardError('the host is not one that may be called', 'HOST_NOT_ALLOWED');
}
