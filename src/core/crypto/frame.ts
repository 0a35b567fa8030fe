/** The plaintext of version 2: meta, content and padding in one frame (core/protocol/PROTOCOL.md section 3). */

import { type Bytes, concatBytes } from '../bytes.js';
import { decryptionFailed, ValidationError } from '../errors.js';
import { longestUnpadded, paddedLength } from './padme.js';
import { type ByteSource, zeros } from './stream.js';

const LENGTH_BYTES = 2;
const END = 0x80;
const END_BYTES = 1;

/** The bytes of a frame, padding included, with `metaBytes` of meta and `contentBytes` of content. */
export function frameLength(metaBytes: number, contentBytes: number): number {
  return paddedLength(LENGTH_BYTES + metaBytes + contentBytes + END_BYTES);
}

/** The longest content, in bytes, beside `metaBytes` of meta in a frame of `room` bytes; 0 when there is none. */
export function longestContent(room: number, metaBytes: number): number {
  return Math.max(0, longestUnpadded(room) - LENGTH_BYTES - metaBytes - END_BYTES);
}

/**
 * Yields a frame, in pieces.
 * @param meta at most 65,535 bytes
 * @param contentLength bytes of `content`, which must be known before they come
 * @throws ValidationError `LENGTH_MISMATCH` from the generator, when `content` is longer or shorter.
 */
export async function* writeFrame(
  meta: Uint8Array,
  content: ByteSource,
  contentLength: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield concatBytes(Uint8Array.of(meta.length >>> 8, meta.length & 0xff), meta);
  let left = contentLength;
  for await (const piece of content) {
    left -= piece.length;
    if (left < 0) throw lengthMismatch();
    yield piece;
  }
  if (left > 0) throw lengthMismatch();
  const padded = frameLength(meta.length, contentLength);
  const unpadded = LENGTH_BYTES + meta.length + contentLength + END_BYTES;
  yield Uint8Array.of(END);
  yield* zeros(padded - unpadded);
}

/** A frame whose meta has been read. */
export interface OpenFrame {
  readonly meta: Bytes;
  /** Ends normally only if the frame does. Read it to its end, or close it with `return()`. */
  readonly content: AsyncGenerator<Bytes, void, undefined>;
}

/**
 * Reads a frame up to the end of its meta. The number of zeros after the content is not checked: they are
 * authenticated, and a sender who writes more or fewer of them only changes the length of the ciphertext.
 * @throws EncryptionError when it is not a frame; from `content` too, at its end.
 */
export async function readFrame(frame: AsyncGenerator<Bytes, void, undefined>): Promise<OpenFrame> {
  let head: Bytes = new Uint8Array(0);
  let metaEnd = LENGTH_BYTES;
  while (head.length < metaEnd) {
    const next = await frame.next();
    if (next.done === true) throw decryptionFailed('the frame is shorter than its meta');
    head = head.length === 0 ? next.value : concatBytes(head, next.value);
    const [high, low] = head;
    if (high !== undefined && low !== undefined) metaEnd = LENGTH_BYTES + ((high << 8) | low);
  }
  return { meta: head.subarray(LENGTH_BYTES, metaEnd), content: readContent(head.subarray(metaEnd), frame) };
}

/** The content. An end mark and the zeros after it are held back: another byte after them makes them content. */
async function* readContent(
  first: Bytes,
  rest: AsyncGenerator<Bytes, void, undefined>,
): AsyncGenerator<Bytes, void, undefined> {
  let zerosAfterMark: number | undefined;
  try {
    let next: IteratorResult<Bytes, void> = { done: false, value: first };
    for (; next.done !== true; next = await rest.next()) {
      const piece = next.value;
      const last = lastNonZero(piece);
      if (last === -1 && zerosAfterMark !== undefined) {
        zerosAfterMark += piece.length;
        continue;
      }
      if (zerosAfterMark !== undefined) {
        yield Uint8Array.of(END);
        yield* zeros(zerosAfterMark);
      }
      const marked = piece[last] === END;
      zerosAfterMark = marked ? piece.length - last - 1 : undefined;
      const content = marked ? piece.subarray(0, last) : piece;
      if (content.length > 0) yield content;
    }
  } finally {
    await rest.return();
  }
  if (zerosAfterMark === undefined) throw decryptionFailed('the frame has no end mark');
}

/** The index of the last byte that is not zero, or -1. */
function lastNonZero(bytes: Uint8Array): number {
  let index = bytes.length - 1;
  while (index >= 0 && bytes[index] === 0) index--;
  return index;
}

function lengthMismatch(): ValidationError {
  return new ValidationError('the content is not as long as it was said to be', 'LENGTH_MISMATCH');
}
