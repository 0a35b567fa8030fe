/**
 * Chunks of files as a store keeps them: gathered in an upload, given to a secret when that is created, fetched under
 * the claims of its readers, and destroyed with it (core/protocol/PROTOCOL.md section 4.1). Also the rules that every
 * engine shares.
 */

import {
  CHUNKS_LEASE_MS,
  type ChunkRange,
  chunkCount,
  LONGEST_CHUNKS_LEASE_MS,
  SEALED_CHUNK_BYTES,
  streamBytesOf,
} from '../../../core/protocol/chunks.js';
import type { Refused, ShownProofs } from './proofs.js';
import type { Quota } from './quotas.js';
import { isAnswerer } from './requests.js';
import type { Idempotency, Unknown, Unreadable, UploadReference } from './secrets.js';

/** Bytes of a chunk. Whoever gives them to a store, or gets them from one, gives them away. */
type ChunkBytes = Uint8Array<ArrayBuffer>;

/** An upload to begin. */
export interface NewUpload {
  /** 22 characters of base64url, never used before. */
  readonly id: string;
  /** As for a secret; for an answer to a request what `answererOf` names. */
  readonly caller: string;
  /** How many uploads the caller may have open with this one. */
  readonly mostOpen: number;
  /** What makes it safe to repeat, apart from creates: an upload and a create may have the same key. */
  readonly idempotency: Idempotency | null;
  /** What this upload, and so its secret, counts against; `null` for nothing. */
  readonly quota: Quota | null;
  /** The most that the stream may have, in bytes. */
  readonly maxBytes: number;
  /** Whether room for so many is kept from now on. Otherwise a chunk takes room when it comes. */
  readonly isReserved: boolean;
  readonly createdAt: number;
}

/** How an upload began: now, earlier by the same request, or not at all. `too many`: the caller has them open. */
export type BeginOutcome =
  | {
      readonly outcome: 'begun' | 'replayed';
      readonly id: string;
      readonly maxBytes: number;
      readonly expiresAt: number;
    }
  | { readonly outcome: 'conflict' | 'limited' | 'too many' };

/** An upload that is open: no secret has its chunks yet. */
export interface Upload {
  /** Whose room it takes: who began it or, where it belongs to an answer, who asked for that. */
  readonly owner: string;
  readonly maxBytes: number;
  readonly isReserved: boolean;
  /** Bytes of the stream that are there. */
  readonly bytes: number;
  readonly expiresAt: number;
}

/**
 * How a chunk was taken: kept now, or `present` with the same bytes. Otherwise it was not: others are there, the upload
 * has a chunk already that is not of full length, or the stream would be longer than it may be.
 */
export type PutOutcome = 'kept' | 'present' | 'conflict' | 'second short chunk' | 'too large' | 'unknown';

/** How the fetching of a chunk ended. */
export type ChunkOutcome =
  | { readonly outcome: 'chunk'; readonly bytes: ChunkBytes }
  | { readonly outcome: 'no such chunk' }
  | Unreadable
  | Refused
  | Unknown;

/** The chunks of one store. */
export interface ChunkStore {
  /**
   * Begins an upload. With an idempotency key that the same caller used for one that is not forgotten yet, nothing is
   * begun: the earlier outcome is returned again, or `conflict` if the body differs. Otherwise it is counted against its
   * quota in the same transaction, unless the caller has as many open as it may: of any number at once no more begin.
   * @throws StoreFullError while there is still room to take, acknowledge, revoke and purge what is kept.
   */
  beginUpload(upload: NewUpload): Promise<BeginOutcome>;

  /** An open upload, or `null` if there is none by this id. */
  findUpload(id: string, now: number): Promise<Upload | null>;

  /** Which chunks of an open upload are there, in order. */
  uploadedChunks(id: string, now: number): Promise<readonly ChunkRange[]>;

  /**
   * Keeps a sealed chunk of an open upload, durably before it resolves.
   * @param index from 0. @param bytes `SHORTEST_CHUNK_BYTES` to `SEALED_CHUNK_BYTES` of them.
   * @throws StoreFullError as {@link beginUpload} does.
   */
  putChunk(id: string, index: number, bytes: ChunkBytes, now: number): Promise<PutOutcome>;

  /** Forgets an open upload; a purge destroys its chunks. @returns whether there was one. */
  forgetUpload(id: string, now: number): Promise<boolean>;

