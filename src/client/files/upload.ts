/**
 * Uploading the files of a secret (core/protocol/PROTOCOL.md sections 3.1 and 4.1): sealed a chunk at a time, four chunks
 * on their way at once. A chunk that is lost is sent again as it was first made, and the others go on.
 */

import { type Bytes, unshared } from '../../core/bytes.js';
import type { FileEntry } from '../../core/crypto/file-list.js';
import { sealFiles, WINDOW } from '../../core/crypto/files.js';
import { paddedLength } from '../../core/crypto/padme.js';
import { type BeforeSealing, type ChunkPlace, mapConcurrent } from '../../core/crypto/stream.js';
import { ApiError, NetworkError, ValidationError, ZephrError } from '../../core/errors.js';
import {
  type ChunkRange,
  streamBytesOf,
  type UploadBody,
  type UploadReply,
} from '../../core/protocol/chunks.js';
import { parseUploadReply, parseUploadStateReply } from '../../core/protocol/upload-replies.js';
import { sha256 } from '../../core/web-crypto.js';
import { checkReply } from '../transport/network-errors.js';
import { send, sendForChunk, type TransportOptions } from '../transport/send.js';
import { type FileToSend, joined, sizeOf } from './content.js';

/** Where an upload goes, and with what authority. */
export interface UploadTarget {
  /** The server's `/api/uploads`. */
  readonly url: string;
  /** As for the create that follows. */
  readonly headers: Record<string, string>;
  /** What its body says beside the length. */
  readonly body?: Pick<UploadBody, 'request'>;
}

/** An upload that has begun. */
export type Upload = Pick<UploadReply, 'upload' | 'max_bytes'>;

/** What goes on with an upload when this process ends before it does. */
export interface ChunkJournal {
  /**
   * Called before a chunk is sealed, in any order, and waited for: once sealed, other bytes must never take its place.
   * @param digest SHA-256 of its plaintext
   * @throws to end the upload, when an earlier process had other bytes in its place.
   */
  noteChunk(place: ChunkPlace, digest: Bytes): Promise<void>;
}

/** How an upload reports, and how it can be taken up again. */
export interface UploadOptions extends TransportOptions {
  /** Is called with the bytes of the stream that the server has, padding included. */
  readonly onProgress?: ((sent: number) => void) | undefined;
  readonly journal?: ChunkJournal | undefined;
  /** Chunks that the server has already. */
  readonly present?: readonly ChunkRange[] | undefined;
}

/** What an upload has made. */
export interface Uploaded {
  readonly chunks: number;
  /** The files as they belong into the meta. */
  readonly files: readonly FileEntry[];
}

/**
 * Begins an upload.
 * @throws ApiError 413 and 507 when there is no room for it, 401, 403 and 429 as for a create.
 * @throws NetworkError `UNSUPPORTED_BY_SERVER` from a server that takes no files.
 */
export async function beginUpload(
  { url, headers, body: said = {} }: UploadTarget,
  files: readonly FileToSend[],
  options: TransportOptions,
): Promise<Upload> {
  const sizes = files.map(sizeOf);
  const isKnown = (size: number | undefined): size is number => size !== undefined;
  const body: UploadBody = sizes.every(isKnown)
    ? { ...said, bytes: paddedLength(sizes.reduce((sum, size) => sum + size, 0)) }
    : said;
  try {
    const { json } = await send({ method: 'POST', url, headers, body: JSON.stringify(body) }, options);
    return checkReply(url, () => parseUploadReply(json));
  } catch (error) {
    const isUnknown =
      error instanceof ApiError &&
      error.isVerdict &&
      [404, 405].includes(error.statusCode) &&
      error.code !== 'REQUEST_NOT_FOUND';
    if (!isUnknown) throw error;
    const { host } = new URL(url);
    throw new NetworkError(`${host} takes no files`, host, 'UNSUPPORTED_BY_SERVER', { cause: error });
  }
}

/**
 * Seals the files and sends their chunks.
 * @throws ValidationError `SECRET_TOO_LARGE` for files that are larger together than the server takes.
 * @throws ApiError, NetworkError; what reading the files throws; the reason of `signal`. The files are then cancelled.
 */
export async function uploadFiles(
  url: string,
  { upload, max_bytes }: Upload,
  files: readonly FileToSend[],
  filesKey: CryptoKey,
  options: UploadOptions,
): Promise<Uploaded> {
  const { journal, onProgress, present = [], signal: outer } = options;
  // One chunk that fails for good ends those beside it.
  const ended = new AbortController();
  const forward = () => ended.abort(outer?.reason);
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward, { once: true });
  const transport = { ...options, signal: ended.signal };
  let sent = 0;
  const put = async (body: Bytes, index: number) => {
    if (!present.some(([first, last]) => index >= first && index <= last)) {
      const headers = { 'Content-Type': 'application/octet-stream' };
      await sendForChunk({ method: 'PUT', url: `${url}/${upload}/${index}`, headers, body }, transport);
    }
    sent += streamBytesOf(body.length);
    onProgress?.(sent);
  };
  const sizes: number[] = [];
  const before: BeforeSealing | undefined =
    journal && (async (plaintext, place) => journal.noteChunk(place, await sha256(unshared(plaintext))));
  const sealed = sealFiles(filesKey, atMost(max_bytes, joined(files, sizes)), before);
  let chunks = 0;
  try {
    for await (const _ of mapConcurrent(sealed, put, WINDOW)) chunks++;
  } catch (error) {
    throw outer?.aborted ? outer.reason : error;
  } finally {
    outer?.removeEventListener('abort', forward);
    ended.abort();
  }
  return {
    chunks,
    files: files.map(({ content: _, ...file }, index) => ({ ...file, size: sizes[index] ?? 0 })),
  };
}

/**
 * The chunks of an upload that the server has, so that it can go on; null when it has forgotten the upload, or a secret
 * has the chunks already.
 * @throws ApiError, NetworkError.
 */
export async function presentChunks(
  url: string,
  upload: string,
  options: TransportOptions,
): Promise<readonly ChunkRange[] | null> {
  const one = `${url}/${upload}`;
  try {
    const { json } = await send({ method: 'GET', url: one, headers: {} }, options);
    return checkReply(one, () => parseUploadStateReply(json)).chunks;
  } catch (error) {
    if (error instanceof ApiError && error.isVerdict && error.statusCode === 404) return null;
    throw error;
  }
}

/** How long the server is asked to forget an upload, in milliseconds: it does so by itself in an hour. */
const FORGET_MS = 1_000;

/** Asks the server to forget an upload that has failed, after an interrupt too. */
export async function forgetUpload(url: string, upload: string, options: TransportOptions): Promise<void> {
  const { fetch } = options;
  const brief = { ...(fetch === undefined ? {} : { fetch }), timeout: FORGET_MS };
  try {
    await send({ method: 'DELETE', url: `${url}/${upload}`, headers: {} }, brief);
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
  }
}

/** `pieces`, of which the server takes so many bytes. */
async function* atMost(
  limit: number,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = limit;
  for await (const piece of pieces) {
    left -= piece.length;
    if (left < 0) {
      const bytes = limit.toLocaleString('en');
      throw new ValidationError(
        `it is larger than the ${bytes} bytes that the server takes`,
        'SECRET_TOO_LARGE',
      );
    }
    yield piece;
  }
}
