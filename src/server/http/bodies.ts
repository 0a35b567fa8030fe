/** Reads the body of a request: checks its size, its encoding and its syntax. */

import type { Context } from 'hono';
import { type Bytes, concatBytes, decodeUtf8 } from '../../core/bytes.js';
import type { ZephrError } from '../../core/errors.js';
import type { ServerEnv } from './answers.js';
import { RequestError } from './request-error.js';

/** A body: the bytes that came, and what they say. */
export interface JsonBody {
  readonly bytes: Bytes;
  readonly json: unknown;
}

/**
 * Reads a JSON body of at most `limit` bytes. Stops reading at the first byte too many.
 * @param tooLarge makes the error for that.
 * @throws RequestError `UNSUPPORTED_MEDIA_TYPE` unless it is declared as JSON that is not compressed,
 *   `INVALID_REQUEST_BODY` unless it is JSON in UTF-8 and came whole; or what `tooLarge` makes.
 */
export async function readJsonBody(
  request: Request,
  limit: number,
  tooLarge: () => ZephrError,
): Promise<JsonBody> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'the content type is not application/json');
  }
  if (!/^(identity)?$/i.test(request.headers.get('content-encoding') ?? '')) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'the body is compressed: send it as it is');
  }
  const bytes = await readBytes(request, limit, tooLarge);
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
  context: Context<ServerEnv>,
  limit: number,
  tooLarge: () => ZephrError,
): AsyncGenerator<Bytes, void, undefined> {
  const { deadline } = context.env;
  deadline?.expectBytes();
  try {
    for await (const chunk of chunksOf(context.req.raw, limit, tooLarge)) {
      deadline?.pause();
      yield chunk;
      deadline?.expectBytes();
    }
  } finally {
    // Bytes that are still to come are not read any more, but they must not hold the connection for ever.
    deadline?.expectBytes();
  }
}

async function readBytes(request: Request, limit: number, tooLarge: () => ZephrError): Promise<Bytes> {
  const announced = request.headers.get('content-length');
  if (announced !== null) {
    // HTTP holds the client to the length it announced, and to read it all at once costs less than a stream.
    if (Number(announced) > limit) throw tooLarge();
    const bytes = new Uint8Array(await request.arrayBuffer().catch(cutOff));
    if (bytes.length > limit) throw tooLarge();
    return bytes;
  }
  const chunks: Bytes[] = [];
  for await (const chunk of chunksOf(request, limit, tooLarge)) chunks.push(chunk);
  return concatBytes(...chunks);
}

async function* chunksOf(
  request: Request,
  limit: number,
  tooLarge: () => ZephrError,
): AsyncGenerator<Bytes, void, undefined> {
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(cutOff);
      if (done) return;
      length += value.length;
      if (length > limit) throw tooLarge();
      yield value;
    }
  } finally {
    // Of a body that was read to its end, or cut off, nothing is left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}

function cutOff(cause: unknown): never {
  throw new RequestError('INVALID_REQUEST_BODY', 'the body did not arrive whole', { cause });
}
