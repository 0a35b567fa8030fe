/**
 * Tunnels through a proxy (CONNECT, RFC 9110 section 9.3.6): the proxy sees the host's name and port and nothing else.
 * Loaded when there is a proxy.
 */

import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import { errorCode, isSystemError, NetworkError } from '../core/errors.js';
import { hostName, portOf, serverName } from './host-name.js';
import type { Authorities } from './trust.js';

/** What the system says when a host, here the proxy, cannot be reached. */
const NOT_REACHED = ['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT'];

/**
 * Connects to the host of `url` through a tunnel, with TLS where it is https. TLS may not have begun yet: its errors are
 * the socket's.
 * @throws NetworkError, AbortError as {@link openTunnel}.
 */
export async function connectThrough(
  proxy: URL,
  url: URL,
  signal: AbortSignal,
  authorities?: Authorities,
): Promise<Socket> {
  const socket = await openTunnel(proxy, `${url.hostname}:${portOf(url)}`, signal, authorities);
  if (url.protocol !== 'https:') return socket;
  const host = hostName(url.hostname);
  return connect({
    socket,
    host,
    servername: serverName(host),
    ALPNProtocols: ['http/1.1'],
    ...tlsOptions(authorities),
  });
}

/** Whom to trust, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
export function tlsOptions(authorities: Authorities): { rejectUnauthorized: true; ca?: string[] } {
  return { rejectUnauthorized: true, ...(authorities === undefined ? {} : { ca: [...authorities] }) };
}

/**
 * Opens a tunnel.
 * @param proxy its http or https URL, with user name and password where it wants them.
 * @param target `host:port`.
 * @param authorities whom to trust where the proxy itself speaks TLS.
 * @throws NetworkError `PROXY_UNREACHABLE` or `PROXY_REFUSED`, naming the proxy; an AbortError when the signal fires.
 */
export async function openTunnel(
  proxy: URL,
  target: string,
  signal: AbortSignal,
  authorities?: Authorities,
): Promise<Socket> {
  const { request } = proxy.protocol === 'https:' ? https : http;
  const connecting = request({
    method: 'CONNECT',
    host: hostName(proxy.hostname),
    port: proxy.port,
    path: target,
    headers: { Host: target, Connection: 'keep-alive', ...credentials(proxy) },
    // An agent of its own: Node's global one may be told to use another proxy.
    agent: false,
    signal,
    ...tlsOptions(authorities),
  });
  try {
    return await answerTo(connecting, proxy.host);
  } catch (cause) {
    connecting.destroy();
    throw signal.aborted ? cause : proxyError(cause, proxy.host);
  }
}

/** The tunnel that a CONNECT request is answered with. */
function answerTo(connecting: ClientRequest, proxy: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connecting.on('error', reject);
    connecting.on('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) return reject(proxyRefused(proxy, statusCode));
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    connecting.end();
  });
}

function proxyRefused(proxy: string, status: number): NetworkError {
  const why = status === 407 ? 'wants a user name and password' : `refuses to pass this on (HTTP ${status})`;
  return new NetworkError(`the proxy ${proxy} ${why}`, proxy, 'PROXY_REFUSED');
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A per cent sign that escapes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function proxyError(cause: unknown, proxy: string): NetworkError {
  if (cause instanceof NetworkError) return cause;
  const code = errorCode(cause) ?? 'no reason given';
  const why = isSystemError(cause, ...NOT_REACHED)
    ? 'cannot be reached'
    : isSystemError(cause, 'ECONNRESET', 'EPIPE')
      ? 'closed the connection'
      : 'did not answer as a proxy';
  return new NetworkError(`the proxy ${proxy} ${why} (${code})`, proxy, 'PROXY_UNREACHABLE', { cause });
}
