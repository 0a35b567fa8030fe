/**
 * STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", 2015) over AES-256-GCM: a long plaintext in chunks that cannot be swapped, repeated, dropped or
 * cut off. Chunk sizes and nonces are those of core/protocol/PROTOCOL.md section 3. A key seals one plaintext only.
 */

import type { Bytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from './aes-gcm.js';

/** Bytes in pieces of any length. A piece is not changed after it was handed over. */
export type ByteSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** One of the equal parts that bytes are cut into. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Whether it is the last one, which may be shorter but is never empty. */
  readonly last: boolean;
}

/** How a plaintext is cut, and how much of it is under way. */
export interface Chunking {
  /** Bytes of plaintext in every chunk but the last. */
  readonly chunkBytes: number;
  /**
   * Chunks that are sealed or opened at the same time. WebCrypto works on other threads: with one chunk at a time, the
   * way there and back takes longer than the cipher.
   */
  readonly window: number;
}

/** Which chunk of its plaintext one is. */
export interface ChunkPlace {
  /** From 0. */
  readonly index: number;
  readonly last: boolean;
}

/** Bytes of plaintext in every chunk of a blob but the last, which has 1 to as many. */
export const CHUNK_BYTES = 65_536;

const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** With more chunks at the same time nothing gets faster. Each takes up to 200 KB of memory. */
const BLOB_CHUNKING: Chunking = { chunkBytes: CHUNK_BYTES, window: 16 };

/** The most zeros in one piece of padding. */
const MAX_ZEROS = 65_536;

/** Sees a chunk of plaintext before it is sealed; when it rejects, that chunk and those after it are not. */
export type BeforeSealing = (plaintext: Uint8Array, place: ChunkPlace) => Promise<void>;

/**
 * Seals a plaintext and yields its sealed chunks, each longer by a tag of 16 bytes.
 * @param plaintext at least one byte
 */
export function sealChunks(
  key: CryptoKey,
  plaintext: ByteSource,
  { chunkBytes, window }: Chunking = BLOB_CHUNKING,
  before: BeforeSealing = async () => undefined,
): AsyncGenerator<Bytes, void, undefined> {
  return mapConcurrent(
    cut(plaintext, chunkBytes),
    async ({ bytes, last }, index) => {
      await before(bytes, { index, last });
      return encrypt(key, nonceOf({ index, last }), bytes);
    },
    window,
  );
}

/**
 * Opens what {@link sealChunks} made of a blob and yields the plaintext, chunk by chunk. Every chunk it yields is genuine and in
 * its place, but only the generator's normal end says that none is missing.
 * @throws EncryptionError from the generator, at the first chunk that is not genuine.
 */
export function openChunks(key: CryptoKey, sealed: ByteSource): AsyncGenerator<Bytes, void, undefined> {
  return mapConcurrent(
    cut(sealed, SEALED_CHUNK_BYTES),
    ({ bytes, last }, index) => openChunk(key, { index, last }, bytes),
    BLOB_CHUNKING.window,
  );
}

/**
 * Opens one sealed chunk.
 * @throws EncryptionError when it is not genuine, or not in its place.
 */
export async function openChunk(key: CryptoKey, place: ChunkPlace, sealed: Uint8Array): Promise<Bytes> {
  // A sealer never writes an empty chunk, and the same secret must not have two forms.
  if (sealed.length <= TAG_BYTES) throw decryptionFailed('a chunk is empty');
  return decrypt(key, nonceOf(place), sealed);
}

/** As many zeros, in pieces. */
export function* zeros(count: number): Generator<Bytes, void, undefined> {
  for (let left = count; left > 0; left -= MAX_ZEROS) yield new Uint8Array(Math.min(left, MAX_ZEROS));
}

/** The longest plaintext, in bytes, that takes at most `room` bytes when it is sealed; 0 when there is none. */
export function longestPlaintext(room: number): number {
  const whole = Math.floor(room / SEALED_CHUNK_BYTES);
  const rest = room % SEALED_CHUNK_BYTES;
  return Math.max(0, whole * CHUNK_BYTES + Math.max(0, rest - TAG_BYTES));
}

/** A chunk's nonce: its number in 11 bytes, the most significant first, then 1 for the last chunk and 0 for others. */
function nonceOf({ index, last }: ChunkPlace): Bytes {
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  view.setUint8(11, last ? 1 : 0);
  return nonce;
}

/** The bytes of `source` in chunks of `size`; no bytes, no chunk. Chunks that lie within one piece are not copied. */
export async function* cut(source: ByteSource, size: number): AsyncGenerator<Chunk, void, undefined> {
  let gathered = new Uint8Array(0);
  let filled = 0;
  // A full chunk waits here until another byte shows that it is not the last.
  let waiting: Uint8Array | undefined;
  for await (const piece of source) {
    for (let from = 0; from < piece.length; ) {
      if (waiting !== undefined) yield { bytes: waiting, last: false };
      waiting = undefined;
      const part = piece.subarray(from, from + size - filled);
      from += part.length;
      if (part.length === size) {
        waiting = part;
        continue;
      }
      if (filled === 0) gathered = new Uint8Array(size);
      gathered.set(part, filled);
      filled += part.length;
      if (filled === size) {
        waiting = gathered;
        filled = 0;
      }
    }
  }
  if (filled > 0) waiting = gathered.subarray(0, filled);
  if (waiting !== undefined) yield { bytes: waiting, last: true };
}

/**
 * Starts `work` on the items as they come, with at most `window` under way at the same time, and yields the results in
 * the order of the items. The first failure, in that order, ends it.
 */
export async function* mapConcurrent<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item, index: number) => Promise<Result>,
  window: number,
): AsyncGenerator<Result, void, undefined> {
  const underWay: Promise<Result>[] = [];
  let index = 0;
  for await (const item of items) {
    const result = work(item, index++);
    // A failure is thrown when its turn comes; until then it must not count as an unhandled rejection.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length < window) continue;
    const next = underWay.shift();
    if (next !== undefined) yield next;
  }
  yield* underWay;
}
