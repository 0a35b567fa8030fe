/**
 * The command's `fetch`, over node:http. Node's own fetch takes some 100 ms to load, more than the rest of a create
 * together; what zephr's client uses of the Fetch Standard is here.
 */

import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { cancel, exchange, type HttpReply, type HttpRequest, lengthOf } from './exchange.js';
import type { Authorities, Trust } from './trust.js';

export type { HttpReply, HttpRequest } from './exchange.js';

/**
 * Sends a request, follows no redirects, and resolves with any status. It rejects when there is no reply, with Node's
 * own error, whose `code` tells why, or with the error of the body that was to be sent.
 */
export type HttpFetch = (url: string, request: HttpRequest) => Promise<HttpReply>;

/** Opens a connection for one request: to the host of `url`, with TLS where `url` is https. */
export type Connect = (url: URL, signal: AbortSignal) => Promise<Socket>;

/** How long a connection waits for the next request, in milliseconds. Servers close idle ones too, often unannounced. */
const IDLE_MS = 5000;

/** How a fetch gets its connections. */
export interface HttpFetchOptions {
  /**
   * Opens a connection for each request. Without it they go to the host itself, and a connection is kept for the next
   * request; an idle one does not keep the process running.
   */
  readonly connect?: Connect;
  /** Whom to trust. Default: Node's authorities. */
  readonly trust?: Trust;
}

/** Makes a fetch that sends over HTTP/1.1. A request whose connection was not trusted is sent again when trust widens. */
export function httpFetch({ connect, trust }: HttpFetchOptions = {}): HttpFetch {
  const open = connect === undefined ? direct() : through(connect);
  return async (address, request) => {
    const url = new URL(address);
    for (;;) {
      const authorities = trust?.authorities;
      try {
        return await exchange(await open(url, request, authorities), request.body, request.signal);
      } catch (error) {
        if ((await trust?.widenAfter(error, authorities)) === true) continue;
        await cancel(request.body);
        throw error;
      }
    }
  };
}

/** A fetch that goes to the host itself. */
export const nodeFetch: HttpFetch = httpFetch();

/** Begins a request: its body is not sent yet. */
type Open = (url: URL, request: HttpRequest, authorities: Authorities) => Promise<ClientRequest>;

/** Over connections to the host itself, which are kept. */
function direct(): Open {
  const agents = new Map<string, { readonly agent: Agent; readonly authorities: Authorities }>();
  return async (url, request, authorities) => {
    const http = await load(url);
    let kept = agents.get(url.protocol);
    if (kept === undefined || kept.authorities !== authorities) {
      // Not Node's global agent: it follows NODE_USE_ENV_PROXY, whose rules are not those of proxy.ts. Nor does
      // NODE_TLS_REJECT_UNAUTHORIZED decide who may read what is sent.
      const trusted = authorities === undefined ? {} : { ca: [...authorities] };
      const agent = new http.Agent({
        keepAlive: true,
        timeout: IDLE_MS,
        rejectUnauthorized: true,
        ...trusted,
      });
      kept = { agent, authorities };
      agents.set(url.protocol, kept);
    }
    return http.request(url, { ...optionsOf(request), agent: kept.agent });
  };
}

/** Over a connection for each request. */
function through(connect: Connect): Open {
  return async (url, request) => {
    const http = await load(url);
    const socket = await connect(url, request.signal);
    // Without an agent, Node's default port is 80 for https too.
    const way = { createConnection: () => socket, defaultPort: url.protocol === 'https:' ? 443 : 80 };
    return http.request(url, { ...optionsOf(request), ...way });
  };
}

async function load({ protocol }: URL) {
  const { default: http } = await (protocol === 'https:' ? import('node:https') : import('node:http'));
  return http;
}

function optionsOf({ method, headers, body, signal }: HttpRequest) {
  return { method, headers: { ...headers, ...lengthOf(body) }, signal };
}
