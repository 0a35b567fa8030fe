/** The chunks of the store in memory. */

import { equalBytes } from '../../../core/bytes.js';
import type { ChunkRange } from '../../../core/protocol/chunks.js';
import {
  type BeginOutcome,
  type ChunkOutcome,
  type ChunkStore,
  fitting,
  type Gathered,
  isWhole,
  mayHave,
  type NewUpload,
  type PutOutcome,
  rangesOf,
  type Upload,
  uploadEnd,
  withChunk,
} from '../contracts/chunks.js';
import { IDEMPOTENCY_MS } from '../contracts/lifecycle.js';
import type { ShownProofs } from '../contracts/proofs.js';
import type { NewSecret } from '../contracts/secrets.js';
import type { MemoryQuotas } from './quotas.js';

type ChunkBytes = Uint8Array<ArrayBuffer>;

interface Entry {
  readonly upload: NewUpload;
  readonly chunks: Map<number, ChunkBytes>;
  gathered: Gathered;
  lastAt: number;
  /** The secret that has the chunks, and the hash of the create that gave it them. */
  bound: { readonly secret: string; readonly bodyHash: string; readonly at: number } | null;
}

/** What the chunks of a store need to know of its secrets. */
export interface Lender {
  /** Makes the lease of a claim longer. @returns `null` if it is live, else why nothing can be fetched under it. */
  renewLease(
    id: string,
    claim: string,
    shown: ShownProofs,
    now: number,
  ): Exclude<ChunkOutcome, { outcome: 'chunk' | 'no such chunk' }> | null;
  /** Bytes of a caller's blobs. */
  blobBytes(isCounted: (caller: string) => boolean): number;
}

/** A {@link ChunkStore} in memory. As with blobs, what is destroyed stays until garbage collection. */
export class MemoryChunks implements ChunkStore {
  readonly #quotas: MemoryQuotas;
  readonly #lender: () => Lender;
  readonly #ownerOf: (caller: string) => string;
  readonly #entries = new Map<string, Entry>();
  /** The uploads that secrets have, by the secrets' ids. */
  readonly #bound = new Map<string, Entry>();

  /** @param ownerOf whose room it is that a caller takes, as `Upload.owner`. */
  constructor(quotas: MemoryQuotas, lender: () => Lender, ownerOf: (caller: string) => string) {
    this.#quotas = quotas;
    this.#lender = lender;
    this.#ownerOf = ownerOf;
  }

  async beginUpload(upload: NewUpload): Promise<BeginOutcome> {
    const own = [...this.#entries.values()].filter((entry) => entry.upload.caller === upload.caller);
    const { key, bodyHash } = upload.idempotency ?? {};
    const earlier = own.find((entry) => key !== undefined && entry.upload.idempotency?.key === key);
    if (earlier !== undefined) {
      if (earlier.upload.idempotency?.bodyHash !== bodyHash) return { outcome: 'conflict' };
      return begun('replayed', earlier.upload);
    }
    if (own.filter(({ bound }) => bound === null).length >= upload.mostOpen) return { outcome: 'too many' };
    if (upload.quota !== null && !this.#quotas.count(upload.quota)) return { outcome: 'limited' };
    this.#entries.set(upload.id, {
      upload,
      chunks: new Map(),
      gathered: { maxBytes: upload.maxBytes, bytes: 0, chunks: 0, highest: -1, shortIndex: null },
      lastAt: upload.createdAt,
      bound: null,
    });
    return begun('begun', upload);
  }

  async findUpload(id: string, now: number): Promise<Upload | null> {
    const entry = this.#open(id, now);
    if (entry === undefined) return null;
    const { caller, maxBytes, isReserved } = entry.upload;
    const owner = this.#ownerOf(caller);
    return { owner, maxBytes, isReserved, bytes: entry.gathered.bytes, expiresAt: endOf(entry) };
  }

