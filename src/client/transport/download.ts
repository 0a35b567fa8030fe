/** The body of a reply: read whole, or handed on as a stream. Both have a cap, so that no server fills the memory. */

import { type Bytes, concatBytes } from '../../core/bytes.js';
import { NetworkError } from '../../core/errors.js';
import type { Deadline } from './deadline.js';
import type { FetchReader, FetchReply } from './fetch.js';
import { networkError } from './network-errors.js';

/** A body in pieces, as they come. Read it to its end, or close it with `return()`, as `for await` does. */
export interface ByteStream extends AsyncIterableIterator<Uint8Array, undefined, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

/**
 * Reads a body to its end.
 * @throws NetworkError `REPLY_TOO_LARGE` when it has more than `maxBytes`; what `body` rejects with.
 */
export async function readWhole(
  body: FetchReply['body'],
  maxBytes: number,
  host: string,
  deadline: Deadline,
): Promise<Bytes> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  for (let left = maxBytes; ; ) {
    deadline.restart();
    const piece = await readPiece(reader, left, host);
    if (piece === undefined) return concatBytes(...pieces);
    left -= piece.length;
    pieces.push(piece);
  }
}

/**
 * Hands on a body as it comes. The idle time of `deadline` runs only while the stream's reader waits for bytes, and
 * ends with the stream. The stream rejects with a NetworkError, `REPLY_TOO_LARGE` when it has more than `maxBytes`,
 * and with the reason of the caller's signal.
 */
export function readAsStream(
  body: FetchReply['body'],
  maxBytes: number,
  host: string,
  deadline: Deadline,
): ByteStream {
  const reader = body === null ? undefined : body.getReader();
  let left = maxBytes;
  let ended = false;
  const end = () => {
    ended = true;
    deadline.end();
    return { done: true, value: undefined } as const;
  };
  deadline.pause();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended || reader === undefined) return end();
      deadline.restart();
      try {
        const piece = await deadline.within(readPiece(reader, left, host));
        if (piece === undefined) return end();
        left -= piece.length;
        deadline.pause();
        return { done: false, value: piece };
      } catch (error) {
        end();
        throw deadline.reasonFor(networkError(error, host, 'body'));
      }
    },
    async return() {
      const wasEnded = ended;
      const result = end();
      if (!wasEnded) await reader?.cancel();
      return result;
    },
  };
}

/** The next bytes of a body, of which at most `left` may come. */
async function readPiece(reader: FetchReader, left: number, host: string): Promise<Uint8Array | undefined> {
  const { done, value } = await reader.read();
  if (done || value === undefined) return undefined;
  if (value.length <= left) return value;
  const error = new NetworkError(`the answer of ${host} is too long to be zephr's`, host, 'REPLY_TOO_LARGE');
  await reader.cancel(error);
  throw error;
}
