/** Who may use a proxy: programs of this user that have its token, and no web page. */

import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { encodeBase64url } from '../../core/base64url.js';
import { randomBytes } from '../../core/bytes.js';
import type { HeaderList } from '../requests/headers.js';
import { isStartedBy, userOf } from './peers.js';

/** Why a request is not answered, and with which status. */
export interface Refusal {
  readonly status: 401 | 403 | 407;
  /** For the log. */
  readonly code: 'NO_TOKEN' | 'OTHER_HOST' | 'WEB_PAGE';
  readonly reason: string;
}

/** Headers that a client may carry the token in: one that can be given a URL and a key has no other. */
const CARRIERS = ['x-zephr-token', 'proxy-authorization', 'authorization', 'x-api-key'] as const;

/** A token: 32 random bytes, in base64url. */
export function makeToken(): string {
  return encodeBase64url(randomBytes(32));
}

/** What a proxy asks of its clients. */
export interface AdmissionRules {
  readonly token: string;
  readonly port: number;
  /** Admits processes of this user without a token, where the system says whose a connection is. */
  readonly userWithoutToken?: number | undefined;
  /** Admits programs that this process has started, to the proxy: their variables have the token, and some cannot show it. */
  readonly startedBy?: number | undefined;
}

/**
 * Whether a request to the proxy itself is answered; null for yes.
 * @param use `proxy` for what only a program sends that was told of a proxy: its Host is that of another one.
 */
export function refusalOf(
  message: IncomingMessage,
  use: 'proxy' | 'server',
  rules: AdmissionRules,
): Refusal | null {
  const { headers } = message;
  if (use === 'server' && !isOwnHost(headers.host, rules.port))
    return { status: 403, code: 'OTHER_HOST', reason: 'the Host header names another host' };
  // A page says where it is from, or that a browser asks.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    return { status: 403, code: 'WEB_PAGE', reason: 'web pages are not answered' };
  if (CARRIERS.some((name) => isToken(headers[name], rules.token))) return null;
  const { userWithoutToken, startedBy } = rules;
  const showsNone = headers['proxy-authorization'] === undefined;
  if (use === 'proxy' && startedBy !== undefined && showsNone && isStartedBy(startedBy, message.socket))
    return null;
  if (use === 'server' && userWithoutToken !== undefined && userOf(message.socket) === userWithoutToken)
    return null;
  const reason = 'the token of the proxy is missing or wrong';
  return { status: use === 'proxy' ? 407 : 401, code: 'NO_TOKEN', reason };
}

/** The headers without those that carry the token: it is for nobody else. */
export function withoutToken(headers: HeaderList, token: string): HeaderList {
  return headers.filter(([name, value]) => {
    const carrier = CARRIERS.find((one) => one === name.toLowerCase());
    return carrier === undefined || !isToken(value, token);
  });
}

function isOwnHost(host: string | undefined, port: number): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].some((name) => host?.toLowerCase() === `${name}:${port}`);
}

/** Alone, as a bearer token, or as the password of basic authentication. */
function isToken(value: string | string[] | undefined, token: string): boolean {
  if (typeof value !== 'string') return false;
  const [, scheme = '', credentials = ''] = /^(?:(\S+) +)?(\S+)$/.exec(value) ?? [];
  const given =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(credentials, 'base64')
          .toString('latin1')
          .replace(/^[^:]*:/, '')
      : credentials;
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
