/** Fetching the files of a secret under the claim of its reader, and opening them (core/protocol/PROTOCOL.md section 4.1). */

import type { Bytes } from '../../core/bytes.js';
import type { FileEntry } from '../../core/crypto/file-list.js';
import { type FilePart, layoutOfOpened, openFile, openFiles, WINDOW } from '../../core/crypto/files.js';
import type { UnlockedKey } from '../../core/crypto/key-schedule.js';
import type { Meta } from '../../core/crypto/meta.js';
import { decryptionFailed } from '../../core/errors.js';
import { CHUNKS_LEASE_MS } from '../../core/protocol/chunks.js';
import { sendForChunk, type TransportOptions } from '../transport/send.js';

/** A file of a secret. What its sender says about it is authentic, but need not be true. */
export interface SecretFile extends FileEntry {
  /**
   * Its content, from its beginning, in constant memory. Every byte is genuine; only the end of the stream says that
   * none is missing, and of the last file that the whole secret was in order. It fails with an EncryptionError, an
   * ApiError (410 when the lease is over), a NetworkError or the reason of `signal`. It can be read again while the
   * lease lasts, which each chunk makes ten minutes again.
   */
  stream(): ReadableStream<Bytes>;
}

/** The files of a secret, at the server. */
export interface SecretFiles {
  readonly files: readonly SecretFile[];
  /** Bytes of all files together. */
  readonly totalBytes: number;
  /** Until when more can be fetched, by what was fetched last: ISO 8601. Undefined before the first chunk has come. */
  readonly readableUntil: string | undefined;
  /**
   * The content of all files in their order, each chunk fetched once.
   * @param from how many bytes are not wanted, for a reader that has them
   */
  parts(from?: number): AsyncGenerator<FilePart, void, undefined>;
}

/** What was opened of a secret, and where its chunks are. */
export interface ChunkSource {
  readonly content: Uint8Array;
  readonly meta: Meta;
  /** How many there are, as the server says. */
  readonly chunks: number | undefined;
  readonly unlocked: UnlockedKey;
  readonly url: string;
  readonly headers: Record<string, string>;
}

/**
 * The files of a secret whose blob is open. Nothing is fetched yet.
 * @throws EncryptionError when the blob and the chunks do not belong together.
 */
export async function filesOf(source: ChunkSource, options: TransportOptions): Promise<SecretFiles> {
  const layout = layoutOfOpened(source, source.chunks);
  if (layout === null) throw decryptionFailed('there are no files');
  const key = await source.unlocked.deriveFilesKey();
  let until: number | undefined;
  const fetchChunk = recent(async (index) => {
    const request = { method: 'GET', url: `${source.url}/${index}`, headers: source.headers } as const;
    const { headers, bytes } = await sendForChunk(request, options);
    const served = Date.parse(headers.get('Date') ?? '');
    until = (Number.isNaN(served) ? Date.now() : served) + CHUNKS_LEASE_MS;
    return bytes;
  });
  return {
    files: layout.files.map((file, index) => ({
      ...file,
      stream: () => streamOf(openFile(key, layout, fetchChunk, index)),
    })),
    totalBytes: layout.contentBytes,
    get readableUntil() {
      return until === undefined ? undefined : new Date(until).toISOString();
    },
    parts: (from = 0) => openFiles(key, layout, fetchChunk, from),
  };
}

/** Remembers the last chunks: the end of one file and the beginning of the next are often in the same. */
function recent(fetchChunk: (index: number) => Promise<Bytes>): (index: number) => Promise<Bytes> {
  const kept = new Map<number, Promise<Bytes>>();
  return (index) => {
    const found = kept.get(index);
    if (found !== undefined) return found;
    const fetched = fetchChunk(index);
    kept.set(index, fetched);
    for (const oldest of kept.keys()) if (kept.size > WINDOW) kept.delete(oldest);
    // One that failed is fetched again when it is asked for again.
    fetched.catch(() => kept.delete(index));
    return fetched;
  };
}

/** The generator as a stream. Nothing is fetched before it is read. */
function streamOf(pieces: AsyncGenerator<Bytes, void, undefined>): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(to) {
        const { done, value } = await pieces.next();
        if (done) to.close();
        else to.enqueue(value);
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}
