import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.js';
import { frameLength, longestContent, readFrame, writeFrame } from '../../src/core/crypto/frame.js';
import { arriving, gathered, inPieces } from './byte-source.js';
import { refusedAlike } from './damage.js';

/** Bytes that look like the end of a frame. */
const treacherous = fc
  .array(fc.constantFrom(0, 0, 0x80, 1), { maxLength: 700 })
  .map((bytes) => Uint8Array.from(bytes));
const anyBytes = fc.oneof(treacherous, fc.uint8Array({ maxLength: 700 }));

async function reread(frame: Uint8Array[]): Promise<{ meta: Uint8Array; content: Uint8Array }> {
  const { meta, content } = await readFrame(arriving(frame));
  return { meta, content: await gathered(content) };
}

function plain(bytes: Uint8Array): number[] {
  return [...bytes];
}

describe('a frame', () => {
  it('gives back meta and content, in whatever pieces it comes', async () => {
    const written = fc.tuple(anyBytes, anyBytes);
    await fc.assert(
      fc.asyncProperty(written, fc.infiniteStream(fc.nat(60)), async ([meta, content], sizes) => {
        const frame = await gathered(writeFrame(meta, [content], content.length));
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < frame.length; ) {
          const size = sizes.next().value ?? 1;
          pieces.push(frame.subarray(at, at + size));
          at += size;
        }
        const read = await reread(pieces);
        expect(plain(read.meta)).toEqual(plain(meta));
        expect(plain(read.content)).toEqual(plain(content));
      }),
    );
  });

  it('is the same in whatever pieces its content comes', async () => {
    const content = Uint8Array.from({ length: 500 }, (_, index) => index);
    const whole = await gathered(writeFrame(new Uint8Array(3), [content], content.length));
    await fc.assert(
      fc.asyncProperty(inPieces(content), async (pieces) => {
        expect(await gathered(writeFrame(new Uint8Array(3), arriving(pieces), 500))).toEqual(whole);
      }),
    );
  });

  it('has the length it is said to have', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, anyBytes, async (meta, content) => {
        const frame = await gathered(writeFrame(meta, [content], content.length));
        expect(frame).toHaveLength(frameLength(meta.length, content.length));
      }),
    );
  });

  it('is written as the protocol says', async () => {
    const frame = await gathered(writeFrame(Uint8Array.of(7, 8), [Uint8Array.of(1, 2, 3)], 3));
    expect(plain(frame)).toEqual([0, 2, 7, 8, 1, 2, 3, 0x80, ...new Array(248).fill(0)]);
  });

  it('may have 65,535 bytes of meta, over more than one piece', async () => {
    const meta = new Uint8Array(0xffff).fill(0x80);
    const frame = await gathered(writeFrame(meta, [Uint8Array.of(9)], 1));
    const read = await reread([frame.subarray(0, 1), frame.subarray(1, 65_536), frame.subarray(65_536)]);
    expect(read).toEqual({ meta, content: Uint8Array.of(9) });
  });

  it('may have any number of zeros after its end mark', async () => {
    const read = await reread([Uint8Array.of(0, 0, 5, 0x80), new Uint8Array(100_000), new Uint8Array(3)]);
    expect(plain(read.content)).toEqual([5]);
  });

  it.each([
    ['nothing', []],
    ['half a length', [0]],
    ['a meta longer than the rest', [0, 3, 1, 2]],
    ['no end mark', [0, 0, 1, 2]],
    ['no content and no end mark', [0, 0]],
    ['zeros only', [0, 0, 0, 0]],
    ['another mark at its end', [0, 0, 1, 0x80, 0x81, 0, 0]],
    ['its end mark within its meta', [0, 2, 1, 0x80, 0, 0]],
  ])('is not %s', async (_, bytes) => {
    await refusedAlike(reread([Uint8Array.from(bytes)]));
  });

  it.each([
    ['longer', 2],
    ['shorter', 4],
  ])('is not written for content that is %s than it was said to be', async (_, said) => {
    const frame = gathered(writeFrame(new Uint8Array(0), [new Uint8Array(3)], said));
    await expect(frame).rejects.toMatchObject({ name: 'ValidationError', code: 'LENGTH_MISMATCH' });
  });

  it('lets go of its source when nobody wants the rest of its content', async () => {
    let closed = false;
    const source = arriving([Uint8Array.of(0, 0, 1), Uint8Array.of(2), Uint8Array.of(0x80)], () => {
      closed = true;
    });
    const { content } = await readFrame(source);
    for await (const _ of content) break;
    expect(closed).toBe(true);
  });

  it('knows the longest content that a room takes beside a meta', () => {
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 2_000_000 }), fc.nat(200), (room, meta) => {
        const longest = longestContent(room, meta);
        expect(frameLength(meta, longest)).toBeLessThanOrEqual(room);
        expect(frameLength(meta, longest + 1)).toBeGreaterThan(room);
      }),
    );
  });

  it('reads what joins to the same frame', async () => {
    const frame = concatBytes(
      Uint8Array.of(0, 0),
      new Uint8Array(5),
      Uint8Array.of(0x80, 0, 0x80),
      new Uint8Array(9),
    );
    const read = await reread([frame]);
    expect(plain(read.content)).toEqual([0, 0, 0, 0, 0, 0x80, 0]);
  });
});
