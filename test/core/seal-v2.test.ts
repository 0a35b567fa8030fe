import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64urlLength, decodeBase64url, encodeBase64url } from '../../src/core/base64url.js';
import { type Bytes, concatBytes, encodeUtf8 } from '../../src/core/bytes.js';
import { frameLength, writeFrame } from '../../src/core/crypto/frame.js';
import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { encodeMeta } from '../../src/core/crypto/meta.js';
import { sealV1 } from '../../src/core/crypto/seal-v1.js';
import {
  maxSecretBytesV2,
  openStreamV2,
  openV2,
  sealStreamV2,
  sealV2,
} from '../../src/core/crypto/seal-v2.js';
import { CHUNK_BYTES, sealChunks } from '../../src/core/crypto/stream.js';
import { generateKey, parseKey } from '../../src/core/key.js';
import { TIERS } from '../../src/core/protocol/limits.js';
import { arriving, gathered, inPieces } from './byte-source.js';
import { damaged, lengthened, refusedAlike } from './damage.js';
import { contentOf, ruledBytes, v1, v2 } from './vectors.js';

const SEALED_CHUNK = CHUNK_BYTES + 16;
const unlocked = await unlockKey(generateKey(2));

/** Seals what sealV2 would not: any bytes as the frame. */
async function sealedFrame(frame: Uint8Array): Promise<string> {
  const chunks = await gathered(sealChunks(unlocked.encryptionKey, [frame]));
  return encodeBase64url(concatBytes(Uint8Array.of(2), chunks));
}

async function opened(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Bytes> {
  return gathered((await openStreamV2(pieces, unlocked)).content);
}

describe('version 2', () => {
  it.each(v2.seal)('seals the vector $name to the same blob', async (vector) => {
    const key = await unlockKey(parseKey(vector.key), vector.passphrase);
    const blob = await sealV2(contentOf(vector), JSON.parse(vector.meta ?? '{}'), key);
    if (vector.encrypted_blob !== undefined) expect(blob).toBe(vector.encrypted_blob);
    else {
      expect(blob).toHaveLength(vector.encrypted_blob_chars ?? Number.NaN);
      expect(createHash('sha256').update(blob).digest('hex')).toBe(vector.encrypted_blob_sha256);
    }
  });

  it.each(v2.seal)('opens the vector $name', async (vector) => {
    const key = await unlockKey(parseKey(vector.key), vector.passphrase);
    const meta = JSON.parse(vector.meta ?? '{}');
    // Blobs that are not written out were just compared with their hash.
    const blob = vector.encrypted_blob ?? (await sealV2(contentOf(vector), meta, key));
    const read = await openV2(blob, key);
    expect(Buffer.compare(read.content, contentOf(vector))).toBe(0);
    expect(read.meta).toEqual(meta);
  });

  it.each(v2.seal)('frames the vector $name in $frame_bytes bytes', (vector) => {
    expect(frameLength(encodeUtf8(vector.meta ?? '').length, contentOf(vector).length)).toBe(
      vector.frame_bytes,
    );
  });

  it.each(v2.refuse)('refuses the vector $name', async (vector) => {
    await refusedAlike(openV2(vector.encrypted_blob, await unlockKey(parseKey(vector.key))));
  });

  it('opens what it sealed, whatever it was', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    const anyMeta = fc.record(
      { name: fc.constantFrom('a', 'kube.config', '文件'), type: text, message: text },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), anyMeta, async (content, meta) => {
        const read = await openV2(await sealV2(content, meta, unlocked), unlocked);
        expect(read).toEqual({ content: new Uint8Array(content), meta });
      }),
    );
  });

  it.each([
    65_530, 65_532, 65_533, 65_534, 65_535, 65_536, 65_540, 131_068, 131_069, 131_070, 131_073, 196_605,
  ])('opens what it sealed around the edges of chunks: %i bytes', async (length) => {
    const blob = await sealV2(ruledBytes(length), {}, unlocked);
    const frame = frameLength(0, length);
    expect(blob).toHaveLength(base64urlLength(1 + frame + 16 * Math.ceil(frame / CHUNK_BYTES)));
    const { content } = await openV2(blob, unlocked);
    expect(Buffer.compare(content, ruledBytes(length))).toBe(0);
  });

  it('makes every secret under 254 bytes look the same', async () => {
    const lengths = [0, 1, 100, 253].map(
      async (length) => (await sealV2(ruledBytes(length), {}, unlocked)).length,
    );
    expect(new Set(await Promise.all(lengths)).size).toBe(1);
  });

  it('opens nothing that was damaged, wherever', async () => {
    const blob = await sealV2(encodeUtf8('hunter2'), { name: 'a' }, unlocked);
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged(blob), lengthened(blob)), async (other) => {
        await refusedAlike(openV2(other, unlocked));
      }),
      { numRuns: 300 },
    );
  });

  it('opens nothing that was damaged in any of several chunks', async () => {
    const sealed = decodeBase64url(await sealV2(ruledBytes(200_000), {}, unlocked));
    const flip = fc.tuple(fc.nat(sealed.length - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bit]) => {
        const other = sealed.slice();
        other[at] = (other[at] ?? 0) ^ (1 << bit);
        await refusedAlike(opened([other]));
      }),
      { numRuns: 40 },
    );
  });

  it('refuses blobs of version 1 and keys of another version', async () => {
    await refusedAlike(openV2(v1.seal[0]?.encrypted_blob ?? '', unlocked));
    await refusedAlike(openV2(await sealV1(encodeUtf8('hunter2'), generateKey(1)), unlocked));
    await refusedAlike(
      openV2(await sealV2(encodeUtf8('hunter2'), {}, unlocked), await unlockKey(generateKey(2))),
    );
  });

  it.each(['', 'A', 'Ag', 'Ag=', '!!!!', 'AgAA', encodeBase64url(new Uint8Array(17).fill(2))])(
    'refuses %j for a blob',
    async (blob) => {
      await refusedAlike(openV2(blob, unlocked));
    },
  );

  it('refuses an empty last chunk, though it is genuine', async () => {
    const frame = new Uint8Array(CHUNK_BYTES).fill(0x80, 2, 3);
    const nonces = [0, 1].map((index) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, index, index));
    const chunks = await Promise.all(
      nonces.map(async (iv, index) => {
        const plaintext = index === 0 ? frame : new Uint8Array(0);
        return new Uint8Array(
          await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, unlocked.encryptionKey, plaintext),
        );
      }),
    );
    await refusedAlike(opened([Uint8Array.of(2), ...chunks]));
    expect(await opened([decodeBase64url(await sealedFrame(frame))])).toHaveLength(0);
  });

  it('ignores members of the meta that it does not know', async () => {
    const meta = encodeUtf8('{"name":"a","colour":"blue"}');
    const frame = await gathered(writeFrame(meta, [Uint8Array.of(1)], 1));
    expect(await openV2(await sealedFrame(frame), unlocked)).toEqual({
      meta: { name: 'a' },
      content: Uint8Array.of(1),
    });
  });

  it('does not seal bad meta', async () => {
    const sealing = sealV2(encodeUtf8('hunter2'), { name: '../x' }, unlocked);
    await expect(sealing).rejects.toMatchObject({ name: 'ValidationError', code: 'INVALID_META' });
  });

  it('opens with meta of the greatest length, which is more than a chunk holds', async () => {
    const meta = { message: 'x'.repeat(65_535 - encodeMeta({ message: '' }).length) };
    const read = await openV2(await sealV2(encodeUtf8('hunter2'), meta, unlocked), unlocked);
    expect(read).toEqual({ content: encodeUtf8('hunter2'), meta });
  });

  it('seals shared memory too', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(70_000)).fill(3);
    const { content } = await openV2(await sealV2(shared, {}, unlocked), unlocked);
    expect(Buffer.compare(content, new Uint8Array(70_000).fill(3))).toBe(0);
  });
});

