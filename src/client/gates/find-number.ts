/** The work of a puzzle (core/protocol/PROTOCOL.md section 9): hashes until one is right. */

import { type Bytes, encodeUtf8, equalBytes } from '../../core/bytes.js';
import type { PuzzleReply } from '../../core/protocol/gates.js';
import { sha256 } from '../../core/web-crypto.js';

/** What of a puzzle says which number is right. */
export type Puzzle = Pick<PuzzleReply, 'challenge' | 'salt' | 'maxnumber'>;

/** Numbers that are tried at once: so many that WebCrypto's threads have work, and the event loop goes on in between. */
const AT_ONCE = 256;

/**
 * The number whose SHA-256 behind the salt is the challenge; `null` when none is.
 * @throws the reason of `signal`.
 */
export async function findNumber(puzzle: Puzzle, signal: AbortSignal | undefined): Promise<number | null> {
  const wanted = bytesOf(puzzle.challenge);
  for (let from = 0; from <= puzzle.maxnumber; from += AT_ONCE) {
    signal?.throwIfAborted();
    const hashes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, place) => sha256(encodeUtf8(`${puzzle.salt}${from + place}`))),
    );
    const place = hashes.findIndex((hash) => equalBytes(hash, wanted));
    if (place >= 0) return from + place;
  }
  return null;
}

/** The bytes of a hash in hex. */
function bytesOf(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
