/** Chunks of files as they travel (PROTOCOL.md section 4.1): their sizes, and the bodies of the calls about them. */

/** Bytes of the stream of files that every chunk but the last holds. */
export const CHUNK_BYTES = 1_048_576;

/** Bytes that sealing adds to a chunk. */
export const CHUNK_TAG_BYTES = 16;

/** Bytes of every sealed chunk but the last, which has {@link SHORTEST_CHUNK_BYTES} to as many. */
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + CHUNK_TAG_BYTES;

/** Bytes of the shortest sealed chunk: no chunk is empty. */
export const SHORTEST_CHUNK_BYTES = CHUNK_TAG_BYTES + 1;

/** How long a claim of a secret with chunks can go on reading, in milliseconds, from its last request for one. */
export const CHUNKS_LEASE_MS = 10 * 60_000;

/** How long it can at most, in milliseconds, from when it took its view. */
export const LONGEST_CHUNKS_LEASE_MS = 24 * 60 * 60_000;

/** The body of `POST /api/uploads`. */
export interface UploadBody {
  /** The bytes of the whole stream, if they are known. */
  readonly bytes?: number;
  /** The id of the request that they are to answer: the call then needs the proof of that, and no API key. */
  readonly request?: string;
}

/** The body of its 201. */
export interface UploadReply {
  /** 22 characters of base64url, which whoever has them may add chunks by. */
  readonly upload: string;
  /** {@link CHUNK_BYTES}. */
  readonly chunk_bytes: number;
  /** The most that the stream may have: the `bytes` that were announced, else what the caller may upload. */
  readonly max_bytes: number;
  /** When it is forgotten unless a chunk comes. ISO 8601. */
  readonly expires_at: string;
}

/** First and last of chunks that follow each other. */
export type ChunkRange = readonly [first: number, last: number];

/** The body of the 200 of `GET /api/uploads/{upload}`. */
export interface UploadStateReply {
  /** The chunks that are there, in order. */
  readonly chunks: readonly ChunkRange[];
  /** How much of the stream they hold. */
  readonly bytes: number;
  readonly expires_at: string;
}

/** How many chunks a stream of so many bytes has: a stream of none has one. */
export function chunkCount(streamBytes: number): number {
  return Math.max(1, Math.ceil(streamBytes / CHUNK_BYTES));
}

/** How much of the stream a sealed chunk of so many bytes holds. */
export function streamBytesOf(sealedBytes: number): number {
  return sealedBytes - CHUNK_TAG_BYTES;
}
