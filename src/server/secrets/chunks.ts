/** What may be done with uploads, and with the chunks of secrets: the rules between the routes and the store. */

import type { Bytes, RandomBytes } from '../../core/bytes.js';
import {
  type ChunkRange,
  chunkCount,
  SEALED_CHUNK_BYTES,
  SHORTEST_CHUNK_BYTES,
  streamBytesOf,
} from '../../core/protocol/chunks.js';
import { type ChunkStore, type NewUpload, OPEN_UPLOADS, type Upload } from '../store/contracts/chunks.js';
import { answererOf, type RequestRecord } from '../store/contracts/requests.js';
import type { Idempotency } from '../store/contracts/secrets.js';
import { StoreFullError } from '../store/contracts/store.js';
import type { Caller } from './callers.js';
import { limitReached, noneOf, quotaOf } from './quotas.js';
import { type Credentials, checkedId, idMaker, shownBy } from './secrets.js';
import { errorOf, ServiceError, uploadNotFound } from './service-error.js';
import type { Held, StoredBytes } from './stored-bytes.js';

/** When a caller with too many open uploads may come back, in milliseconds: by then one may be done. */
const TOO_MANY_MS = 60_000;

/** An upload that has begun. Times are milliseconds since 1970, here as below. */
export interface BegunUpload {
  readonly id: string;
  readonly maxBytes: number;
  readonly expiresAt: number;
}

/** How far an open upload is. */
export interface UploadState {
  readonly chunks: readonly ChunkRange[];
  /** Of the stream. */
  readonly bytes: number;
  readonly expiresAt: number;
}

/** Who begins an upload, and within which limits. */
interface Uploader extends Pick<NewUpload, 'caller' | 'mostOpen'> {
  /** Whose room it takes. */
  readonly owner: string;
  /** The most that the stream may have, in bytes. */
  readonly most: number;
  readonly quota: (now: number) => ReturnType<typeof quotaOf>;
}

/** What the service depends on. */
export interface ChunksOptions {
  readonly storedBytes: StoredBytes;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Makes the ids of uploads. */
  readonly random: RandomBytes;
}

/** The uploads and chunks of one store. Every method throws ServiceError, StoreError, StoreFullError or StoreBusyError. */
export class Chunks {
  readonly #store: ChunkStore;
  readonly #storedBytes: StoredBytes;
  readonly #now: () => number;
  readonly #newId: () => string;

  constructor(store: ChunkStore, { storedBytes, now, random }: ChunksOptions) {
    this.#store = store;
    this.#storedBytes = storedBytes;
    this.#now = now;
    this.#newId = idMaker(random);
  }

  /**
   * Begins an upload within the caller's limits. The same request again has the same result.
   * @param bytes of the stream, for which room is kept then; `null` if they are not known.
   */
  async begin(caller: Caller, bytes: number | null, idempotency: Idempotency | null): Promise<BegunUpload> {
    const quota = (createdAt: number) => quotaOf(caller, createdAt);
    const { name, limits } = caller;
    const uploader = { caller: name, owner: name, most: limits.upload, mostOpen: OPEN_UPLOADS, quota };
    return this.#begin(uploader, bytes, idempotency);
  }

  /**
   * Begins an upload for an answer to an open request, within the limits of who asked: that was counted when they did.
   * @param bytes as for {@link begin}.
   */
  async beginAnswer(
    { id, caller: owner, longestUpload: most, answersLeft }: RequestRecord,
    bytes: number | null,
    idempotency: Idempotency | null,
  ): Promise<BegunUpload> {
    const mostOpen = Math.min(answersLeft, OPEN_UPLOADS);
    const uploader = { caller: answererOf(id), owner, most, mostOpen, quota: () => null };
    return this.#begin(uploader, bytes, idempotency);
  }

