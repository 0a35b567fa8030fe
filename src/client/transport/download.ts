/** Reading the body of a reply, up to a cap, so that no server fills the memory. */

import { type Bytes, concatBytes } from '../../core/bytes.js';
import { NetworkError } from '../../core/errors.js';
import type { Deadline } from './deadline.js';
import type { FetchReader, FetchReply } from './fetch.js';

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

/** The next bytes of a body, of which at most `left` may come. */
async function readPiece(reader: FetchReader, left: number, host: string): Promise<Uint8Array | undefined> {
  const { done, value } = await reader.read();
  if (done || value === undefined) return undefined;
  if (value.length <= left) return value;
  const error = new NetworkError(`the answer of ${host} is too long to be zephr's`, host, 'REPLY_TOO_LARGE');
  await reader.cancel(error);
  throw error;
}
