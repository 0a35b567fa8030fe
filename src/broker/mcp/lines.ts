/** Lines of a stream of bytes. One that is too long is left out, and not held in memory. */

/** A line without its end; null for one that was too long. */
export type Line = Uint8Array | null;

/**
 * Splits a stream at line feeds. A last line without one counts too.
 * @param most the longest line, in bytes.
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  const take = (): Line => {
    const line = length > most ? null : Buffer.concat(pieces);
    pieces = [];
    length = 0;
    return line;
  };
  const keep = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > most) pieces = [];
    // The reader may use its buffer again.
    else pieces.push(new Uint8Array(bytes));
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
