/** The client's `fetch` through a proxy, over undici. Loaded when there is a proxy. */

import { ProxyAgent, request } from 'undici';
import type { FetchInit, FetchReply } from '../client/fetch.js';
import { NetworkError } from '../core/errors.js';
import { replyOf } from './node-fetch.js';
import { isSystemError } from './terminal.js';

/** What the system or undici says when the proxy, the only host that is dialled, cannot be reached. */
const NOT_REACHED = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
];

/**
 * Sends through a tunnel (CONNECT, RFC 9110 section 9.3.6): the proxy sees the host's name and nothing else.
 * @param proxy its URL, with user name and password where it wants them.
 * @throws NetworkError naming the proxy when it cannot be reached or refuses; otherwise rejects as fetch does.
 */
export async function fetchThrough(proxy: URL, url: string, init: FetchInit): Promise<FetchReply> {
  const agent = new ProxyAgent({
    uri: proxy.origin,
    ...credentials(proxy),
    // The caller has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    // One request, one connection, and nothing that keeps the process.
    pipelining: 0,
  });
  const { method, headers, body, signal } = init;
  // A request that is called off leaves undici waiting for the proxy.
  signal.addEventListener('abort', () => void agent.destroy(), { once: true });
  try {
    const reply = await request(url, { dispatcher: agent, method, headers, body: body ?? null, signal });
    return replyOf(reply.statusCode, reply.headers, reply.body);
  } catch (cause) {
    await agent.destroy();
    throw proxyFault(cause, proxy.host);
  }
}

function credentials({ username, password }: URL): { token?: string } {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { token: `Basic ${Buffer.from(pair).toString('base64')}` };
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

/** The proxy's own failures; all others are the host's, and are left as they are. */
function proxyFault(cause: unknown, proxy: string): unknown {
  if (isSystemError(cause, ...NOT_REACHED)) {
    const message = `the proxy ${proxy} cannot be reached (${cause.code})`;
    return new NetworkError(message, proxy, 'PROXY_UNREACHABLE', { cause });
  }
  const [, status] = (cause instanceof Error && /^Proxy response \((\d{3})\)/.exec(cause.message)) || [];
  if (status === undefined) return cause;
  const why =
    status === '407' ? 'wants a user name and password' : `refuses to pass this on (HTTP ${status})`;
  return new NetworkError(`the proxy ${proxy} ${why}`, proxy, 'PROXY_REFUSED', { cause });
}
