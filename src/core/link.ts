/** Links: `{server}/secret/{id}#{key}` (core/protocol/PROTOCOL.md section 1), and the servers they name. */

import { ValidationError } from './errors.js';
import { formatKey, type LinkKey, parseKey } from './key.js';

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
  // In a link, parseLink would take it for the `#` before the key, and the secret could never be read.
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

/**
 * Reads the URL half of a split pair.
 * @throws ValidationError `INVALID_LINK`, also when a key follows.
 */
export function parseAddress(text: string): SecretAddress {
  const { address, fragment } = splitLink(text);
  if (fragment !== null) throw new ValidationError('the link has a key already', 'INVALID_LINK');
  return address;
}

/**
 * Reads a whole link and checks it to the last bit, so that no request goes out for a damaged one.
 * @throws ValidationError `MISSING_KEY` for the URL half alone, `INVALID_LINK` or `INVALID_KEY` when a part is damaged,
 *   `UNKNOWN_KEY_VERSION` when the key is of a later version.
 */
export function parseLink(text: string): Link {
  const { address, fragment } = splitLink(text);
  if (fragment === null) throw new ValidationError('the link has no key', 'MISSING_KEY');
  return { ...address, key: parseKey(fragment) };
}

/** Whether `text` looks as if it was meant as a link: whole or half, damaged or not. */
export function looksLikeLink(text: string): boolean {
  return /^https?:\/\/[^/]+\/(.*\/)?secret\//i.test(text);
}

/** Splits a link at its `#`, or at the `%23` that mail gateways turn it into, and reads the part before it. */
function splitLink(text: string): { address: SecretAddress; fragment: string | null } {
  const [, location = '', fragment] = /^([^#]*?)(?:(?:#|%23)(.*))?$/s.exec(text) ?? [];
  // A query, such as mail trackers add, is dropped and never sent.
  const [, prefix, id] = /^([^?]*)\/secret\/([^/?]*)(?:\?.*)?$/s.exec(location) ?? [];
  if (prefix === undefined || id === undefined) {
    throw new ValidationError('that is not a zephr link', 'INVALID_LINK');
  }
  if (!isSecretId(id))
    throw new ValidationError('the link is damaged: its id is not 22 characters', 'INVALID_LINK');
  let server: string;
  try {
    server = parseServer(prefix);
  } catch (cause) {
    const reason = cause instanceof ValidationError ? cause.message : 'its server is not a URL';
    throw new ValidationError(`the link is damaged: ${reason}`, 'INVALID_LINK', { cause });
  }
  return { address: { server, id }, fragment: fragment ?? null };
}
