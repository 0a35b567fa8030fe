/**
 * Long plaintexts in chunks that cannot be swapped, repeated, dropped or cut off: the STREAM construction (Hoang et
 * al., "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015) over AES-256-GCM, with the
 * nonces of PROTOCOL.md section 3. A key seals one plaintext only.
 */

import type { Bytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from './aes-gcm.js';

/** Bytes of plaintext in every chunk but the last, which has 1 to as many. */
export const CHUNK_BYTES = 65_536;

const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/**
 * Chunks under way at once. One at a time, the way of a call through the threads takes longer than the cipher; with
 * more than this many nothing gets faster. Each takes up to 200 KB.
 */
const WINDOW = 16;

/** Seals a plaintext of at least one byte, chunk by chunk. */
export function sealChunks(key: CryptoKey, plaintext: ByteSource): AsyncGenerator<Bytes, void, undefined> {
  return mapConcurrent(
    cut(plaintext, CHUNK_BYTES),
    ({ bytes, last }, index) => encrypt(key, nonceOf(index, last), bytes),
    WINDOW,
  );
}

/**
 * Opens what {@link sealChunks} made, chunk by chunk. Every chunk is genuine, and in its place, but only a normal
 * end says that none is missing.
 * @throws EncryptionError from the generator, at the first chunk that is not genuine.
 */
export function openChunks(key: CryptoKey, sealed: ByteSource): AsyncGenerator<Bytes, void, undefined> {
  return mapConcurrent(
    cut(sealed, SEALED_CHUNK_BYTES),
    ({ bytes, last }, index) => openChunk(key, nonceOf(index, last), bytes),
    WINDOW,
  );
}

/** The longest plaintext, in bytes, that takes at most `room` bytes sealed; 0 when there is none. */
export function longestPlaintext(room: number): number {
  const whole = Math.floor(room / SEALED_CHUNK_BYTES);
  const rest = room % SEALED_CHUNK_BYTES;
  return Math.max(0, whole * CHUNK_BYTES + Math.max(0, rest - TAG_BYTES));
}

async function openChunk(key: CryptoKey, nonce: Bytes, sealed: Uint8Array): Promise<Bytes> {
  // A sealer never writes an empty chunk, and the same secret must not have two forms.
  if (sealed.length <= TAG_BYTES) throw decryptionFailed('a chunk is empty');
  return decrypt(key, nonce, sealed);
}

/** The chunk's number in 11 bytes, then whether it is the last. */
function nonceOf(index: number, last: boolean): Bytes {
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  view.setUint8(11, last ? 1 : 0);
  return nonce;
}

/** Bytes in pieces of any length. A piece is not changed after it was handed over. */
export type ByteSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** One of the equal parts that bytes were cut into. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Whether it is the last one, which may be shorter but is never empty. */
  readonly last: boolean;
}

/** The same bytes in chunks of `size`; no bytes, no chunk. Chunks that lie within one piece are not copied. */
export async function* cut(pieces: ByteSource, size: number): AsyncGenerator<Chunk, void, undefined> {
  const cutter = new Cutter(size);
  let waiting: Uint8Array | undefined;
  for await (const piece of pieces) {
    for (const bytes of cutter.push(piece)) {
      if (waiting !== undefined) yield { bytes: waiting, last: false };
      waiting = bytes;
    }
  }
  const rest = cutter.rest();
  if (rest.length > 0) {
    if (waiting !== undefined) yield { bytes: waiting, last: false };
    waiting = rest;
  }
  if (waiting !== undefined) yield { bytes: waiting, last: true };
}

/** Gathers pieces until they fill a chunk. */
class Cutter {
  readonly #size: number;
  #gathered = new Uint8Array(0);
  #filled = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** The full chunks that `piece` completes. */
  *push(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    let from = 0;
    while (from < piece.length) {
      const to = Math.min(piece.length, from + this.#size - this.#filled);
      const part = piece.subarray(from, to);
      from = to;
      if (part.length === this.#size) yield part;
      else if (this.#gather(part)) yield this.rest();
    }
  }

  /** What was gathered and is not yet a full chunk. It is given away: nothing is left. */
  rest(): Uint8Array {
    const rest = this.#gathered.subarray(0, this.#filled);
    this.#gathered = new Uint8Array(0);
    this.#filled = 0;
    return rest;
  }

  /** Whether the chunk is full now. */
  #gather(part: Uint8Array): boolean {
    if (this.#filled === 0) this.#gathered = new Uint8Array(this.#size);
    this.#gathered.set(part, this.#filled);
    this.#filled += part.length;
    return this.#filled === this.#size;
  }
}

/**
 * Starts `work` on the items as they come, keeps at most `window` under way, and yields the results in the items'
 * order. The first failure, in that order, ends it.
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
    // It may fail before its turn comes, which is then when it is thrown.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length < window) continue;
    const next = underWay.shift();
    if (next !== undefined) yield next;
  }
  yield* underWay;
}
