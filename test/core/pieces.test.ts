import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.js';
import { type Chunk, cut } from '../../src/core/crypto/stream.js';
import { arriving, inPieces } from './streams.js';
import { ruledBytes } from './vectors.js';

async function chunksOf(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

const cutting = fc
  .tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }))
  .chain(([length, size]) =>
    fc.record({ length: fc.constant(length), size: fc.constant(size), pieces: inPieces(ruledBytes(length)) }),
  );

describe('bytes in pieces', () => {
  it('are the same bytes when they are cut anew', async () => {
    await fc.assert(
      fc.asyncProperty(cutting, async ({ length, size, pieces }) => {
        const chunks = await chunksOf(cut(pieces, size));
        expect(concatBytes(...chunks.map(({ bytes }) => bytes))).toEqual(ruledBytes(length));
      }),
    );
  });

  it('are cut into full chunks and a last one that is not empty', async () => {
    await fc.assert(
      fc.asyncProperty(cutting, async ({ length, size, pieces }) => {
        const chunks = await chunksOf(cut(arriving(pieces), size));
        expect(chunks).toHaveLength(Math.ceil(length / size));
        for (const [index, { bytes, last }] of chunks.entries()) {
          expect(last).toBe(index === chunks.length - 1);
          if (last) expect(bytes.length).toBeGreaterThan(0);
          expect(bytes.length).toBe(Math.min(size, length - index * size));
        }
      }),
    );
  });

  it('are not copied where a chunk lies within one piece', async () => {
    const piece = ruledBytes(25);
    const chunks = await chunksOf(cut([piece], 10));
    expect(chunks.slice(0, 2).map(({ bytes }) => bytes.buffer === piece.buffer)).toEqual([true, true]);
  });

  it('make no chunk when there are none', async () => {
    expect(await chunksOf(cut([new Uint8Array(0)], 10))).toEqual([]);
  });

  it('are not asked for any more once nobody wants chunks', async () => {
    let closed = false;
    const source = arriving([ruledBytes(10), ruledBytes(10), ruledBytes(10)], () => {
      closed = true;
    });
    for await (const _ of cut(source, 5)) break;
    expect(closed).toBe(true);
  });
});
