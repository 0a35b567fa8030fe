/**
 * Which proxy, if any, stands between this machine and a server. The variables mean what they mean for curl: those
 * in lower case come first, HTTPS_PROXY is for https and HTTP_PROXY for http, NO_PROXY lists the hosts without one.
 */

import { ValidationError } from '../core/errors.js';
import { isLoopbackHost } from '../core/link.js';
import { type HttpFetch, httpFetch, nodeFetch } from './http.js';

/** Environment variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The fetch that reaches `server`.
 * @throws ValidationError `INVALID_PROXY` when the variable that names its proxy is no http or https URL.
 */
export function fetchFor(server: string, env: Environment): HttpFetch {
  const proxy = proxyFor(server, env);
  if (proxy === null) return nodeFetch;
  return httpFetch(async (url, signal) => {
    const { connectThrough } = await import('./tunnel.js');
    return connectThrough(proxy, url, signal);
  });
}

/**
 * The proxy for a URL, or null when its host is asked directly.
 * @throws ValidationError as {@link fetchFor} does.
 */
export function proxyFor(target: string, env: Environment): URL | null {
  const url = new URL(target);
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = inEitherCase(env, name);
  if (value === undefined || needsNoProxy(url, inEitherCase(env, 'NO_PROXY') ?? '')) return null;
  const proxy = parseProxy(value, name);
  // Plain http is for this machine only, so nothing in the clear goes to a proxy elsewhere.
  return url.protocol === 'http:' && !isLoopbackHost(proxy.hostname) ? null : proxy;
}

function inEitherCase(env: Environment, name: string): string | undefined {
  // Blank counts as absent.
  return [env[name.toLowerCase()], env[name]].map((value) => value?.trim()).find((value) => value);
}

/** A proxy may be written without its scheme. The error does not quote it, because it may hold a password. */
function parseProxy(value: string, name: string): URL {
  const text = value.includes('://') ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new ValidationError(`${name} is not the URL of an http or https proxy`, 'INVALID_PROXY');
}

/** Whether a list such as `localhost,.example.com,10.0.0.1:8443` names the host, or `*` all hosts. */
function needsNoProxy({ hostname, protocol, port }: URL, list: string): boolean {
  const ownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, host = '', entryPort] = /^(.*?)(?::([0-9]+))?$/.exec(bracketed(entry)) ?? [];
    const name = host.replace(/^\*?\./, '').toLowerCase();
    if (name === '' || (entryPort !== undefined && entryPort !== ownPort)) return false;
    return hostname === name || hostname.endsWith(`.${name}`);
  });
}

/** An IPv6 address as `URL` spells it: without the brackets its last group would look like a port. */
function bracketed(entry: string): string {
  return /^[0-9a-f:.]+$/i.test(entry) && entry.split(':').length > 2 ? `[${entry}]` : entry;
}
