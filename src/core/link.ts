/** Links: `{server}/secret/{id}#{key}` (core/protocol/PROTOCOL.md section 1), and the servers they name. */

import { ValidationError } from './errors.js';
import { formatKey, type LinkKey } from './key.js';

/** The URL half of a link: which secret on which server. Without the key it opens nothing. */
export interface SecretAddress {
  /** Origin and optional path prefix, no trailing slash. */
  readonly server: string;
  /** 22 characters of base64url. */
  readonly id: string;
}

/** A whole link. */
export interface Link extends SecretAddress {
  readonly key: LinkKey;
}

const ID = /^[A-Za-z0-9_-]{22}$/;

/** Whether `text` has the form of a secret's id. */
export function isSecretId(text: string): boolean {
  return ID.test(text);
}

/** Whether `hostname`, as `URL` spells it, is always this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127\.[0-9]+\.[0-9]+\.[0-9]+$/.test(hostname) ||
    hostname === '[::1]'
  );
}

/**
 * Reads a server's URL and gives its canonical form: origin and path prefix, without a trailing slash.
 * @throws ValidationError `INVALID_SERVER` unless it is https, or http to a loopback host, with no user name, password,
 *   query or fragment, and no `%23` in its path.
 */
export function parseServer(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ValidationError('the server is not a URL', 'INVALID_SERVER', { cause });
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ValidationError('the server is not an https URL', 'INVALID_SERVER');
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new ValidationError(
      'the server is plain http, which is for loopback hosts only: use https',
      'INVALID_SERVER',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ValidationError('the server has a user name or password in its URL', 'INVALID_SERVER');
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ValidationError('the server has a query or fragment in its URL', 'INVALID_SERVER');
  }
  // In a link, its reader would take it for the `#` before the key, and the secret could never be read.
  if (url.pathname.includes('%23')) {
    throw new ValidationError('the server has an escaped # in its path', 'INVALID_SERVER');
  }
  return url.origin + withoutEnd(url.pathname, '/');
}

/** `text` without the `character`s at its end. A pattern such as `/+$` would take time quadratic in their number. */
function withoutEnd(text: string, character: string): string {
  let end = text.length;
  while (text[end - 1] === character) end--;
  return text.slice(0, end);
}

/** The URL half of a link, `{server}/secret/{id}`: the URL of a split pair. */
export function formatAddress(address: SecretAddress): string {
  return `${address.server}/secret/${address.id}`;
}

/** The whole link, `{server}/secret/{id}#{key}`. */
export function formatLink(link: Link): string {
  return `${formatAddress(link)}#${formatKey(link.key)}`;
}
