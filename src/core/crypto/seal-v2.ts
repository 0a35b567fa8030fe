/** Sealing and opening, version 2 (core/protocol/PROTOCOL.md section 3): whole blobs, or a chunk at a time. */

import { base64urlCapacity, encodeBase64url } from '../base64url.js';
import { type Bytes, concatBytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { decodeSealed } from './aes-gcm.js';
import { longestContent, readFrame, writeFrame } from './frame.js';
import type { UnlockedKey } from './key-schedule.js';
import { decodeMeta, encodeMeta, type Meta } from './meta.js';
import { type ByteSource, longestPlaintext, openChunks, sealChunks } from './stream.js';

/** The first byte of every version 2 blob. */
const VERSION = 0x02;

/**
 * Seals `content` into an `encrypted_blob`. The nonces are counted, not drawn: a key seals one secret only.
 * @throws ValidationError `INVALID_META`.
 */
export async function sealV2(content: Uint8Array, meta: Meta, unlocked: UnlockedKey): Promise<string> {
  const sealed = sealStreamV2([content], content.length, meta, unlocked);
  return encodeBase64url(await gather(sealed));
}

/**
 * Opens an `encrypted_blob`.
 * @throws EncryptionError `DECRYPTION_FAILED`, the same for every flaw of the blob, the key or the passphrase.
 */
export async function openV2(blob: string, unlocked: UnlockedKey): Promise<{ content: Bytes; meta: Meta }> {
  const { meta, content } = await openStreamV2([decodeSealed(blob)], unlocked);
  return { meta, content: await gather(content) };
}

/**
 * Seals content that comes in pieces, and yields the sealed bytes a chunk at a time: the bytes whose base64url is the
 * blob. Holds a few chunks at a time, however long the content is.
 * @param contentLength bytes of `content`, which must be known before they come
 * @throws ValidationError `INVALID_META` at once; `LENGTH_MISMATCH` from the generator.
 */
export function sealStreamV2(
  content: ByteSource,
  contentLength: number,
  meta: Meta,
  unlocked: UnlockedKey,
): AsyncGenerator<Bytes, void, undefined> {
  return prefixVersion(
    sealChunks(unlocked.encryptionKey, writeFrame(encodeMeta(meta), content, contentLength)),
  );
}

/**
 * Opens sealed bytes that come in pieces. `content` yields a chunk at a time and holds a few, however long it is. What
 * it yields is genuine, but the rest may be missing: only when the generator has ended normally is it the whole secret.
 * @throws EncryptionError as {@link openV2} does; from `content` too.
 */
export async function openStreamV2(
  sealed: ByteSource,
  unlocked: UnlockedKey,
): Promise<{ meta: Meta; content: AsyncGenerator<Bytes, void, undefined> }> {
  const frame = openChunks(unlocked.encryptionKey, stripVersion(sealed));
  try {
    const { meta, content } = await readFrame(frame);
    return { meta: decodeMeta(meta), content };
  } catch (error) {
    await frame.return();
    throw error;
  }
}

/**
 * The longest secret, in bytes, whose `encrypted_blob` has at most `maxBlobLength` characters; 0 when there is none.
 * @param metaBytes the length of what `encodeMeta` makes of the secret's meta
 */
export function maxSecretBytesV2(maxBlobLength: number, metaBytes = 0): number {
  const sealedBytes = base64urlCapacity(maxBlobLength) - 1;
  return longestContent(longestPlaintext(sealedBytes), metaBytes);
}

/** The version's byte, then `chunks`. */
async function* prefixVersion(
  chunks: AsyncGenerator<Bytes, void, undefined>,
): AsyncGenerator<Bytes, void, undefined> {
  yield Uint8Array.of(VERSION);
  yield* chunks;
}

/** `sealed` without the version's byte, which is checked. */
async function* stripVersion(sealed: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  let first = true;
  for await (const piece of sealed) {
    if (!first) yield piece;
    else if (piece.length > 0) {
      if (piece[0] !== VERSION) throw decryptionFailed('the blob is not of version 2');
      first = false;
      yield piece.subarray(1);
    }
  }
}

/** All of `pieces` in one array. */
async function gather(pieces: AsyncIterable<Bytes>): Promise<Bytes> {
  const all: Bytes[] = [];
  for await (const piece of pieces) all.push(piece);
  return concatBytes(...all);
}
