import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.js';
import { type Chunk, cut, mapConcurrent } from '../../src/core/crypto/stream.js';
import { arriving, inPieces } from './byte-source.js';
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

async function* upTo(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item++) yield item;
}

/** Work whose every piece takes some turns of the microtask queue. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await null;
}

describe('work on several items at once', () => {
  it('gives the results in the order of the items, and never has more under way than allowed', async () => {
    const anyDelays = fc.array(fc.nat(20), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(anyDelays, fc.integer({ min: 1, max: 6 }), async (delays, window) => {
        let underWay = 0;
        let most = 0;
        const work = async (item: number, index: number) => {
          most = Math.max(most, ++underWay);
          await turns(delays[item] ?? 0);
          underWay--;
          return [item, index];
        };
        const results: number[][] = [];
        for await (const result of mapConcurrent(upTo(delays.length), work, window)) results.push(result);
        expect(results).toEqual(delays.map((_, index) => [index, index]));
        expect(most).toBeLessThanOrEqual(window);
      }),
    );
  });

  it('really has several under way', async () => {
    const started: number[] = [];
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const work = (item: number) => {
      started.push(item);
      return item === 0 ? gate : Promise.resolve();
    };
    const results = mapConcurrent(upTo(10), work, 4);
    const first = results.next();
    await turns(50);
    expect(started).toEqual([0, 1, 2, 3]);
    release?.();
    await first;
  });

  it('fails with the first failure in the order of the items, though a later one came sooner', async () => {
    const work = async (item: number) => {
      if (item === 2) {
        await turns(20);
        throw new Error('the second');
      }
      if (item > 2) throw new Error('a later one');
      return item;
    };
    const results: number[] = [];
    const reading = (async () => {
      for await (const result of mapConcurrent(upTo(8), work, 4)) results.push(result);
    })();
    await expect(reading).rejects.toThrow('the second');
    expect(results).toEqual([0, 1]);
  });

  it('leaves no failure unhandled when its reader has gone', async () => {
    const work = (item: number) => (item === 0 ? Promise.resolve(0) : Promise.reject(new Error('unheard')));
    const heard: number[] = [];
    for await (const result of mapConcurrent(upTo(8), work, 4)) {
      heard.push(result);
      break;
    }
    // An unhandled rejection would fail the run.
    await turns(50);
    expect(heard).toEqual([0]);
  });
});