  async uploadedChunks(id: string, now: number): Promise<readonly ChunkRange[]> {
    const indexes = [...(this.#open(id, now)?.chunks.keys() ?? [])];
    return rangesOf(indexes.sort((one, other) => one - other));
  }

  async putChunk(id: string, index: number, bytes: ChunkBytes, now: number): Promise<PutOutcome> {
    const entry = this.#open(id, now);
    if (entry === undefined) return 'unknown';
    const there = entry.chunks.get(index);
    if (there !== undefined) return equalBytes(there, bytes) ? 'present' : 'conflict';
    const outcome = fitting(entry.gathered, index, bytes.length);
    if (outcome !== 'kept') return outcome;
    entry.chunks.set(index, bytes);
    entry.gathered = withChunk(entry.gathered, index, bytes.length);
    entry.lastAt = now;
    return 'kept';
  }

  async forgetUpload(id: string, now: number): Promise<boolean> {
    return this.#open(id, now) !== undefined && this.#entries.delete(id);
  }

  async fetchChunk(
    id: string,
    claim: string,
    index: number,
    shown: ShownProofs,
    now: number,
  ): Promise<ChunkOutcome> {
    const refused = this.#lender().renewLease(id, claim, shown, now);
    if (refused !== null) return refused;
    const bytes = this.#bound.get(id)?.chunks.get(index);
    return bytes === undefined ? { outcome: 'no such chunk' } : { outcome: 'chunk', bytes };
  }

  async storedBytes(caller: string | null): Promise<number> {
    if (caller === null) return this.#bytesOf(() => true);
    const isOwn = (name: string) => this.#ownerOf(name) === caller;
    return this.#bytesOf(({ upload }) => isOwn(upload.caller)) + this.#lender().blobBytes(isOwn);
  }

  async uploadedBytes(caller: string): Promise<number> {
    return this.#bytesOf(({ upload, bound }) => this.#ownerOf(upload.caller) === caller && bound === null);
  }

  /** Whether a create can have the chunks of an upload, or which secret has got them by the same create before. */
  match({
    upload,
    caller,
    createdAt,
  }: Pick<NewSecret, 'upload' | 'caller' | 'createdAt'>): 'whole' | 'incomplete' | 'unknown' | Replay {
    if (upload === null) return 'whole';
    const found = this.#entries.get(upload.id);
    if (found === undefined || !mayHave(caller, found.upload.caller)) return 'unknown';
    const { bound } = found;
    if (bound !== null) {
      const isSame = bound.bodyHash === upload.bodyHash && createdAt - bound.at < IDEMPOTENCY_MS;
      return isSame ? { secret: bound.secret } : 'unknown';
    }
    const entry = this.#open(upload.id, createdAt);
    if (entry === undefined) return 'unknown';
    return isWhole(entry.gathered, upload) ? 'whole' : 'incomplete';
  }

  /** Gives a secret the chunks of an upload that is whole. */
  bind({ id, upload, createdAt }: Pick<NewSecret, 'id' | 'upload' | 'createdAt'>): void {
    const entry = this.#entries.get(upload?.id ?? '');
    if (upload === null || entry === undefined) return;
    entry.bound = { secret: id, bodyHash: upload.bodyHash, at: createdAt };
    this.#bound.set(id, entry);
  }

  /** Bytes of the chunks that a secret has. */
  bytesFor(secret: string): number {
    return this.#bound.get(secret)?.gathered.bytes ?? 0;
  }

  /** Destroys the chunks of a secret. */
  destroy(secret: string): void {
    const entry = this.#bound.get(secret);
    if (entry === undefined) return;
    entry.chunks.clear();
    entry.gathered = { ...entry.gathered, bytes: 0 };
  }

  /** Forgets the upload of a secret that is forgotten. */
  forget(secret: string): void {
    this.#entries.delete(this.#bound.get(secret)?.upload.id ?? '');
    this.#bound.delete(secret);
  }

  /** Forgets the uploads that are past their end. */
  purge(now: number): void {
    for (const [id, entry] of this.#entries) {
      if (entry.bound === null && endOf(entry) <= now) this.#entries.delete(id);
    }
  }

  /** Forgets all of them. */
  clear(): void {
    this.#entries.clear();
    this.#bound.clear();
  }

  #open(id: string, now: number): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry && entry.bound === null && endOf(entry) > now ? entry : undefined;
  }

  #bytesOf(counts: (entry: Entry) => boolean): number {
    let bytes = 0;
    for (const entry of this.#entries.values()) {
      const { isReserved, maxBytes } = entry.upload;
      if (counts(entry)) bytes += isReserved && entry.bound === null ? maxBytes : entry.gathered.bytes;
    }
    return bytes;
  }
}

/** A secret that was made by the same create. */
interface Replay {
  readonly secret: string;
}

function endOf({ upload, lastAt }: Entry): number {
  return uploadEnd(upload.createdAt, lastAt);
}

function begun(outcome: 'begun' | 'replayed', { id, maxBytes, createdAt }: NewUpload): BeginOutcome {
  return { outcome, id, maxBytes, expiresAt: uploadEnd(createdAt, createdAt) };
}
