/** Requests as a proxy gets them: what may be passed on of them, and what could be read in two ways. */

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { InjectionError } from '../broker-error.js';
import { pairsOf } from '../requests/headers.js';
import type { OutgoingRequest } from '../requests/injection.js';

/**
 * Headers about this connection (RFC 9110 section 7.6.1), about the proxy, or that ask for a part of a response: a part of
 * it could hold a part of a secret, which nobody would recognize.
 */
const NOT_PASSED =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-length|http2-settings|range|if-range|x-zephr-.*)$/i;

/** What a Connection header may say: any other word would name a header that the next one has to drop. */
const CONNECTION_WORDS: readonly string[] = ['close', 'keep-alive', 'upgrade', 'te', 'http2-settings'];

/** A longer body is not held in memory to look for a place for a secret in it. */
const MOST_HELD = 1_048_576;

/**
 * A request for the next one on the way: a body as it comes, and no header about this connection.
 * @param url where it goes, as {@link targetOf} gives it.
 * @throws InjectionError when it has several hosts, or a Connection header names others.
 */
export function outgoingOf(message: IncomingMessage, url: URL): OutgoingRequest {
  const headers = pairsOf(message.rawHeaders);
  if (headers.filter(([name]) => name.toLowerCase() === 'host').length > 1)
    throw new InjectionError('the request has several Host headers');
  const words = (message.headers.connection ?? '').split(',').map((word) => word.trim().toLowerCase());
  if (words.some((word) => word !== '' && !CONNECTION_WORDS.includes(word)))
    throw new InjectionError('a Connection header that names other headers is not passed on');
  const { 'content-length': length, 'transfer-encoding': coding } = message.headers;
  const hasBody = coding !== undefined || (length !== undefined && length !== '0');
  return {
    method: message.method ?? '',
    url,
    headers: headers.filter(([name]) => !NOT_PASSED.test(name)),
    body: hasBody ? message : null,
    bodyLength: hasBody && coding === undefined ? Number(length) : undefined,
  };
}

/**
 * The URL of a request's target, below an origin. What is checked of it is what is sent.
 * @throws InjectionError for a target that is no path.
 */
export function targetOf(origin: string, target: string): URL {
  if (!target.startsWith('/') || target.includes('#'))
    throw new InjectionError('the target of the request is not a path');
  // Not as a relative URL: a path may begin with two slashes.
  return new URL(origin + target);
}

/** The request with its body in memory, where it is not too long for that. */
export async function holdBody(request: OutgoingRequest): Promise<OutgoingRequest> {
  const { body, bodyLength = 0 } = request;
  if (body === null || body instanceof Uint8Array || bodyLength > MOST_HELD) return request;
  const chunks: Uint8Array[] = [];
  let held = 0;
  const source = body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  for await (const chunk of source) {
    chunks.push(chunk);
    held += chunk.length;
    if (held > MOST_HELD) return { ...request, body: resumed(chunks, body) };
  }
  const { bodyLength: _, ...rest } = request;
  return { ...rest, body: Buffer.concat(chunks) };
}

/** A stream that begins with what was read of it. */
function resumed(chunks: readonly Uint8Array[], rest: Readable): Readable {
  for (const chunk of [...chunks].reverse()) rest.unshift(chunk);
  return rest;
}
