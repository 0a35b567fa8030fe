/**
 * undici's global dispatcher, by which `fetch` and the package's own functions send: a request which names a secret goes to
 * the proxy. `fetch` knows nothing of that, so that its responses have the URLs that it asked for.
 */

import { InjectionError } from '../broker-error.js';
import { type HeaderList, pairsOf } from '../requests/headers.js';
import { PROXY_PATH, type ProxyAddress, rewritten } from './rewrite.js';

/** Where undici keeps it, in any of its versions. */
const GLOBAL = Symbol.for('undici.globalDispatcher.1');

/** What a dispatcher is asked to send, as far as we change it. */
interface DispatchOptions {
  readonly origin?: string | URL;
  readonly path: string;
  readonly method: string;
  readonly query?: Readonly<Record<string, string>> | null;
  readonly headers?: unknown;
  readonly upgrade?: unknown;
}

interface Dispatcher {
  dispatch(options: DispatchOptions, handler: unknown): boolean;
}

/** Changes the dispatcher that is there. @returns false where there is none. */
export function interceptDispatcher(proxy: ProxyAddress): boolean {
  // Node makes its dispatcher when something of its fetch is looked at.
  void globalThis.Headers;
  const dispatcher: unknown = Reflect.get(globalThis, GLOBAL);
  if (!isDispatcher(dispatcher)) return false;
  const own = dispatcher.dispatch.bind(dispatcher);
  dispatcher.dispatch = (options, handler) => {
    const proxied = proxiedOptions(options, proxy);
    if (proxied === null) return own(options, handler);
    // One that goes by a proxy of its own would show it the token.
    if (dispatcher.constructor.name !== 'Agent')
      throw new InjectionError(
        'the global dispatcher is no plain Agent, and could pass the request to others',
      );
    return own(proxied, handler);
  };
  return true;
}

function isDispatcher(value: unknown): value is Dispatcher {
  return (
    typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function'
  );
}

/** The request to the proxy; null where it is none of our business. */
function proxiedOptions(options: DispatchOptions, proxy: ProxyAddress): DispatchOptions | null {
  const { origin, path, method, query, upgrade } = options;
  if (origin === undefined) return null;
  const url = new URL(new URL(origin).origin + path);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.append(name, value);
  const headers = rewritten({ url, method, headers: headersOf(options.headers) }, proxy);
  if (headers === null) return null;
  if (upgrade) throw new InjectionError('a request to upgrade a connection carries no secret here');
  const { query: _, ...rest } = options;
  return { ...rest, origin: `http://127.0.0.1:${proxy.port}`, path: PROXY_PATH, headers: headers.flat() };
}

/** Headers in any of the forms that undici takes: names and values in turn, pairs, or an object. */
function headersOf(headers: unknown): HeaderList {
  if (typeof headers !== 'object' || headers === null) return [];
  const items: unknown[] = Symbol.iterator in headers ? [...(headers as Iterable<unknown>)] : [];
  if (items.length > 0 && items.every((item) => typeof item === 'string')) return pairsOf(items);
  const pairs: unknown[] = Symbol.iterator in headers ? items : Object.entries(headers);
  return pairs.flatMap((pair) => {
    const [name, value]: unknown[] = Array.isArray(pair) ? pair : [];
    return name === undefined ? [] : [value].flat().map((one) => [String(name), String(one)] as const);
  });
}
