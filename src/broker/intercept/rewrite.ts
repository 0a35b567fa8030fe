/**
 * Requests that name a secret in a header, rewritten so that a zephr proxy makes them: it has the secret, and this process
 * never does. A name is `ZEPHR_SECRET_<NAME>` or `AS_SECRET_<NAME>`.
 */

import { readFileSync } from 'node:fs';
import { isSystemError, ZephrError } from '../../core/errors.js';
import { InjectionError } from '../broker-error.js';
import { type HeaderList, namedInHeader } from '../requests/headers.js';

/** The proxy of this user. */
export interface ProxyAddress {
  readonly port: number;
  /** The file with its token, which changes; null where there is no place for one. */
  readonly tokenFile: string | null;
}

/** A request before it is sent. */
export interface NamedRequest {
  /** All of it, with its query. */
  readonly url: URL;
  readonly method: string;
  readonly headers: HeaderList;
}

/** The path at which a proxy takes such requests. */
export const PROXY_PATH = '/proxy';

/** Headers that only we say. */
const OURS = /^(?:x-as-.*|x-zephr-token)$/i;

/**
 * The headers of the request to the proxy; null where no header names a secret, and the request is none of our business.
 * @throws ZephrError `NO_PROXY_RUNNING`; InjectionError for a name behind a word that is no known scheme.
 */
export function rewritten({ url, method, headers }: NamedRequest, proxy: ProxyAddress): HeaderList | null {
  const injections = headers.flatMap(([name, value]) => {
    const named = namedInHeader(value);
    return named === null ? [] : [[`X-AS-Inject-${slotOf(name, named.scheme)}`, named.name] as const];
  });
  if (injections.length === 0) return null;
  const passed = headers.filter(([name, value]) => !OURS.test(name) && namedInHeader(value) === null);
  return [
    ...passed.filter(([name]) => name.toLowerCase() !== 'host'),
    ['X-Zephr-Token', tokenOf(proxy)],
    ['X-AS-Target-URL', url.href],
    ['X-AS-Method', method.toUpperCase()],
    ...injections,
  ];
}

/** As the proxy names it: `Bearer`, `Basic` or `Header-<name>`. */
function slotOf(header: string, scheme: string | undefined): string {
  if (scheme === undefined) return `Header-${header}`;
  const known = ['Bearer', 'Basic'].find((one) => one.toLowerCase() === scheme.toLowerCase());
  if (known !== undefined && header.toLowerCase() === 'authorization') return known;
  throw new InjectionError(
    `the name of a secret stands alone in ${header}, or behind Bearer or Basic in Authorization`,
  );
}

function tokenOf({ port, tokenFile }: ProxyAddress): string {
  try {
    if (tokenFile !== null) return readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  throw new ZephrError(
    `no zephr proxy of yours runs at port ${port}, and the request was not sent: zephr proxy start`,
    'NO_PROXY_RUNNING',
  );
}
