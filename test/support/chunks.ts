/** Uploads and chunks for tests of stores. */

import { CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { type NewUpload, OPEN_UPLOADS } from '../../src/server/store/contracts/chunks.js';
import { NOW } from './new-secret.js';

let made = 0;

/** An upload of at most four chunks that begins at `NOW`, each with an id of its own. */
export function newUpload(changes: Partial<NewUpload> = {}): NewUpload {
  made += 1;
  return {
    id: `upload-${made}`.padEnd(22, '_'),
    caller: 'somebody',
    mostOpen: OPEN_UPLOADS,
    idempotency: null,
    quota: null,
    maxBytes: 4 * CHUNK_BYTES,
    isReserved: false,
    createdAt: NOW,
    ...changes,
  };
}

/** Bytes that are those of one seed, the same each time. */
export function chunkOf(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = seed + 1; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}
