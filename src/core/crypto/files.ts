/**
 * Files of any size: their bytes as one padded stream, sealed in chunks that travel apart
 * (core/protocol/PROTOCOL.md section 3). Nothing here holds more than a few chunks at a time.
 */

import type { Bytes } from '../bytes.js';
import { decryptionFailed } from '../errors.js';
import { CHUNK_BYTES } from '../protocol/chunks.js';
import { TAG_BYTES } from './aes-gcm.js';
import type { FileEntry } from './file-list.js';
import type { Meta } from './meta.js';
import { paddedLength } from './padme.js';
import {
  type BeforeSealing,
  type ByteSource,
  mapConcurrent,
  openChunk,
  sealChunks,
  zeros,
} from './stream.js';

/** Bytes of plaintext in every chunk of files but the last, which has 1 to as many. */
export const FILES_CHUNK_BYTES = CHUNK_BYTES;

/** Chunks that are under way at the same time: sealed or opened, and sent or fetched. */
export const WINDOW = 4;

/** Where the files of a secret lie in its stream. */
export interface FilesLayout {
  readonly files: readonly FileEntry[];
  /** Bytes of all files together. */
  readonly contentBytes: number;
  /** Bytes of the stream, padding included. */
  readonly streamBytes: number;
  readonly chunks: number;
}

/** Part of a file, in the order of the stream. */
export interface FilePart {
  /** Which file of the list it belongs to, from 0. */
  readonly index: number;
  readonly bytes: Bytes;
}

/** The layout of files: it follows from their sizes alone, so a reader need not believe a server about it. */
export function layoutOf(files: readonly FileEntry[]): FilesLayout {
  const contentBytes = files.reduce((sum, { size }) => sum + size, 0);
  const streamBytes = paddedLength(contentBytes);
  return { files, contentBytes, streamBytes, chunks: Math.ceil(streamBytes / FILES_CHUNK_BYTES) };
}

/**
 * The layout of the files that came with a blob, or null when there are none.
 * @param opened what the blob held
 * @param chunks how many chunks the server says there are; undefined for none
 * @throws EncryptionError when blob and chunks do not belong together.
 */
export function layoutOfOpened(
  { content, meta: { files } }: { readonly content: Uint8Array; readonly meta: Meta },
  chunks: number | undefined,
): FilesLayout | null {
  if (files === undefined) {
    if (chunks !== undefined) throw decryptionFailed('there are chunks of files, and no files');
    return null;
  }
  if (files[0]?.name === undefined && content.length > 0) {
    throw decryptionFailed('there is content beside the file that is the content');
  }
  const layout = layoutOf(files);
  if (chunks !== layout.chunks) throw decryptionFailed('there are not as many chunks as the files say');
  return layout;
}

/**
 * Seals the bytes of all files, one after another, and their padding; yields sealed chunks in order. The length need
 * not be known before the bytes have passed. A files key seals one stream only.
 * @param before sees each chunk of the stream before it is sealed
 */
export function sealFiles(
  filesKey: CryptoKey,
  content: ByteSource,
  before?: BeforeSealing,
): AsyncGenerator<Bytes, void, undefined> {
  return sealChunks(filesKey, padded(content), { chunkBytes: FILES_CHUNK_BYTES, window: WINDOW }, before);
}

/**
 * Opens the files of a layout from their chunks. Every part is genuine and in its place; only the generator's normal
 * end says that the padding is in order too, and with it the whole stream.
 * @param fetchChunk gives sealed chunk `index`; four are asked for at the same time
 * @param from the first byte of the stream that is wanted, for a reader that has those before it
 * @throws EncryptionError from the generator, at the first chunk that is not genuine or not of its length. What
 *   `fetchChunk` throws comes out as it is.
 */
export async function* openFiles(
  filesKey: CryptoKey,
  layout: FilesLayout,
  fetchChunk: (index: number) => Promise<Uint8Array>,
  from = 0,
): AsyncGenerator<FilePart, void, undefined> {
  const opened = openRange(filesKey, layout, { from, to: layout.streamBytes }, fetchChunk);
  let at = from;
  let index = 0;
  let end = layout.files[0]?.size ?? 0;
  for await (const piece of opened) {
    for (let used = 0; used < piece.length; ) {
      while (at >= end && index < layout.files.length) end += layout.files[++index]?.size ?? 0;
      if (index === layout.files.length) {
        requireZeros(piece.subarray(used));
        break;
      }
      const bytes = piece.subarray(used, used + end - at);
      yield { index, bytes };
      used += bytes.length;
      at += bytes.length;
    }
  }
}

/**
 * Opens one file of a layout, from the chunks that it lies in. With the last file the padding is checked.
 * @param index which file of the list, from 0
 * @throws EncryptionError as {@link openFiles} does.
 */
export async function* openFile(
  filesKey: CryptoKey,
  layout: FilesLayout,
  fetchChunk: (index: number) => Promise<Uint8Array>,
  index: number,
): AsyncGenerator<Bytes, void, undefined> {
  const { files, streamBytes } = layout;
  const from = files.slice(0, index).reduce((sum, { size }) => sum + size, 0);
  let left = files[index]?.size ?? 0;
  const to = index === files.length - 1 ? streamBytes : from + left;
  for await (const piece of openRange(filesKey, layout, { from, to }, fetchChunk)) {
    const bytes = piece.subarray(0, left);
    left -= bytes.length;
    if (bytes.length > 0) yield bytes;
    requireZeros(piece.subarray(bytes.length));
  }
}

/** @throws EncryptionError for bytes of the padding that are not zero. */
function requireZeros(padding: Uint8Array): void {
  if (padding.some((byte) => byte !== 0)) throw decryptionFailed('the padding is not zero');
}

/** Opens the bytes of the stream from `from` up to, without it, `to`. */
async function* openRange(
  filesKey: CryptoKey,
  layout: FilesLayout,
  { from, to }: { readonly from: number; readonly to: number },
  fetchChunk: (index: number) => Promise<Uint8Array>,
): AsyncGenerator<Bytes, void, undefined> {
  const first = Math.floor(from / FILES_CHUNK_BYTES);
  const end = from < to ? Math.ceil(to / FILES_CHUNK_BYTES) : first;
  const opened = mapConcurrent(
    numbers(first, end),
    async (index) => openFilesChunk(filesKey, layout, index, await fetchChunk(index)),
    WINDOW,
  );
  let start = first * FILES_CHUNK_BYTES;
  for await (const chunk of opened) {
    yield chunk.subarray(Math.max(0, from - start), to - start);
    start += FILES_CHUNK_BYTES;
  }
}

async function openFilesChunk(
  filesKey: CryptoKey,
  { streamBytes, chunks }: FilesLayout,
  index: number,
  sealed: Uint8Array,
): Promise<Bytes> {
  const last = index === chunks - 1;
  const length = last ? streamBytes - index * FILES_CHUNK_BYTES : FILES_CHUNK_BYTES;
  if (sealed.length !== length + TAG_BYTES)
    throw decryptionFailed('a chunk is longer or shorter than the files say');
  return openChunk(filesKey, { index, last }, sealed);
}

/** The content, then as many zeros as its length asks for. */
async function* padded(content: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    yield piece;
  }
  yield* zeros(paddedLength(length) - length);
}

async function* numbers(from: number, end: number): AsyncGenerator<number, void, undefined> {
  for (let number = from; number < end; number++) yield number;
}