  /**
   * Fetches a chunk of the secret that `claim` has a view of, and makes its lease at least `CHUNKS_LEASE_MS` long again,
   * up to `LONGEST_CHUNKS_LEASE_MS` after the view was taken. Without a live lease, or with a wrong passphrase, the
   * secret is gone. No passphrase is counted: who has a claim showed the right one for it.
   */
  fetchChunk(
    id: string,
    claim: string,
    index: number,
    shown: ShownProofs,
    now: number,
  ): Promise<ChunkOutcome>;

  /**
   * How many bytes are stored, with the room that uploads keep which are not forgotten yet: of all chunks for `null`,
   * else of the chunks and blobs of a caller, and of the answers to its requests. A chunk counts as what it holds of the
   * stream, and until a purge has destroyed it.
   */
  storedBytes(caller: string | null): Promise<number>;

  /** The same of the uploads of a caller that no secret has. */
  uploadedBytes(caller: string): Promise<number>;
}

/** Uploads that a caller can have open, if they are not for answers. */
export const OPEN_UPLOADS = 20;

/** How long an upload to which nothing comes stays open, and how long it can at most. In milliseconds. */
export const UPLOAD_IDLE_MS = 60 * 60_000;
export const UPLOAD_LIFE_MS = 24 * 60 * 60_000;

/**
 * By how much more than promised a lease is made longer, in milliseconds: then most chunks are fetched without a write.
 */
const LEASE_AHEAD_MS = 60_000;

/**
 * Whether a secret of `caller` can have the chunks of an upload. Those for answers to a request are counted, and limited,
 * as that is: they are for its answers alone, and those have no others.
 * @param uploader who began the upload.
 */
export function mayHave(caller: string, uploader: string): boolean {
  return caller === uploader || !(isAnswerer(caller) || isAnswerer(uploader));
}

/** When an open upload is forgotten. @param lastAt when its last chunk came, or it began. */
export function uploadEnd(createdAt: number, lastAt: number): number {
  return Math.min(lastAt + UPLOAD_IDLE_MS, createdAt + UPLOAD_LIFE_MS);
}

/** The end of the lease of a claim that fetches a chunk at `now`. @param claimedAt when it took its view. */
export function renewedLease(endsAt: number, claimedAt: number, now: number): number {
  if (endsAt >= now + CHUNKS_LEASE_MS) return endsAt;
  const renewed = Math.min(now + CHUNKS_LEASE_MS + LEASE_AHEAD_MS, claimedAt + LONGEST_CHUNKS_LEASE_MS);
  return Math.max(endsAt, renewed);
}

/** What an engine knows of an open upload when a chunk comes that is not there yet. */
export interface Gathered {
  readonly maxBytes: number;
  readonly bytes: number;
  /** How many chunks are there, and the highest of them; -1 for none. */
  readonly chunks: number;
  readonly highest: number;
  /** Which chunk is not of full length; `null` for none. */
  readonly shortIndex: number | null;
}

/** Whether a new chunk of `length` bytes fits into its upload. */
export function fitting(
  { maxBytes, bytes, shortIndex }: Gathered,
  index: number,
  length: number,
): 'kept' | 'second short chunk' | 'too large' {
  if (index >= chunkCount(maxBytes) || bytes + streamBytesOf(length) > maxBytes) return 'too large';
  return length < SEALED_CHUNK_BYTES && shortIndex !== null ? 'second short chunk' : 'kept';
}

/** What is there once a chunk is kept. */
export function withChunk(gathered: Gathered, index: number, length: number): Gathered {
  const { maxBytes, bytes, chunks, highest, shortIndex } = gathered;
  return {
    maxBytes,
    bytes: bytes + streamBytesOf(length),
    chunks: chunks + 1,
    highest: Math.max(highest, index),
    shortIndex: length < SEALED_CHUNK_BYTES ? index : shortIndex,
  };
}

/** Whether an upload has the chunks 0 to n-1 and no other, and all but the last are of full length. */
export function isWhole({ chunks, highest, shortIndex }: Gathered, wanted: UploadReference): boolean {
  const last = wanted.chunks - 1;
  return chunks === wanted.chunks && highest === last && (shortIndex ?? last) === last;
}

/** Numbers in order, as ranges. */
export function rangesOf(indexes: readonly number[]): ChunkRange[] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === index - 1) range[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
}
