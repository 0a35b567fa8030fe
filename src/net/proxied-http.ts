/** A `fetch` through a proxy, over undici. Loaded when there is a proxy. */

import { buildConnector, Client } from 'undici';
import { type HttpReply, type HttpRequest, replyOf } from './http.js';
import { openTunnel } from './tunnel.js';

/**
 * Sends through a tunnel.
 * @param proxy its URL, with user name and password where it wants them.
 * @throws NetworkError naming the proxy when it cannot be reached or refuses; otherwise rejects as fetch does.
 */
export async function fetchThrough(proxy: URL, url: string, init: HttpRequest): Promise<HttpReply> {
  const { origin, protocol, hostname, port, pathname, search } = new URL(url);
  const target = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  const { method, headers, body, signal } = init;
  const client = new Client(origin, {
    connect: throughTunnel(proxy, target, signal),
    // The caller has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    // One request, one connection, and nothing that keeps the process.
    pipelining: 0,
  });
  // A request that is called off leaves undici waiting for the proxy.
  signal.addEventListener('abort', () => void client.destroy(), { once: true });
  try {
    const reply = await client.request({
      path: pathname + search,
      method,
      headers,
      body: body ?? null,
      signal,
    });
    return replyOf(reply.statusCode, reply.headers, reply.body);
  } catch (error) {
    await client.destroy();
    throw error;
  }
}

/** Connects to `target` through the proxy, and speaks TLS with it where its URL says so. */
function throughTunnel(proxy: URL, target: string, signal: AbortSignal): buildConnector.connector {
  // The deadline is the caller's here too.
  const secure = buildConnector({ timeout: 0 });
  return (options, callback) => {
    openTunnel(proxy, target, signal).then(
      (socket) =>
        options.protocol === 'https:'
          ? secure({ ...options, httpSocket: socket }, callback)
          : callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}
