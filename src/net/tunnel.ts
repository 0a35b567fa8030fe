/**
 * A tunnel through a proxy (CONNECT, RFC 9110 section 9.3.6): the proxy sees the host's name and port and nothing
 * else. undici's own ProxyAgent asks a proxy that closes the connection again and again, without a pause.
 */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isSystemError, NetworkError } from '../core/errors.js';

/** What the system says when a host, here the proxy, cannot be reached. */
const NOT_REACHED = ['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT'];

/**
 * Opens a tunnel.
 * @param proxy its http or https URL, with user name and password where it wants them.
 * @param target `host:port`.
 * @throws NetworkError naming the proxy, when it cannot be reached, refuses, or is no proxy; an AbortError.
 */
export async function openTunnel(proxy: URL, target: string, signal: AbortSignal): Promise<Socket> {
  const { default: http } = await (proxy.protocol === 'https:' ? import('node:https') : import('node:http'));
  const asking = http.request({
    method: 'CONNECT',
    // Without the brackets of an IPv6 address.
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port,
    path: target,
    headers: { Host: target, Connection: 'keep-alive', ...credentials(proxy) },
    agent: false,
    signal,
  });
  try {
    return await answerTo(asking, proxy.host);
  } catch (cause) {
    asking.destroy();
    throw signal.aborted ? cause : proxyFault(cause, proxy.host);
  }
}

function answerTo(asking: ClientRequest, proxy: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    asking.on('error', reject);
    asking.on('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) return reject(refusal(proxy, statusCode));
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.end();
  });
}

function refusal(proxy: string, status: number): NetworkError {
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

function proxyFault(cause: unknown, proxy: string): NetworkError {
  if (cause instanceof NetworkError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given';
  const why = isSystemError(cause, ...NOT_REACHED)
    ? 'cannot be reached'
    : isSystemError(cause, 'ECONNRESET', 'EPIPE')
      ? 'closed the connection'
      : 'did not answer as a proxy';
  return new NetworkError(`the proxy ${proxy} ${why} (${code})`, proxy, 'PROXY_UNREACHABLE', { cause });
}
