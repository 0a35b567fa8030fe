/** The JSON body of a request, as far as it may be trusted: its size, its encoding, its syntax. */

import { type Bytes, concatBytes, decodeUtf8 } from '../../core/bytes.js';
import { ApiError } from '../../core/errors.js';

/** A body: the bytes that came, and what they say. */
export interface JsonBody {
  readonly bytes: Bytes;
  readonly json: unknown;
}

/**
 * Reads a JSON body of at most `limit` bytes. Stops reading at the first byte too many.
 * @param tooLarge makes the error for that.
 * @throws ApiError 415 `UNSUPPORTED_MEDIA_TYPE` unless it is declared as JSON that is not compressed, 400
 *   `INVALID_REQUEST_BODY` unless it is JSON in UTF-8 and came whole.
 */
export async function readJsonBody(
  request: Request,
  limit: number,
  tooLarge: () => ApiError,
): Promise<JsonBody> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new ApiError('the content type is not application/json', 415, 'UNSUPPORTED_MEDIA_TYPE');
  }
  if (!/^(identity)?$/i.test(request.headers.get('content-encoding') ?? '')) {
    throw new ApiError('the body is compressed: send it as it is', 415, 'UNSUPPORTED_MEDIA_TYPE');
  }
  const bytes = await readBytes(request, limit).catch((cause: unknown) => {
    throw malformed('the body did not arrive whole', cause);
  });
  if (bytes === null) throw tooLarge();
  try {
    return { bytes, json: JSON.parse(decodeUtf8(bytes)) };
  } catch (cause) {
    throw malformed('the body is not JSON in UTF-8', cause);
  }
}

/** The body's bytes, or `null` when there are more than `limit`. */
async function readBytes(request: Request, limit: number): Promise<Bytes | null> {
  const announced = request.headers.get('content-length');
  if (announced !== null) {
    // HTTP holds the sender to what it announced, so there is no need to count along.
    if (Number(announced) > limit) return null;
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.length > limit ? null : bytes;
  }
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > limit) {
      await reader?.cancel();
      return null;
    }
    chunks.push(part.value);
  }
  return concatBytes(...chunks);
}

function malformed(message: string, cause: unknown): ApiError {
  return new ApiError(message, 400, 'INVALID_REQUEST_BODY', { cause });
}
