/** Bytes in pieces, for the tests of what takes them so. */

import fc from 'fast-check';
import { type Bytes, concatBytes } from '../../src/core/bytes.js';

/** `bytes` cut at any places, empty pieces included. */
export function inPieces<B extends Uint8Array>(bytes: B): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat(bytes.length), { maxLength: 8 }).map((places) => {
    const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
    return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
  });
}

/** The pieces as they come from a file or a socket. Tells `closed` when its reader has no more use for it. */
export async function* arriving(
  pieces: Iterable<Uint8Array>,
  closed?: () => void,
): AsyncGenerator<Bytes, void, undefined> {
  try {
    for (const piece of pieces) yield new Uint8Array(piece);
  } finally {
    closed?.();
  }
}

/** All of what `pieces` gives. */
export async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Bytes> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return concatBytes(...all);
}
