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

/** The bytes of a body, with its errors as those of `host`. */
interface Source {
  /** The next bytes; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  cancel(): Promise<void>;
}

/**
 * Reads a body to its end.
 * @throws NetworkError `REPLY_TOO_LARGE` when it has more than `maxBytes`, or why it ended too soon.
 */
export async function readWhole(
  reply: FetchReply,
  maxBytes: number,
  host: string,
  deadline: Deadline,
): Promise<Bytes> {
  const source = sourceOf(reply, maxBytes, host);
  const pieces: Uint8Array[] = [];
  for (;;) {
    deadline.restart();
    const piece = await source.read();
    if (piece === undefined) return concatBytes(...pieces);
    pieces.push(piece);
  }
}

/**
 * Hands on a body as it comes. The idle time of `deadline` runs only while its reader waits for bytes; at the end it is
 * stopped. The stream rejects as {@link readWhole} does, and when the deadline's signal fires.
 */
export function readAsStream(
  reply: FetchReply,
  maxBytes: number,
  host: string,
  deadline: Deadline,
): ByteStream {
  const source = sourceOf(reply, maxBytes, host);
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
      if (ended) return end();
      deadline.restart();
      try {
        const piece = await deadline.within(source.read());
        if (piece === undefined) return end();
        deadline.pause();
        return { done: false, value: piece };
      } catch (error) {
        end();
        throw deadline.reasonFor(error);
      }
    },
    async return() {
      const wasEnded = ended;
      const result = end();
      if (!wasEnded) await source.cancel();
      return result;
    },
  };
}

function sourceOf({ body }: FetchReply, maxBytes: number, host: string): Source {
  if (body === null) return { read: async () => undefined, cancel: async () => undefined };
  const reader = body.getReader();
  let left = maxBytes;
  return {
    async read() {
      let next: Awaited<ReturnType<FetchReader['read']>>;
      try {
        next = await reader.read();
      } catch (cause) {
        throw networkError(cause, host);
      }
      const { done, value } = next;
      if (done || value === undefined) return undefined;
      left -= value.length;
      if (left >= 0) return value;
      const error = new NetworkError(
        `the answer of ${host} is too long to be zephr's`,
        host,
        'REPLY_TOO_LARGE',
      );
      await reader.cancel(error);
      throw error;
    },
    cancel: () => reader.cancel(),
  };
}
