/** Sealing and opening, version 2 (PROTOCOL.md section 3): whole blobs, or a chunk at a time. */

import { bytesWithin, encodeBase64url } from '../base64url.js';
import { type Bytes, concatBytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { decodeBlob } from './aes-gcm.js';
import { longestContent, readFrame, writeFrame } from './frame.js';
import type { UnlockedKey } from './key-schedule.js';
import { decodeMeta, encodeMeta, type Meta } from './meta.js';
import { type ByteSource, longestPlaintext, openChunks, sealChunks } from './stream.js';

export { formatProof, type PassphraseKdf, proofHash, type UnlockedKey, unlockKey } from './key-schedule.js';
export type { Meta } from './meta.js';

/** The first byte of every version 2 blob. */
const VERSION = 0x02;

/**
 * Seals `content` and gives the `encrypted_blob`. The nonces are counted, not drawn: a key seals one secret only.
 * @throws ValidationError `INVALID_META`.
 */
export async function sealV2(content: Uint8Array, meta: Meta, unlocked: UnlockedKey): Promise<string> {
  const sealed = sealStreamV2([content], content.length, meta, unlocked);
  return encodeBase64url(await gather(sealed));
}

/**
 * Opens an `encrypted_blob`.
 * @throws EncryptionError whatever is wrong with it, or with the key or the passphrase.
 */
export async function openV2(blob: string, unlocked: UnlockedKey): Promise<{ content: Bytes; meta: Meta }> {
  const { meta, content } = await openStreamV2([decodeBlob(blob)], unlocked);
  return { meta, content: await gather(content) };
}

/**
 * Seals content that comes in pieces, and yields the sealed bytes (those the blob is the base64url of) a chunk at
 * a time. Never holds more than some chunks.
 * @param contentLength bytes of `content`
 * @throws ValidationError `INVALID_META` at once; `LENGTH_MISMATCH` from the generator.
 */
export function sealStreamV2(
  content: ByteSource,
  contentLength: number,
  meta: Meta,
  unlocked: UnlockedKey,
): AsyncGenerator<Bytes, void, undefined> {
  return afterVersion(
    sealChunks(unlocked.encryptionKey, writeFrame(encodeMeta(meta), content, contentLength)),
  );
}

/**
 * Opens sealed bytes that come in pieces. `content` yields a chunk at a time and never holds more than some. What
 * it yields is genuine but may be cut short: nothing of it is the secret until the generator has ended normally.
 * @throws EncryptionError as {@link openV2} does; from `content` too.
 */
export async function openStreamV2(
  sealed: ByteSource,
  unlocked: UnlockedKey,
): Promise<{ meta: Meta; content: AsyncGenerator<Bytes, void, undefined> }> {
  const frame = openChunks(unlocked.encryptionKey, withoutVersion(sealed));
  try {
    const { meta, content } = await readFrame(frame);
    return { meta: decodeMeta(meta), content };
  } catch (error) {
    await frame.return();
    throw error;
  }
}

/**
 * The longest secret, in bytes, whose blob has at most `maxBlobLength` characters, beside `metaBytes` of meta (the
 * length of `encodeMeta`'s result); 0 when there is none.
 */
export function maxSecretBytesV2(maxBlobLength: number, metaBytes = 0): number {
  const chunks = bytesWithin(maxBlobLength) - 1;
  return longestContent(longestPlaintext(chunks), metaBytes);
}

async function* afterVersion(
  chunks: AsyncGenerator<Bytes, void, undefined>,
): AsyncGenerator<Bytes, void, undefined> {
  yield Uint8Array.of(VERSION);
  yield* chunks;
}

async function* withoutVersion(sealed: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
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

async function gather(pieces: AsyncIterable<Bytes>): Promise<Bytes> {
  const all: Bytes[] = [];
  for await (const piece of pieces) all.push(piece);
  return concatBytes(...all);
}
