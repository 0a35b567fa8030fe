/** Bytes that come in pieces, cut anew. */

/** Bytes in pieces of any length. A piece is not changed after it was handed over. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** One of the equal parts that bytes were cut into. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Whether it is the last one, which may be shorter but is never empty. */
  readonly last: boolean;
}

/** The same bytes in chunks of `size`; no bytes, no chunk. Chunks that lie within one piece are not copied. */
export async function* cut(pieces: Pieces, size: number): AsyncGenerator<Chunk, void, undefined> {
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
