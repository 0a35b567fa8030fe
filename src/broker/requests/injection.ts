/** Puts a secret into its place in a request, byte for byte, and refuses what could be read in two ways. */

import type { Readable } from 'node:stream';
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../core/bytes.js';
import { type Slot, TOKEN } from '../../vault/request-slots.js';
import { InjectionError } from '../broker-error.js';
import { percentEncoded } from '../masking/forms.js';
import { FORM, type HeaderList, headerOf, isJsonType, mediaTypeOf } from './headers.js';
import { setMember } from './json-text.js';

/** A request before it is sent. */
export interface OutgoingRequest {
  /** In capitals. */
  readonly method: string;
  readonly url: URL;
  readonly headers: HeaderList;
  /** A stream goes out as it comes in: no secret can be put into it. */
  readonly body: Uint8Array | Readable | null;
  /** Bytes of a stream, where that is known. */
  readonly bodyLength?: number | undefined;
}

/**
 * Headers that say where a message ends, to whom it goes, or what a response leaves out: a part of a response could
 * hold a part of a secret, which nobody would recognize.
 */
const NOT_FOR_CALLERS =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|upgrade|expect|range|if-range)$/i;

/**
 * Checks a request as its caller wrote it.
 * @throws InjectionError.
 */
export function checkRequest({ method, url, headers }: OutgoingRequest): void {
  if (!/^[A-Z]{1,20}$/.test(method) || method === 'TRACE' || method === 'CONNECT') {
    throw new InjectionError(`the method ${JSON.stringify(method.slice(0, 20))} is not passed on`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new InjectionError('a URL with a user name or password in it is refused: use basic');
  }
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) throw new InjectionError('the name of a header has characters that none may have');
    if (NOT_FOR_CALLERS.test(name)) throw new InjectionError(`the header ${name} is not passed on`);
    if (!isHeaderValue(value)) throw new InjectionError(`the header ${name} has control characters`);
  }
}

/**
 * The request with `value` in its slot.
 * @throws InjectionError when something is there already, or the value does not fit there. It does not show the value.
 */
export function inject(request: OutgoingRequest, slot: Slot, value: Uint8Array): OutgoingRequest {
  switch (slot.kind) {
    case 'bearer':
      return withHeader(request, 'Authorization', `Bearer ${latin1(value)}`);
    case 'basic':
      if (!value.includes(0x3a)) throw new InjectionError('basic needs a value of the form user:password');
      return withHeader(request, 'Authorization', `Basic ${Buffer.from(value).toString('base64')}`);
    case 'header':
      return withHeader(request, slot.name, latin1(value));
    case 'query':
      return withQuery(request, slot.name, value);
    case 'body':
      return withMember(request, slot.path, value);
    case 'form':
      return withField(request, slot.name, value);
  }
}

function withHeader(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  if (NOT_FOR_CALLERS.test(name)) throw new InjectionError(`a secret cannot go into the header ${name}`);
  if (headerOf(request, name) !== null) {
    throw new InjectionError(`the request has a header ${name} already: leave it to the secret`);
  }
  checkFits(name, value);
  return { ...request, headers: [...request.headers, [name, value]] };
}

/** @throws InjectionError when a header cannot have this value. */
export function checkFits(name: string, value: string): void {
  if (isHeaderValue(value) && value === value.trim()) return;
  throw new InjectionError(
    `the secret does not fit into the header ${name}: it has line ends, control characters or outer spaces`,
  );
}

function withQuery(request: OutgoingRequest, name: string, value: Uint8Array): OutgoingRequest {
  if (request.url.searchParams.has(name)) {
    throw new InjectionError(`the URL has a parameter ${name} already: leave it to the secret`);
  }
  const url = new URL(request.url);
  const before = url.search === '' || url.search === '?' ? '' : `${url.search.slice(1)}&`;
  url.search = `${before}${percentEncoded(encodeUtf8(name))}=${percentEncoded(value)}`;
  return { ...request, url };
}

function withField(request: OutgoingRequest, name: string, value: Uint8Array): OutgoingRequest {
  const typed = withType(request, FORM, (type) => type === FORM);
  const body = wholeBody(request) ?? new Uint8Array(0);
  const before = textOf(body, 'the form');
  if (new URLSearchParams(before).has(name)) {
    throw new InjectionError(`the form has a field ${name} already: leave it to the secret`);
  }
  const field = `${percentEncoded(encodeUtf8(name))}=${percentEncoded(value)}`;
  return { ...typed, body: concatBytes(body, encodeUtf8(before === '' ? field : `&${field}`)) };
}

function withMember(request: OutgoingRequest, path: readonly string[], value: Uint8Array): OutgoingRequest {
  const typed = withType(request, 'application/json', isJsonType);
  const body = wholeBody(request);
  const text = body === null ? '' : textOf(body, 'the body');
  const whole = setMember(text || '{}', path, textOf(value, 'a secret in a JSON body'));
  return { ...typed, body: encodeUtf8(whole) };
}

/** @throws InjectionError for one that is too long to be held. */
function wholeBody({ body }: OutgoingRequest): Uint8Array | null {
  if (body === null || body instanceof Uint8Array) return body;
  throw new InjectionError('the body is too long for a secret in it');
}

/** The request with a content type: the one that it has, if that fits, or else `standard`. */
function withType(
  request: OutgoingRequest,
  standard: string,
  fits: (type: string) => boolean,
): OutgoingRequest {
  if (headerOf(request, 'content-type') === null)
    return { ...request, headers: [...request.headers, ['Content-Type', standard]] };
  const type = mediaTypeOf(request);
  if (fits(type)) return request;
  throw new InjectionError(`a body of the type ${type} has no place for the secret: ${standard} has`);
}

/** RFC 9110 section 5.5: visible characters, spaces, tabs and bytes from 0x80 on. */
function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** As headers hold bytes. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** @throws InjectionError when `what` is no text. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    // The bytes themselves say nothing more.
    throw new InjectionError(`${what} is not text in UTF-8`);
  }
}
