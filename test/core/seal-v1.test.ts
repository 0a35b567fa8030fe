import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../src/core/base64url.js';
import { encodeUtf8 } from '../../src/core/bytes.js';
import { maxSecretBytesV1, openV1, sealV1 } from '../../src/core/crypto/seal-v1.js';
import { generateKey, parseKey } from '../../src/core/key.js';
import { TIERS } from '../../src/core/protocol/limits.js';
import { damaged, lengthened, refusedAlike } from './damage.js';
import { v1, v2 } from './vectors.js';

const key = generateKey(1);

/** The JSON inside a blob, changed. */
async function resealed(change: (json: Record<string, unknown>) => unknown): Promise<string> {
  const blob = await sealV1(encodeUtf8('hunter2'), key);
  const json = JSON.parse(Buffer.from(blob, 'base64url').toString());
  return encodeBase64url(encodeUtf8(JSON.stringify(change(json))));
}

describe('version 1', () => {
  it.each(v1.seal)('seals the vector $name to the same blob', async (vector) => {
    const iv = decodeBase64url(vector.iv);
    const blob = await sealV1(decodeBase64url(vector.plaintext_b64u), parseKey(vector.key), () => iv);
    expect(blob).toBe(vector.encrypted_blob);
  });

  it.each(v1.seal)('opens the vector $name', async (vector) => {
    const secret = await openV1(vector.encrypted_blob, parseKey(vector.key));
    expect(encodeBase64url(secret)).toBe(vector.plaintext_b64u);
  });

  it.each(v1.refuse)('refuses the vector $name', async (vector) => {
    await refusedAlike(openV1(vector.encrypted_blob, parseKey(vector.key)));
  });

  it('opens what it sealed, whatever it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (secret) => {
        expect(await openV1(await sealV1(secret, key), key)).toEqual(new Uint8Array(secret));
      }),
    );
  });

  it('opens nothing that was damaged, wherever', async () => {
    const blob = await sealV1(encodeUtf8('hunter2'), key);
    await fc.assert(
      fc.asyncProperty(damaged(blob), async (other) => {
        await refusedAlike(openV1(other, key));
      }),
      { numRuns: 300 },
    );
  });

  it('opens to the same secret or not at all with a byte more, which may be a space', async () => {
    const blob = await sealV1(encodeUtf8('hunter2'), key);
    await fc.assert(
      fc.asyncProperty(lengthened(blob), async (other) => {
        const opening = openV1(other, key);
        const failed = await opening.then(
          () => false,
          () => true,
        );
        if (failed) await refusedAlike(opening);
        else expect(await opening).toEqual(encodeUtf8('hunter2'));
      }),
      { numRuns: 300 },
    );
  });

  it('opens blobs with other members, in another order, with spaces', async () => {
    const blob = await sealV1(encodeUtf8('hunter2'), key);
    const { iv, ciphertext } = JSON.parse(Buffer.from(blob, 'base64url').toString());
    const other = encodeUtf8(JSON.stringify({ v: 1, ciphertext, iv }, null, 2));
    expect(await openV1(encodeBase64url(other), key)).toEqual(encodeUtf8('hunter2'));
  });

  it.each<[string, (json: Record<string, unknown>) => unknown]>([
    ['an array', ({ iv, ciphertext }) => [iv, ciphertext]],
    ['null', () => null],
    ['a ciphertext that is no string', (json) => ({ ...json, ciphertext: [1] })],
    ['an iv that is no string', (json) => ({ ...json, iv: 12 })],
    ['a ciphertext shorter than its tag', (json) => ({ ...json, ciphertext: 'AAAA' })],
    ['a padded ciphertext', (json) => ({ ...json, ciphertext: `${json.ciphertext}=` })],
  ])('refuses %s in a blob', async (_, change) => {
    await refusedAlike(openV1(await resealed(change), key));
  });

  it('refuses an iv of 16 bytes, though the ciphertext is genuine', async () => {
    const iv = new Uint8Array(16);
    const aes = await crypto.subtle.importKey('raw', key.bytes, 'AES-GCM', false, ['encrypt']);
    const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, aes, encodeUtf8('hunter2'));
    const members = { iv: encodeBase64url(iv), ciphertext: encodeBase64url(new Uint8Array(ciphertext)) };
    await refusedAlike(openV1(encodeBase64url(encodeUtf8(JSON.stringify(members))), key));
  });

  it('refuses blobs and keys of version 2 like anything else that does not open', async () => {
    const blob = v2.seal[0]?.encrypted_blob ?? '';
    await refusedAlike(openV1(blob, key));
    await refusedAlike(openV1(await sealV1(encodeUtf8('hunter2'), key), { ...key, version: 2 }));
  });

  it('does not seal under a key of version 2', async () => {
    await expect(sealV1(encodeUtf8('hunter2'), generateKey(2))).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'INVALID_KEY',
    });
  });

  it('draws a new iv every time', async () => {
    const secret = encodeUtf8('hunter2');
    expect(await sealV1(secret, key)).not.toBe(await sealV1(secret, key));
  });

  it('seals the bytes of a view, and of shared memory, and leaves them as they are', async () => {
    const view = encodeUtf8('a hunter2').subarray(2);
    const shared = new Uint8Array(new SharedArrayBuffer(7));
    shared.set(view);
    for (const secret of [view, shared]) {
      expect(await openV1(await sealV1(secret, key), key)).toEqual(encodeUtf8('hunter2'));
      expect(Buffer.from(secret).toString()).toBe('hunter2');
    }
  });
});

describe('the longest secret of version 1', () => {
  const blobLength = async (bytes: number) => (await sealV1(new Uint8Array(bytes), key)).length;

  it('fits, and one byte more does not', async () => {
    const smallest = await blobLength(0);
    for (let room = smallest; room < smallest + 100; room++) {
      const longest = maxSecretBytesV1(room);
      expect(await blobLength(longest)).toBeLessThanOrEqual(room);
      expect(await blobLength(longest + 1)).toBeGreaterThan(room);
    }
  });

  it.each(Object.entries(TIERS))('fits the tier %s, and one byte more does not', async (_, { blob }) => {
    const longest = maxSecretBytesV1(blob);
    expect(await blobLength(longest)).toBeLessThanOrEqual(blob);
    expect(await blobLength(longest + 1)).toBeGreaterThan(blob);
  });

  it('is nothing where nothing fits', () => {
    for (const room of [0, 1, 50, 80]) expect(maxSecretBytesV1(room)).toBe(0);
  });
});