  async #begin(
    { caller, owner, most, mostOpen, quota: quotaAt }: Uploader,
    bytes: number | null,
    idempotency: Idempotency | null,
  ): Promise<BegunUpload> {
    if ((bytes ?? 0) > most) throw tooLarge(most);
    const createdAt = this.#now();
    const quota = quotaAt(createdAt);
    const held = await this.#storedBytes.holdChunks(owner, bytes ?? 0);
    const isFull = held === null;
    const beginning = this.#store.beginUpload({
      id: this.#newId(),
      caller,
      mostOpen,
      idempotency,
      // Where there is no room, an upload that is begun again is still answered.
      quota: isFull ? noneOf({ name: caller }, createdAt) : quota,
      maxBytes: bytes ?? most,
      isReserved: bytes !== null,
      createdAt,
    });
    const begun = await settled(beginning, held, ({ outcome }) => outcome === 'begun');
    switch (begun.outcome) {
      case 'conflict':
        throw new ServiceError(
          'IDEMPOTENCY_KEY_REUSED',
          'the idempotency key was used for another upload: use a new one',
        );
      case 'limited':
        if (isFull) throw new StoreFullError();
        throw limitReached(quota, createdAt);
      case 'too many': {
        const message = `at most ${mostOpen} uploads are open at once: finish or delete one`;
        throw new ServiceError('RATE_LIMIT_EXCEEDED', message, { waitMs: TOO_MANY_MS });
      }
      default:
        return begun;
    }
  }

  /**
   * Takes a sealed chunk. Whether it may come is checked before any of it is read.
   * @param length its bytes. @param read reads them.
   */
  async put(id: string, index: number, length: number, read: () => Promise<Bytes>): Promise<void> {
    const upload = await this.#find(id);
    if (length > SEALED_CHUNK_BYTES) {
      throw new ServiceError('PAYLOAD_TOO_LARGE', `the chunk is longer than ${SEALED_CHUNK_BYTES} bytes`);
    }
    if (length < SHORTEST_CHUNK_BYTES) {
      throw new ServiceError('INVALID_CHUNK', `the chunk is shorter than ${SHORTEST_CHUNK_BYTES} bytes`);
    }
    if (index >= chunkCount(upload.maxBytes)) throw tooLarge(upload.maxBytes);
    const held = upload.isReserved
      ? null
      : await this.#storedBytes.holdChunks(upload.owner, streamBytesOf(length));
    // A chunk that is sent again needs none.
    if (!upload.isReserved && held === null && !(await this.#isThere(id, index))) throw new StoreFullError();
    const putting = read().then((bytes) => this.#store.putChunk(id, index, bytes, this.#now()));
    const outcome = await settled(putting, held, (result) => result === 'kept');
    switch (outcome) {
      case 'unknown':
        throw uploadNotFound();
      case 'conflict':
        throw new ServiceError('CHUNK_CONFLICT', 'the chunk is there already, with other bytes');
      case 'second short chunk':
        throw new ServiceError('INVALID_CHUNK', 'a second chunk is not of full length');
      case 'too large':
        throw tooLarge(upload.maxBytes);
    }
  }

  /** How far an open upload is. */
  async state(id: string): Promise<UploadState> {
    const { bytes, expiresAt } = await this.#find(id);
    return { chunks: await this.#store.uploadedChunks(id, this.#now()), bytes, expiresAt };
  }

  /** Forgets an open upload. */
  async forget(id: string): Promise<void> {
    if (!(await this.#store.forgetUpload(id, this.#now()))) throw uploadNotFound();
  }

  /** Fetches a chunk of a secret that `claim` reads. */
  async fetch(id: string, claim: string, index: number, credentials: Credentials): Promise<Bytes> {
    const shown = shownBy(credentials);
    const fetched = await this.#store.fetchChunk(checkedId(id), claim, index, shown, this.#now());
    if (fetched.outcome === 'chunk') return fetched.bytes;
    if (fetched.outcome === 'no such chunk') {
      throw new ServiceError('CHUNK_NOT_FOUND', 'the secret has no such chunk');
    }
    throw errorOf(fetched);
  }

  async #isThere(id: string, index: number): Promise<boolean> {
    const chunks = await this.#store.uploadedChunks(id, this.#now());
    return chunks.some(([first, last]) => first <= index && index <= last);
  }

  async #find(id: string): Promise<Upload> {
    const upload = await this.#store.findUpload(id, this.#now());
    if (upload === null) throw uploadNotFound();
    return upload;
  }
}

/** What `work` resolves with; the room that is held for it is settled by then. */
async function settled<T>(work: Promise<T>, held: Held | null, wasKept: (result: T) => boolean): Promise<T> {
  let kept = false;
  try {
    const result = await work;
    kept = wasKept(result);
    return result;
  } finally {
    held?.settle(kept);
  }
}

function tooLarge(most: number): ServiceError {
  return new ServiceError('PAYLOAD_TOO_LARGE', `the files are more than ${most} bytes together`);
}