describe('a damaged list of chunks', async () => {
  const key = await unlockKey(parseKey(v2.refuse_multi_chunk.key));
  const sealed = decodeBase64url(await sealV2(ruledBytes(130_000), {}, key));
  const version = sealed.subarray(0, 1);
  const first = sealed.subarray(1, 1 + SEALED_CHUNK);
  const second = sealed.subarray(1 + SEALED_CHUNK);

  const damages: Readonly<Record<string, readonly Uint8Array[]>> = {
    'swap chunks 0 and 1': [version, second, first],
    'drop the last chunk': [version, first],
    'drop chunk 0': [version, second],
    'repeat chunk 0': [version, first, first, second],
    'append one zero byte': [sealed, new Uint8Array(1)],
  };

  it('was of two chunks, and whole', async () => {
    expect(second).toHaveLength(SEALED_CHUNK);
    expect((await openV2(encodeBase64url(sealed), key)).content).toHaveLength(130_000);
  });

  it.each(v2.refuse_multi_chunk.damage)('is refused: %s', async (damage) => {
    const parts =
      damages[damage] ?? expect.fail(`the vectors know a damage that this test does not: ${damage}`);
    await refusedAlike(openV2(encodeBase64url(concatBytes(...parts)), key));
  });
});

describe('sealing and opening a chunk at a time', () => {
  const content = ruledBytes(150_000);

  it('gives the bytes that the blob is the base64url of, in whatever pieces the content comes', async () => {
    const blob = await sealV2(content, { name: 'a' }, unlocked);
    await fc.assert(
      fc.asyncProperty(inPieces(content), async (pieces) => {
        const sealed = await gathered(
          sealStreamV2(arriving(pieces), content.length, { name: 'a' }, unlocked),
        );
        expect(encodeBase64url(sealed) === blob).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('opens the sealed bytes in whatever pieces they come', async () => {
    const sealed = await gathered(sealStreamV2([content], content.length, {}, unlocked));
    await fc.assert(
      fc.asyncProperty(inPieces(sealed), async (pieces) => {
        expect(Buffer.compare(await opened(arriving(pieces)), content)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it('gives content that looks like padding, however long', async () => {
    const zeros = new Uint8Array(300_000).fill(0x80, 7, 8).fill(1, 250_000, 250_001);
    const sealed = sealStreamV2([zeros], zeros.length, {}, unlocked);
    expect(Buffer.compare(await opened(sealed), zeros)).toBe(0);
  });

  it('gives the meta before the content', async () => {
    const sealed = sealStreamV2([content], content.length, { name: 'a' }, unlocked);
    const opening = await openStreamV2(sealed, unlocked);
    expect(opening.meta).toEqual({ name: 'a' });
    await opening.content.return();
  });

  it('gives what came before the damage, then refuses', async () => {
    const sealed = await gathered(sealStreamV2([content], content.length, {}, unlocked));
    const cut = (await openStreamV2([sealed.subarray(0, 1 + 2 * SEALED_CHUNK)], unlocked)).content;
    const pieces: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of cut) pieces.push(piece);
    })();
    await refusedAlike(reading);
    expect(Buffer.compare(concatBytes(...pieces), content.subarray(0, CHUNK_BYTES - 2))).toBe(0);
  });

  it('refuses bad meta before it takes any content', () => {
    expect(() => sealStreamV2([content], content.length, { name: 'a/b' }, unlocked)).toThrow(
      expect.objectContaining({ code: 'INVALID_META' }),
    );
  });

  it('refuses content of another length than it was said to have', async () => {
    const sealed = gathered(sealStreamV2([content], content.length - 1, {}, unlocked));
    await expect(sealed).rejects.toMatchObject({ name: 'ValidationError', code: 'LENGTH_MISMATCH' });
  });

  it('passes on why its source failed', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield ruledBytes(70_000);
      throw new Error('the disk is gone');
    };
    await expect(gathered(sealStreamV2(broken(), 80_000, {}, unlocked))).rejects.toThrow('the disk is gone');
    await expect(opened(broken())).rejects.toThrow();
  });

  it('lets go of its source when the rest is not wanted, or does not open', async () => {
    const sealed = await gathered(sealStreamV2([content], content.length, {}, unlocked));
    let closed = 0;
    const source = (bytes: Uint8Array) => arriving(new Array(12).fill(bytes), () => closed++);
    for await (const _ of (await openStreamV2(source(sealed), unlocked)).content) break;
    expect(closed).toBe(1);
    await refusedAlike(openStreamV2(source(new Uint8Array(200_000).fill(2)), unlocked));
    expect(closed).toBe(2);
    const badMeta = gathered(writeFrame(encodeUtf8('{"name":"a/b"}'), [content], content.length));
    await refusedAlike(openStreamV2(source(decodeBase64url(await sealedFrame(await badMeta))), unlocked));
    expect(closed).toBe(3);
    const sealing = sealStreamV2(source(content), 12 * content.length, {}, unlocked);
    for await (const piece of sealing) if (piece.length > 1) break;
    expect(closed).toBe(4);
  });
});

describe('the longest secret of version 2', () => {
  const blobLength = async (bytes: number, meta = {}) =>
    (await sealV2(new Uint8Array(bytes), meta, unlocked)).length;

  it('fits, and one byte more does not', async () => {
    const smallest = await blobLength(0);
    for (let room = smallest; room < smallest + 120; room++) {
      const longest = maxSecretBytesV2(room);
      expect(await blobLength(longest)).toBeLessThanOrEqual(room);
      expect(await blobLength(longest + 1)).toBeGreaterThan(room);
    }
  });

  it.each(Object.entries(TIERS))('fits the tier %s, and one byte more does not', async (_, { blob }) => {
    const meta = { name: 'kube.config', message: 'für dich' };
    for (const one of [{}, meta]) {
      const longest = maxSecretBytesV2(blob, encodeMeta(one).length);
      expect(await blobLength(longest, one)).toBeLessThanOrEqual(blob);
      expect(await blobLength(longest + 1, one)).toBeGreaterThan(blob);
    }
  });

  it('is right around the edges of chunks', async () => {
    const edges = [65_533, 131_069].map(async (bytes) =>
      base64urlLength(1 + bytes + 3 + 16 * Math.ceil(bytes / 65_536)),
    );
    for (const edge of await Promise.all(edges)) {
      for (let room = edge - 24; room <= edge + 24; room += 3) {
        const longest = maxSecretBytesV2(room);
        expect(await blobLength(longest)).toBeLessThanOrEqual(room);
        expect(await blobLength(longest + 1)).toBeGreaterThan(room);
      }
    }
  });

  it('is nothing where nothing fits', () => {
    for (const room of [0, 1, 363]) expect(maxSecretBytesV2(room)).toBe(0);
    expect(maxSecretBytesV2(364)).toBe(253);
    expect(maxSecretBytesV2(364, 300)).toBe(0);
  });
});
