/**
 * Long plaintexts in chunks that cannot be swapped, repeated, dropped or cut off: the STREAM construction (Hoang et
 * al., "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015) over AES-256-GCM, with the
 * nonces of PROTOCOL.md section 3. A key seals one plaintext only.
 */

import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from './aes-gcm.js';
import type { Bytes } from './bytes.js';
import { inOrder } from './in-order.js';
import { cut, type Pieces } from './pieces.js';
import { doesNotOpen } from './refusal.js';

/** Bytes of plaintext in every chunk but the last, which has 1 to as many. */
export const CHUNK_BYTES = 65_536;

const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/**
 * Chunks under way at once. One at a time, the way of a call through the threads takes longer than the cipher; with
 * more than this many nothing gets faster. Each takes up to 200 KB.
 */
const WINDOW = 16;

/** Seals a plaintext of at least one byte, chunk by chunk. */
export function sealChunks(key: CryptoKey, plaintext: Pieces): AsyncGenerator<Bytes, void, undefined> {
  return inOrder(
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
export function openChunks(key: CryptoKey, sealed: Pieces): AsyncGenerator<Bytes, void, undefined> {
  return inOrder(
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
  if (sealed.length <= TAG_BYTES) throw doesNotOpen('a chunk is empty');
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
