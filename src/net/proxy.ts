/**
 * Which proxy, if any, stands between this machine and a server. The variables mean what they mean for curl: those
 * in lower case come first, HTTPS_PROXY is for https and HTTP_PROXY for http, ALL_PROXY for both where they are missing,
 * and NO_PROXY lists the hosts without one.
 */

import { ValidationError } from '../core/errors.js';
import { isLoopbackHost } from '../core/link.js';
import { portOf } from './host-name.js';
import { type HttpFetch, httpFetch } from './http.js';
import { Trust } from './trust.js';

/** Environment variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The fetch that reaches `server`.
 * @throws ValidationError `INVALID_PROXY` when the variable that names its proxy is no http or https URL.
 */
export function fetchFor(server: string, env: Environment, trust = Trust.ofSystem(env)): HttpFetch {
  const proxy = proxyFor(server, env);
  if (proxy === null) return httpFetch({ trust });
  return httpFetch({
    trust,
    connect: async (url, signal) => {
      const { connectThrough } = await import('./tunnel.js');
      return connectThrough(proxy, url, signal, trust.authorities);
    },
  });
}

/**
 * The proxy for a URL, or null when its host is asked directly.
 * @throws ValidationError as {@link fetchFor} does.
 */
export function proxyFor(target: string, env: Environment): URL | null {
  const url = new URL(target);
  const own = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const name = inEitherCase(env, own) === undefined ? 'ALL_PROXY' : own;
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
  if (/^socks/i.test(value))
    throw new ValidationError(
      `${name} names a SOCKS proxy, and zephr knows http and https proxies`,
      'INVALID_PROXY',
    );
  throw new ValidationError(`${name} is not the URL of an http or https proxy`, 'INVALID_PROXY');
}

/** Whether a list such as `localhost,.example.com,10.0.0.1:8443` names the host, or `*` all hosts. */
function needsNoProxy(url: URL, list: string): boolean {
  const { hostname } = url;
  const ownPort = `${portOf(url)}`;
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
