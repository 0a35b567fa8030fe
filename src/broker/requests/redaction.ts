/**
 * A response without the secrets of its request: in the status text, headers, trailers and body, compressed or not. What
 * cannot be decoded is withheld, for a secret in it would not be found.
 */

import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, Transform } from 'node:stream';
import zlib from 'node:zlib';
import { UpstreamError } from '../broker-error.js';
import { holdsNothing, type MaskedForms, Masker } from '../masking/masker.js';
import { type HeaderList, pairsOf } from './headers.js';

/** What the caller of a request gets. Its texts are bytes, as ISO 8859-1. */
export interface RedactedResponse {
  readonly status: number;
  readonly statusText: string;
  /** As the upstream sent them, without those that were about its connection or the body's encoding. */
  readonly headers: HeaderList;
  /** Bytes of the body as the upstream sends it; null where it does not say, or codes it. With masking it may be another. */
  readonly length: number | null;
  /**
   * The decoded body, once. A byte waits for others only where a secret may have begun with it.
   * @throws UpstreamError from its iteration, when the body breaks off or cannot be decoded.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** The decoded body in one piece, in place of `body`: for a short one that costs a tenth. @throws UpstreamError. */
  whole(): Promise<Uint8Array>;
  /** Complete once the body is. */
  trailers(): HeaderList;
  /** Whether a secret was found so far. */
  redacted(): boolean;
  /** Closes the connection. */
  close(): void;
}

/** Headers about the connection, RFC 9110 section 7.6.1, or about a body that is decoded now. */
const NOT_PASSED =
  /^(?:connection|keep-alive|proxy-connection|proxy-authenticate|te|trailer|transfer-encoding|upgrade|content-encoding|content-length)$/i;

/** Texts in which a secret has other bytes than those that are looked for. */
const OTHER_BYTES = /charset\s*=\s*"?(?:utf-?(?:16|32|7)|ucs-?[24])/i;

/**
 * The response without secrets.
 * @param method of the request: the response to HEAD has the headers of a body and no body.
 * @throws UpstreamError `RESPONSE_WITHHELD` when the body's encoding is not known.
 */
export function redact(response: IncomingMessage, forms: MaskedForms, method: string): RedactedResponse {
  let found = false;
  const watched = function* (pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const piece of pieces) {
      found ||= forms.distinctMarkers.has(piece);
      if (piece.length > 0) yield piece;
    }
  };
  const maskText = (text: string): string => {
    if (holdsNothing(text, forms)) return text;
    const masker = new Masker(forms);
    const pieces = [...watched(masker.push(Buffer.from(text, 'latin1'))), ...watched(masker.end())];
    return Buffer.concat(pieces).toString('latin1');
  };
  const maskHeaders = (raw: readonly string[]): HeaderList =>
    pairsOf(raw)
      .filter(([name]) => !NOT_PASSED.test(name))
      .map(([name, value]) => [maskText(name), maskText(value)] as const);
  const hasBody = method !== 'HEAD' && response.statusCode !== 204 && response.statusCode !== 304;
  const decoded = hasBody ? decode(response) : response;
  return {
    status: response.statusCode ?? 0,
    statusText: maskText(response.statusMessage ?? ''),
    headers: maskHeaders(response.rawHeaders),
    length: decoded === response ? lengthOf(response) : null,
    body: (async function* () {
      const masker = new Masker(forms);
      for await (const chunk of chunksOf(decoded)) yield* watched(masker.push(chunk));
      yield* watched(masker.end());
    })(),
    async whole() {
      const masker = new Masker(forms);
      const pieces: Uint8Array[] = [];
      await readToEnd(decoded, (chunk) => pieces.push(...watched(masker.push(chunk))));
      return Buffer.concat([...pieces, ...watched(masker.end())]);
    },
    trailers: () => maskHeaders(response.rawTrailers),
    redacted: () => found,
    close: () => void response.destroy(),
  };
}

function lengthOf({ headers }: IncomingMessage): number | null {
  const { 'content-length': length } = headers;
  return length === undefined ? null : Number(length);
}

/** The body as its encodings had it (RFC 9110 section 8.4), in the order that undoes them. */
function decode(response: IncomingMessage): Readable {
  const { headers } = response;
  if (OTHER_BYTES.test(headers['content-type'] ?? '')) throw withheld(response, 'a text of that charset');
  const encodings = (headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  const decoders = encodings.reverse().map((encoding) => {
    const decoder = decoderOf(encoding);
    if (decoder === null)
      throw withheld(response, `the content encoding ${JSON.stringify(encoding.slice(0, 20))}`);
    return decoder;
  });
  const last = decoders.at(-1);
  if (last === undefined) return response;
  // What goes wrong is told to the reader of the last one.
  pipeline([response, ...decoders], () => undefined);
  return last;
}

function withheld(response: IncomingMessage, what: string): UpstreamError {
  response.destroy();
  return new UpstreamError(
    `the response is withheld: ${what} cannot be searched for secrets`,
    'RESPONSE_WITHHELD',
  );
}

/** Null for an encoding that this Node does not know; zstd (RFC 8878) came with 22.15. */
function decoderOf(encoding: string): Transform | null {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'deflate':
      return zlib.createInflate();
    case 'zstd':
      return zstdDecoder();
    default:
      return null;
  }
}

/** Not in the types of the oldest Node that runs zephr. */
function zstdDecoder(): Transform | null {
  const create: unknown = 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined;
  const decoder: unknown = typeof create === 'function' ? create() : null;
  return decoder instanceof Transform ? decoder : null;
}

async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (error) {
    throw brokenOff(error);
  }
}

/** Gives each chunk to `take`. */
function readToEnd(body: Readable, take: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on('data', take);
    body.on('end', resolve);
    body.on('error', (error) => reject(brokenOff(error)));
    body.on('close', () => {
      if (!body.readableEnded) reject(brokenOff(undefined));
    });
  });
}

function brokenOff(cause: unknown): UpstreamError {
  if (!isDecodingError(cause))
    return new UpstreamError('the response broke off', 'UPSTREAM_FAILED', { cause });
  const message = 'the response is withheld from here on: its body is not of the encoding that it names';
  return new UpstreamError(message, 'RESPONSE_WITHHELD', { cause });
}

function isDecodingError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /^(?:Z_|ERR_?_?BROTLI|ERR_BUFFER|ERR__ERROR_FORMAT|ZSTD)/.test(String(error.code))
  );
}
