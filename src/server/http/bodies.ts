/** Reads the body of a request: checks its size, its encoding and its syntax. */

import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import type { ZephrError } from '../../core/errors.js';
import { type HttpRequest, headerOf } from './messages.js';
import { RequestError } from './request-error.js';

/** A body: the bytes that came, and what they say. */
export interface JsonBody {
  readonly bytes: Bytes;
  readonly json: unknown;
}

/** Room for a body at first, in bytes: most fit. */
const FIRST_ROOM = 16_384;

/** How often a body that is read stands in memory, beside its bytes: as text, as JSON, and on its way to the store. */
const COPIES = 3;

/**
 * Reads a JSON body of at most `limit` bytes. Stops reading at the first byte too many.
 * @param tooLarge makes the error for that.
 * @throws RequestError `UNSUPPORTED_MEDIA_TYPE` unless it is declared as JSON that is not compressed,
 *   `INVALID_REQUEST_BODY` unless it is JSON in UTF-8 and came whole; or what `tooLarge` makes.
 */
export async function readJsonBody(
  request: HttpRequest,
  limit: number,
  tooLarge: () => ZephrError,
): Promise<JsonBody> {
  checkType(request, 'application/json');
  const bytes = await readBytes(request, limit, tooLarge);
  request.memory.add(COPIES * bytes.length);
  try {
    return { bytes, json: JSON.parse(decodeUtf8(bytes)) };
  } catch (cause) {
    throw new RequestError('INVALID_REQUEST_BODY', 'the body is not JSON in UTF-8', { cause });
  }
}

/**
 * The bytes of a body as they come, at most `limit` of them. The client may take its time for the whole, but not
 * between two chunks: the deadline of its connection is for silence from now on. What the caller does with a chunk
 * is not counted, and until it asks for the next one the client has to wait.
 * @param tooLarge makes the error for the first byte too many.
 * @throws RequestError `INVALID_REQUEST_BODY` if the body does not come whole; or what `tooLarge` makes.
 */
export async function* streamBody(
  request: HttpRequest,
  limit: number,
  tooLarge: () => ZephrError,
): AsyncGenerator<Bytes, void, undefined> {
  const { deadline, body } = request;
  if (announcedLength(request) > limit) throw tooLarge();
  let length = 0;
  deadline?.expectBytes();
  try {
    // Without destroying the body at the end: that would take the connection away, and the answer with it.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > limit) throw tooLarge();
      deadline?.pause();
      yield chunk;
      deadline?.expectBytes();
    }
  } catch (error) {
    if (error === body.errored) throw cutOff(error);
    throw error;
  } finally {
    // Bytes that are still to come are not read any more, but they must not hold the connection for ever.
    deadline?.expectBytes();
  }
}

/**
 * Copies the body into one buffer as it comes: a body of many small chunks takes no more room than any other. The buffer
 * grows with what has come, up to the length that was announced or is allowed: who only announces takes up no memory.
 */
function readBytes(request: HttpRequest, limit: number, tooLarge: () => ZephrError): Promise<Bytes> {
  const { body, memory } = request;
  const announced = announcedLength(request);
  if (announced > limit) throw tooLarge();
  const most = announced || limit;
  return new Promise((resolve, reject) => {
    let bytes = new Uint8Array(Math.min(most, FIRST_ROOM));
    let length = 0;
    const add = (chunk: Uint8Array) => {
      const start = length;
      length += chunk.length;
      if (length > most) throw tooLarge();
      if (length > bytes.length) {
        const room = Math.min(2 * length, most);
        memory.add(room);
        bytes = enlarged(bytes, room);
      }
      bytes.set(chunk, start);
    };
    const take = (chunk: Uint8Array) => {
      try {
        add(chunk);
      } catch (error) {
        body.off('data', take).pause();
        // The connection may stay for a while, and has no share of the memory for this any more.
        bytes = new Uint8Array(0);
        reject(error);
      }
    };
    body.on('data', take);
    body.on('end', () => resolve(bytes.subarray(0, length)));
    body.on('error', (cause) => reject(cutOff(cause)));
  });
}

/**
 * Reads a body of a length that was announced into one buffer of that length. The client may take its time, as for
 * {@link streamBody}. When it has arrived it has memory for as much again, which is what the way to a store takes.
 * @throws RequestError `INVALID_REQUEST_BODY` if the body does not come whole.
 */
export async function readWhole(request: HttpRequest, length: number): Promise<Bytes> {
  const { memory } = request;
  let bytes = new Uint8Array(Math.min(length, FIRST_ROOM));
  let start = 0;
  const tooLong = () => new RequestError('INVALID_REQUEST_BODY', 'the body is longer than announced');
  for await (const piece of streamBody(request, length, tooLong)) {
    const end = start + piece.length;
    if (end > bytes.length) {
      // Copied a few times at most: an announced length alone takes up no memory.
      const room = Math.min(4 * end, length);
      await memory.reserve(room);
      bytes = enlarged(bytes, room);
    }
    bytes.set(piece, start);
    start = end;
  }
  if (start < length) throw cutOff(undefined);
  await memory.reserve(length);
  return bytes;
}

/**
 * The length of a body that must have one.
 * @throws RequestError `LENGTH_REQUIRED` for a body that comes in chunks of HTTP, or none at all.
 */
export function lengthOf(request: HttpRequest): number {
  if (headerOf(request, 'Content-Length') !== undefined) return announcedLength(request);
  throw new RequestError('LENGTH_REQUIRED', 'send the length of the body as Content-Length');
}

/**
 * Checks that a body is declared as one of `type`, and is not compressed.
 * @throws RequestError `UNSUPPORTED_MEDIA_TYPE`.
 */
export function checkType(request: HttpRequest, type: string): void {
  const [declared = ''] = (headerOf(request, 'Content-Type') ?? '').split(';');
  if (declared.trim().toLowerCase() !== type) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', `the content type is not ${type}`);
  }
  if (!/^(identity)?$/i.test(headerOf(request, 'Content-Encoding') ?? '')) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'the body is compressed: send it as it is');
  }
}

function announcedLength(request: HttpRequest): number {
  return Number(headerOf(request, 'Content-Length') ?? 0);
}

function enlarged(bytes: Bytes, length: number): Bytes {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

function cutOff(cause: unknown): RequestError {
  return new RequestError('INVALID_REQUEST_BODY', 'the body did not arrive whole', { cause });
}
