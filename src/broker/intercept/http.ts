/** `http.request`, `https.request` and their `get`, so that a request which names a secret goes to the proxy. */

import http, { type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { urlToHttpOptions } from 'node:url';
import { InjectionError } from '../broker-error.js';
import { type HeaderList, pairsOf } from '../requests/headers.js';
import { PROXY_PATH, type ProxyAddress, rewritten } from './rewrite.js';

type Callback = (response: http.IncomingMessage) => void;
type Request = (...args: unknown[]) => ClientRequest;

/** Puts ours in the place of Node's own functions, for programs that import them before and after. */
export function interceptHttp(proxy: ProxyAddress): void {
  const original: Request = http.request as Request;
  for (const [module, scheme] of [
    [http, 'http:'],
    [https, 'https:'],
  ] as const) {
    const own = module.request as Request;
    const request: Request = (...args) => {
      const { options, callback } = argumentsOf(args);
      const proxied = proxiedOptions(options, scheme, proxy);
      return proxied === null ? own(...args) : original(proxied, callback);
    };
    const get: Request = (...args) => {
      const sent = request(...args);
      sent.end();
      return sent;
    };
    Object.assign(module, { request, get });
  }
  syncBuiltinESMExports();
}

/** The forms in which they take their arguments: a URL, options, or both; then a callback. */
function argumentsOf(args: readonly unknown[]): {
  readonly options: RequestOptions;
  readonly callback: Callback | undefined;
} {
  const callback = args.find((arg): arg is Callback => typeof arg === 'function');
  const [first, second] = args;
  const isUrl = typeof first === 'string' || first instanceof URL;
  const fromUrl = isUrl && URL.canParse(String(first)) ? urlToHttpOptions(new URL(first)) : {};
  const given = isUrl ? second : first;
  return { options: { ...fromUrl, ...(isOptions(given) && given) }, callback };
}

function isOptions(value: unknown): value is RequestOptions {
  return typeof value === 'object' && value !== null;
}

/** The options of the request to the proxy; null where the request is none of our business. */
function proxiedOptions(options: RequestOptions, scheme: string, proxy: ProxyAddress): RequestOptions | null {
  const { method = 'GET', signal, timeout } = options;
  const headers = rewritten({ url: urlOf(options, scheme), method, headers: headersOf(options) }, proxy);
  if (headers === null) return null;
  if (options.socketPath) throw new InjectionError('a request to a socket carries no secret');
  const byName: Record<string, string[]> = {};
  for (const [name, value] of headers) byName[name] = [...(byName[name] ?? []), value];
  return {
    host: '127.0.0.1',
    port: proxy.port,
    path: PROXY_PATH,
    method,
    headers: byName,
    ...(signal && { signal }),
    ...(timeout !== undefined && { timeout }),
  };
}

function urlOf({ protocol, hostname, host, port, path }: RequestOptions, scheme: string): URL {
  const name = hostname || host || 'localhost';
  const bracketed = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  const url = `${protocol ?? scheme}//${bracketed}${port ? `:${port}` : ''}`;
  // A path may begin with two slashes.
  return new URL(url + (path ?? '/'));
}

/** Headers in any of the forms that Node takes; one of `auth`, too. */
function headersOf({ headers = {}, auth }: RequestOptions): HeaderList {
  const pairs = Array.isArray(headers)
    ? pairsOf(headers)
    : Object.entries(headers).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, String(one)] as const),
      );
  const hasAuthorization = pairs.some(([name]) => name.toLowerCase() === 'authorization');
  if (!auth || hasAuthorization) return pairs;
  return [...pairs, ['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]];
}
