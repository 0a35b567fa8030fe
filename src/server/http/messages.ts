/** A request and its response as the app knows them: plain values, which a test makes as easily as a socket does. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Bytes } from '../../core/bytes.js';
import type { BodyDeadline } from './body-deadline.js';
import { type HeaderFields, type HeaderList, PREFLIGHT_HEADERS } from './headers.js';
import type { MemoryShare } from './memory-budget.js';

/** A request, whose body may still be on its way. Node's own `IncomingMessage` has most of it. */
export interface HttpRequest {
  readonly method: string;
  /** What the request line asks for (RFC 9112 section 3.2): a path, perhaps with a query, or a whole URL. */
  readonly target: string;
  /** By names in lower case. The values of a header that came several times are joined with commas. */
  readonly headers: IncomingHttpHeaders;
  /** Whoever made the request disposes of what the app leaves unread. */
  readonly body: Readable;
  /** The client's IP address. */
  readonly address: string;
  /** What it has of the server's memory, until its response has been sent. */
  readonly memory: MemoryShare;
  /** Limits how long the client takes to send the body. Missing where there is no body or no connection. */
  readonly deadline?: BodyDeadline | undefined;
}

/** What a handler makes of a request. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  /**
   * A stream is asked for its next chunk only when the client has room for it. If it throws, the connection is cut, so
   * that the client does not take what it got for the whole.
   */
  readonly body: string | Bytes | AsyncIterable<Bytes> | null;
}

/** A response with all its headers, as it is sent. */
export interface CompleteResponse extends Omit<HttpResponse, 'headers'> {
  readonly headers: HeaderList;
}

/** A whole server without its sockets. It rejects only by a fault of its own. */
export type App = (request: HttpRequest) => Promise<CompleteResponse>;

/** A header of a request, by its name in any case. */
export function headerOf({ headers }: HttpRequest, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** A parameter of a request's query; nothing if it is not there. The first, where it comes several times. */
export function queryOf({ target }: HttpRequest, name: string): string | undefined {
  const [, query = ''] = /\?([^#]*)/.exec(target) ?? [];
  return new URLSearchParams(query).get(name) ?? undefined;
}

/** A response in JSON. */
export function jsonResponse(status: number, value: object, headers: HeaderFields = {}): HttpResponse {
  return jsonTextResponse(status, JSON.stringify(value), headers);
}

/** The same of a text that is JSON already. */
export function jsonTextResponse(status: number, body: string | Bytes, headers: HeaderFields): HttpResponse {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

/** The response to a CORS preflight. */
export function preflight(): HttpResponse {
  return emptyResponse(204, PREFLIGHT_HEADERS);
}

/** A response without a body. */
export function emptyResponse(status: number, headers: HeaderFields = {}): HttpResponse {
  return { status, headers, body: null };
}

/**
 * Adds to a response the headers that every one at its path has, unless it has its own, and its length where that is
 * known. It copies lists and not objects: Node takes half as long to send those.
 */
export function completed({ status, headers, body }: HttpResponse, fixed: HeaderList): CompleteResponse {
  const list: string[] = [];
  for (let index = 0; index < fixed.length; index += 2) {
    const name = fixed[index] ?? '';
    if (!(name in headers)) list.push(name, fixed[index + 1] ?? '');
  }
  for (const name of Object.keys(headers)) list.push(name, headers[name] ?? '');
  if (body !== null && !isStream(body)) list.push('Content-Length', String(Buffer.byteLength(body)));
  return { status, headers: list, body };
}

/** Whether a body comes in chunks, of which only its source knows how many. */
export function isStream(body: HttpResponse['body']): body is AsyncIterable<Bytes> {
  return body !== null && typeof body === 'object' && Symbol.asyncIterator in body;
}
