import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64url } from '../../src/core/base64url.js';
import { type Bytes, concatBytes } from '../../src/core/bytes.js';
import { MAX_FILES } from '../../src/core/crypto/file-list.js';
import {
  FILES_CHUNK_BYTES,
  type FilesLayout,
  layoutOf,
  layoutOfOpened,
  openFile,
  openFiles,
  sealFiles,
} from '../../src/core/crypto/files.js';
import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { decodeMeta, encodeMeta, type Meta } from '../../src/core/crypto/meta.js';
import { openV2, sealV2 } from '../../src/core/crypto/seal-v2.js';
import { sealChunks } from '../../src/core/crypto/stream.js';
import { generateKey, parseKey } from '../../src/core/key.js';
import { gathered } from './byte-source.js';
import { refusedAlike } from './damage.js';
import { ruledBytes, files as vectors } from './vectors.js';

const filesKey = await (await unlockKey(generateKey(2))).deriveFilesKey();
const FILES_CHUNKING = { chunkBytes: FILES_CHUNK_BYTES, window: 2 };

/** The files of a vector, by its rule. */
function contentsOf(meta: Meta): Bytes[] {
  return (meta.files ?? []).map(({ size }, index) => ruledBytes(size, index));
}

async function sealedChunks(key: CryptoKey, content: Iterable<Uint8Array>): Promise<Bytes[]> {
  const chunks: Bytes[] = [];
  for await (const chunk of sealFiles(key, content)) chunks.push(chunk);
  return chunks;
}

/** Opens all files from chunks that are there already. */
async function opened(
  key: CryptoKey,
  layout: FilesLayout,
  chunks: readonly Bytes[],
  from = 0,
): Promise<Bytes[]> {
  const parts: Bytes[][] = layout.files.map(() => []);
  const all = openFiles(key, layout, async (index) => chunks[index] ?? new Uint8Array(0), from);
  for await (const { index, bytes } of all) parts[index]?.push(bytes);
  return parts.map((pieces) => concatBytes(...pieces));
}

function hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('files', () => {
  it.each(vectors.seal)('seal the vector $name to the same chunks and blob', async (vector) => {
    const unlocked = await unlockKey(parseKey(vector.key));
    const meta: Meta = JSON.parse(vector.meta);
    const chunks = await sealedChunks(await unlocked.deriveFilesKey(), contentsOf(meta));
    expect(chunks.map(({ length }) => length)).toEqual(vector.chunk_bytes);
    expect(chunks.map(hex)).toEqual(vector.chunk_sha256);
    expect(await sealV2(decodeBase64url(vector.content_b64u), meta, unlocked)).toBe(vector.encrypted_blob);
  });

  it.each(vectors.seal)('open the vector $name', async (vector) => {
    const unlocked = await unlockKey(parseKey(vector.key));
    const key = await unlocked.deriveFilesKey();
    const blob = await openV2(vector.encrypted_blob, unlocked);
    const layout = layoutOfOpened(blob, vector.chunk_bytes.length);
    if (layout === null) throw new Error('the vector has files');
    expect(layout.streamBytes).toBe(vector.stream_bytes);
    const contents = contentsOf(blob.meta);
    const chunks = await sealedChunks(key, contents);
    const read = await opened(key, layout, chunks);
    expect(read.map(hex)).toEqual(contents.map(hex));
    for (const [index, content] of contents.entries()) {
      const one = openFile(key, layout, async (chunk) => chunks[chunk] ?? new Uint8Array(0), index);
      expect(hex(await gathered(one))).toBe(hex(content));
    }
  });

  it('open from any byte on', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 700_000 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (lengths, somewhere) => {
        const contents = lengths.map((length, index) => ruledBytes(length, index));
        const layout = layoutOf(lengths.map((size, index) => ({ name: `${index}`, size })));
        const chunks = await sealedChunks(filesKey, contents);
        const from = somewhere % (layout.contentBytes + 1);
        const read = concatBytes(...(await opened(filesKey, layout, chunks, from)));
        expect(Buffer.compare(read, concatBytes(...contents).subarray(from))).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('are asked for four at a time, and no further than their reader has come', async () => {
    const content = ruledBytes(12 * FILES_CHUNK_BYTES);
    const layout = layoutOf([{ name: 'large', size: content.length }]);
    const chunks = await sealedChunks(filesKey, [content]);
    const asked: number[] = [];
    const parts = openFiles(filesKey, layout, async (index) => {
      asked.push(index);
      return chunks[index] ?? new Uint8Array(0);
    });
    await parts.next();
    expect(asked).toEqual([0, 1, 2, 3]);
    await parts.return();
    expect(asked).toHaveLength(4);
  });
});

describe('files that were tampered with', () => {
  const size = 2 * FILES_CHUNK_BYTES + 5;
  const layout = layoutOf([{ name: 'a', size }]);
  const chunks = sealedChunks(filesKey, [ruledBytes(size)]);

  it.each<[string, (chunks: Bytes[]) => Bytes[]]>([
    ['two chunks swapped', ([a, b, ...rest]) => [b, a, ...rest].filter((chunk) => chunk !== undefined)],
    ['a chunk missing', (all) => all.slice(0, -1)],
    [
      'the last chunk cut by a byte',
      (all) => [...all.slice(0, -1), (all.at(-1) ?? new Uint8Array(0)).slice(0, -1)],
    ],
    [
      'a bit changed',
      ([first = new Uint8Array(0), ...rest]) => [
        first.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
        ...rest,
      ],
    ],
  ])('are refused: %s', async (_, damage) => {
    await refusedAlike(opened(filesKey, layout, damage([...(await chunks)])));
  });

  it('are refused: sizes that add up to more than the stream', async () => {
    const longer = layoutOf([{ name: 'a', size: size + FILES_CHUNK_BYTES }]);
    await refusedAlike(opened(filesKey, longer, await chunks));
  });

  it('are refused: a byte of the padding not zero', async () => {
    const stream = new Uint8Array(layout.streamBytes);
    stream[layout.streamBytes - 1] = 1;
    const sealed: Bytes[] = [];
    for await (const chunk of sealChunks(filesKey, [stream], FILES_CHUNKING)) sealed.push(chunk);
    await refusedAlike(opened(filesKey, layout, sealed));
  });

  it.each<[string, Meta, string, number | undefined]>([
    ['a chunk too many', { files: [{ name: 'a', size: 1 }] }, '', 2],
    ['files without chunks', { files: [{ name: 'a', size: 1 }] }, '', undefined],
    ['chunks without files', {}, 'text', 1],
    ['content in the blob beside a first file without a name', { files: [{ size: 1 }] }, 'text', 1],
  ])('are refused: %s', async (_, meta, text, count) => {
    const content = new TextEncoder().encode(text);
    await refusedAlike((async () => layoutOfOpened({ content, meta }, count))());
  });
});

describe('a list of files', () => {
  const named = (...names: string[]) => names.map((name) => ({ name, size: 1 }));

  it.each<[string, unknown]>([
    ['two files without a name', [{ size: 1 }, { size: 1 }]],
    ['a second file without a name', [{ name: 'a', size: 1 }, { size: 1 }]],
    ['names that differ in case only', named('Straße', 'STRASSE')],
    ['names that differ in normalization only', named('\u00fc', 'u\u0308')],
    ['101 files', Array.from({ length: MAX_FILES + 1 }, (_, index) => ({ name: `${index}`, size: 1 }))],
    ['a negative size', [{ name: 'a', size: -1 }]],
    ['a fractional size', [{ name: 'a', size: 0.5 }]],
    ['a missing size', [{ name: 'a' }]],
    ['a size in text', [{ name: 'a', size: '1' }]],
    [
      'sizes beyond exact numbers',
      [
        { name: 'a', size: Number.MAX_SAFE_INTEGER },
        { name: 'b', size: 1 },
      ],
    ],
    ['a name that is a path', named('../a')],
    ['a name that is no text', [{ name: 7, size: 1 }]],
    ['half a surrogate pair', named('a\ud83d')],
    ['a type that is no text', [{ name: 'a', type: {}, size: 1 }]],
    ['no files', []],
    ['no list', { 0: { name: 'a', size: 1 } }],
    ['a file that is null', [null]],
  ])('is refused with %s', (_, list) => {
    const meta: Meta = { files: JSON.parse(JSON.stringify(list)) };
    expect(() => encodeMeta(meta)).toThrow(expect.objectContaining({ code: 'INVALID_META' }));
    const bytes = new TextEncoder().encode(JSON.stringify({ files: list }));
    expect(() => decodeMeta(bytes)).toThrow(expect.objectContaining({ code: 'DECRYPTION_FAILED' }));
  });

  it('keeps a hundred names, and what it knows of each', () => {
    const files = Array.from({ length: MAX_FILES }, (_, index) => ({
      name: `${index}.txt`,
      type: 'text/plain',
      size: index,
    }));
    expect(decodeMeta(encodeMeta({ files }))).toEqual({ files });
  });
});
