/**
 * HTTP requests to URLs that come from outside: the name is resolved once, every address is checked, and the
 * connection goes to one of the checked addresses only. A name server that changes its answer after the check changes
 * nothing, and redirects are not followed.
 */

import type { LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { ZephrError } from '../core/errors.js';
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
  readonly body: string | Uint8Array;
}

/** How long to wait for one of several addresses before the next is tried as well. */
const NEXT_ADDRESS_MS = 1_000;

/** No connection was made: the host has no address, or the policy does not allow the host or one of its addresses. */
export class GuardError extends ZephrError {
  override readonly name = 'GuardError';
  declare readonly code: 'HOST_NOT_FOUND' | 'HOST_NOT_ALLOWED';
}

/**
 * Sends a request to `url`, over a connection of its own: never through a proxy. With https the certificate must be
 * valid for the host of the URL, not for the address that the host resolves to.
 * @param signal ends everything: reading the response's body rejects with Node's `ECONNRESET` then.
 * @returns the response once its status and headers are here; its body is still to be read. A redirect is a response
 *   like any other.
 * @throws GuardError before anything is sent; what `guard.resolve` throws; what Node's connection and TLS throw.
 */
export async function guardedRequest(
  url: URL,
  { method, headers, body }: GuardedRequest,
  guard: Guard,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const target = connectionTo(url, await checkedAddresses(url, guard, signal));
  const options = {
    ...target,
    ...(guard.ca === undefined ? {} : { ca: [guard.ca].flat() }),
    method,
    headers,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve);
    request.on('error', reject);
    // Other ways for a request to end without a response, such as an upgrade that was not asked for.
    request.on('close', () => reject(new Error('the connection was closed without an answer')));
    request.end(body);
  });
}

/** All addresses of the URL's host, once each of them has been checked. */
async function checkedAddresses(
  { hostname }: URL,
  { policy, resolve }: Guard,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  if (!policy.allowsHost(hostname)) throw notAllowed();
  const addresses = await resolve(hostName(hostname), signal);
  if (addresses.length === 0) throw new GuardError('the host has no address', 'HOST_NOT_FOUND');
  if (!addresses.every(({ address }) => policy.allowsAddress(address))) throw notAllowed();
  return addresses;
}

/** The options of a request to `url` that can connect to nothing but `addresses`. */
function connectionTo(url: URL, addresses: readonly LookupAddress[]): RequestOptions {
  const name = hostName(url.hostname);
  // An agent of its own: no connection kept, no session resumed, no proxy from the environment.
  const settings = {
    keepAlive: false,
    maxCachedSessions: 0,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  };
  return {
    protocol: url.protocol,
    host: name,
    port: url.port,
    path: url.pathname + url.search,
    agent: url.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings),
    lookup: lookupOf(addresses),
    // The name, not the address, is what the certificate must be for.
    servername: serverName(name),
    rejectUnauthorized: true,
  };
}

/** Answers as DNS would, with the addresses that were checked. Node asks for all of them or for one. */
function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses;
  return (_name, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function notAllowed(): GuardError {
  return new GuardError('the host is not one that may be called', 'HOST_NOT_ALLOWED');
}
