/**
 * The chunks of the SQLite store. They lie as blobs do: see `padding.ts`. All that decides about an upload is in its own
 * row, so that nobody counts its chunks.
 */

import type { ChunkRange } from '../../../core/protocol/chunks.js';
import { streamBytesOf } from '../../../core/protocol/chunks.js';
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
  renewedLease,
  type Upload,
  uploadEnd,
  withChunk,
} from '../contracts/chunks.js';
import { forgottenAt, IDEMPOTENCY_MS, stateOf, unreadable } from '../contracts/lifecycle.js';
import { isRightPassphrase, keyRefusal, type ShownProofs } from '../contracts/proofs.js';
import { ANSWERER, answeredBy } from '../contracts/requests.js';
import { lifecycleOf, proofsOf } from '../contracts/rows.js';
import type { NewSecret } from '../contracts/secrets.js';
import { StoreFullError } from '../contracts/store.js';
import { SECRET_COLUMNS, type SecretRow } from './destruction.js';
import type { SqliteDatabase } from './file/driver.js';
import { paddingFor } from './file/padding.js';
import type { Room } from './file/room.js';
import type { Transactions } from './file/transaction.js';
import type { SqliteQuotas } from './quotas.js';

type ChunkBytes = Uint8Array<ArrayBuffer>;

/** Chunks that one transaction of a purge destroys, so that it takes a few milliseconds: their log has room in the reserve. */
const PURGE_BATCH = 2;

/** An upload, and the number that its chunks go by. */
interface UploadRow {
  readonly seq: number;
  readonly id: string;
  readonly caller: string;
  readonly begin_hash: string | null;
  readonly max_bytes: number;
  readonly reserved: number;
  readonly bytes: number;
  readonly chunks: number;
  readonly highest: number;
  readonly short_index: number | null;
  readonly created_at: number;
  readonly secret: number | null;
  readonly create_hash: string | null;
  readonly bound_at: number | null;
  readonly due_at: number | null;
}

interface LeaseRow {
  readonly ends_at: number;
  readonly acknowledged_at: number | null;
  readonly read_at: number;
}

/** What the verbs need of the rest of the store. */
interface Dependencies {
  readonly quotas: SqliteQuotas;
  readonly room: Room;
  /** Of the file's pages, in bytes. */
  readonly pageSize: number;
}

/** A {@link ChunkStore} in an SQLite file. */
export class SqliteChunks implements ChunkStore {
  readonly #transactions: Transactions;
  readonly #quotas: SqliteQuotas;
  readonly #room: Room;
  readonly #pageSize: number;
  readonly #sql: ReturnType<typeof prepareChunkStatements>;

  /** @param database with the tables of this version. */
  constructor(
    database: SqliteDatabase,
    transactions: Transactions,
    { quotas, room, pageSize }: Dependencies,
  ) {
    this.#transactions = transactions;
    this.#quotas = quotas;
    this.#room = room;
    this.#pageSize = pageSize;
    this.#sql = prepareChunkStatements(database);
  }

  async beginUpload(upload: NewUpload): Promise<BeginOutcome> {
    const { caller, idempotency, createdAt, maxBytes } = upload;
    const replay = (): BeginOutcome | undefined => {
      const row = idempotency === null ? undefined : this.#sql.findBegun.get(caller, idempotency.key);
      if (row === undefined) return undefined;
      return row.begin_hash === idempotency?.bodyHash ? begun('replayed', row) : { outcome: 'conflict' };
    };
    if (!this.#transactions.read(() => this.#room.admits(0))) {
      const earlier = this.#transactions.read(replay);
      if (earlier === undefined) throw new StoreFullError();
      return earlier;
    }
    return this.#transactions.write<BeginOutcome>(() => {
      const earlier = replay();
      if (earlier !== undefined) return earlier;
      if ((this.#sql.countOpen.get(caller)?.open ?? 0) >= upload.mostOpen) return { outcome: 'too many' };
      if (upload.quota !== null && !this.#quotas.count(upload.quota)) return { outcome: 'limited' };
      const { key = null, bodyHash = null } = idempotency ?? {};
      const end = uploadEnd(createdAt, createdAt);
      const reserved = upload.isReserved ? 1 : 0;
      this.#sql.insertUpload.run(upload.id, caller, key, bodyHash, maxBytes, reserved, createdAt, end);
      return begun('begun', { id: upload.id, max_bytes: maxBytes, created_at: createdAt });
    }, false);
  }

  async findUpload(id: string, now: number): Promise<Upload | null> {
    return this.#transactions.read(() => {
      const row = this.#open(id, now);
      if (row === undefined) return null;
      const { caller, max_bytes: maxBytes, reserved, bytes } = row;
      const expiresAt = row.due_at ?? now;
      return { owner: this.#ownerOf(caller), maxBytes, isReserved: reserved === 1, bytes, expiresAt };
    });
  }

  async uploadedChunks(id: string, now: number): Promise<readonly ChunkRange[]> {
    const places = this.#transactions.read(() => {
      const row = this.#open(id, now);
      return row === undefined ? [] : this.#sql.places.all(placeOf(row, 0), placeOf(row, MAX_CHUNKS), -1);
    });
    return rangesOf(places.map(({ place }) => place % MAX_CHUNKS));
  }

  async putChunk(id: string, index: number, bytes: ChunkBytes, now: number): Promise<PutOutcome> {
    if (!this.#transactions.read(() => this.#room.admits(bytes.length))) {
      const outcome = this.#transactions.read(() => this.#judge(this.#open(id, now), index, bytes));
      if (outcome === 'kept') throw new StoreFullError();
      return outcome;
    }
    return this.#transactions.write(() => {
      const row = this.#open(id, now);
      const outcome = this.#judge(row, index, bytes);
      if (row === undefined || outcome !== 'kept') return outcome;
      this.#sql.insertChunk.run(placeOf(row, index), paddingFor(bytes.length, this.#pageSize), bytes);
      const there = withChunk(gatheredIn(row), index, bytes.length);
      const end = uploadEnd(row.created_at, now);
      this.#sql.setGathered.run(there.bytes, there.chunks, there.highest, there.shortIndex, end, row.seq);
      return outcome;
    }, false);
  }

  forgetUpload(id: string, now: number): Promise<boolean> {
    return this.#transactions.write(() => {
      const row = this.#open(id, now);
      if (row === undefined) return false;
      this.#sql.forgetOpen.run(row.seq);
      return true;
    });
  }

  async fetchChunk(
    id: string,
    claim: string,
    index: number,
    shown: ShownProofs,
    now: number,
  ): Promise<ChunkOutcome> {
    const first = this.#transactions.read(() => this.#fetch(id, claim, index, shown, now));
    if (!('renewed' in first)) return first;
    return this.#transactions.write(() => {
      const again = this.#fetch(id, claim, index, shown, now);
      if (!('renewed' in again)) return again;
      this.#sql.renewLease.run(again.renewed, again.seq, claim);
      return this.#chunk(again.seq, index);
    });
  }

  async storedBytes(caller: string | null): Promise<number> {
    return this.#transactions.read(() => {
      if (caller === null) return this.#sql.allBytes.get()?.bytes ?? 0;
      const chunks = this.#sql.bytesOf.get(caller, caller)?.bytes ?? 0;
      return chunks + (this.#sql.blobBytes.get(caller, caller)?.bytes ?? 0);
    });
  }

  async uploadedBytes(caller: string): Promise<number> {
    return this.#transactions.read(() => this.#sql.openBytes.get(caller, caller)?.bytes ?? 0);
  }

  /**
   * Whether a create can have the chunks of its upload, or which secret has got them by the same create before. Inside
   * the caller's transaction, as what follows.
   */
  match(secret: NewSecret): 'whole' | 'incomplete' | 'unknown' | { readonly secret: number } {
    const { upload, caller, createdAt } = secret;
    if (upload === null) return 'whole';
    const row = this.#sql.find.get(upload.id);
    if (row === undefined || !mayHave(caller, row.caller)) return 'unknown';
    if (row.bound_at !== null) {
      const isSame = row.create_hash === upload.bodyHash && createdAt - row.bound_at < IDEMPOTENCY_MS;
      return isSame && row.secret !== null ? { secret: row.secret } : 'unknown';
    }
    if ((row.due_at ?? 0) <= createdAt) return 'unknown';
    return isWhole(gatheredIn(row), upload) ? 'whole' : 'incomplete';
  }

  /** Gives a secret the chunks of an upload that is whole. */
  bind({ upload, createdAt }: NewSecret, secret: number): void {
    if (upload !== null) this.#sql.bind.run(secret, upload.bodyHash, createdAt, upload.id);
  }

  /** One batch of the chunks' part of `Engine.purge`. @returns whether it destroyed some, and there may be more to do. */
  purge(now: number): { readonly destroyed: boolean; readonly more: boolean } {
    const row = this.#sql.due.get(now);
    if (row === undefined) return { destroyed: false, more: false };
    const chunks = this.#sql.places.all(placeOf(row, 0), placeOf(row, MAX_CHUNKS), PURGE_BATCH);
    for (const { place } of chunks) this.#sql.deleteChunk.run(place);
    if (chunks.length === 0) {
      const keptUntil = (row.bound_at ?? Number.NEGATIVE_INFINITY) + IDEMPOTENCY_MS;
      if (keptUntil > now) this.#sql.setDue.run(keptUntil, row.seq);
      else this.#sql.forget.run(row.seq);
    } else {
      const bytes = chunks.reduce((sum, { length }) => sum + streamBytesOf(length), 0);
      this.#sql.takeOff.run(bytes, row.seq);
    }
    return { destroyed: chunks.length > 0, more: true };
  }

  #open(id: string, now: number): UploadRow | undefined {
    const row = this.#sql.find.get(id);
    return row && row.bound_at === null && (row.due_at ?? 0) > now ? row : undefined;
  }

  /** Whose room it is that an uploader takes, as `Upload.owner`. */
  #ownerOf(uploader: string): string {
    const answered = answeredBy(uploader);
    return (answered === null ? undefined : this.#sql.asker.get(answered)?.caller) ?? uploader;
  }

  /** What becomes of a chunk that comes for an upload. */
  #judge(row: UploadRow | undefined, index: number, bytes: ChunkBytes): PutOutcome {
    if (row === undefined) return 'unknown';
    const there = this.#sql.isSame.get(bytes, placeOf(row, index));
    if (there !== undefined) return there.same === 1 ? 'present' : 'conflict';
    return fitting(gatheredIn(row), index, bytes.length);
  }

  /** A chunk, or which lease must be made longer first. */
  #fetch(
    id: string,
    claim: string,
    index: number,
    shown: ShownProofs,
    now: number,
  ): ChunkOutcome | { readonly renewed: number; readonly seq: number } {
    const row = this.#sql.findSecret.get(id);
    if (!row || forgottenAt(row.expires_at) <= now) return { outcome: 'unknown' };
    const refusal = keyRefusal(proofsOf(row), shown);
    if (refusal !== null) return { outcome: refusal };
    const lifecycle = lifecycleOf(row);
    const lease = this.#sql.lease.get(row.seq, claim);
    const isLive = lease && lease.acknowledged_at === null && lease.ends_at > now;
    if (!isLive || lifecycle.destroyed || !isRightPassphrase(proofsOf(row), shown)) {
      return unreadable(stateOf(lifecycle, now));
    }
    if (row.chunks === null) return { outcome: 'no such chunk' };
    const renewed = renewedLease(lease.ends_at, lease.read_at, now);
    return renewed === lease.ends_at ? this.#chunk(row.seq, index) : { renewed, seq: row.seq };
  }

  #chunk(secret: number, index: number): ChunkOutcome {
    const upload = this.#sql.uploadOf.get(secret);
    const row = upload && index < MAX_CHUNKS ? this.#sql.chunk.get(placeOf(upload, index)) : undefined;
    return row === undefined ? { outcome: 'no such chunk' } : { outcome: 'chunk', bytes: row.bytes };
  }
}

/** More chunks than any upload can have. */
const MAX_CHUNKS = 2 ** 22;

/** Where a chunk stands in its table: those of an upload after each other. Exact for the first 2,147,483,648 uploads. */
function placeOf({ seq }: Pick<UploadRow, 'seq'>, index: number): number {
  return seq * MAX_CHUNKS + index;
}

function gatheredIn(row: UploadRow): Gathered {
  const { max_bytes: maxBytes, bytes, chunks, highest, short_index: shortIndex } = row;
  return { maxBytes, bytes, chunks, highest, shortIndex };
}

function begun(
  outcome: 'begun' | 'replayed',
  { id, max_bytes: maxBytes, created_at: createdAt }: Pick<UploadRow, 'id' | 'max_bytes' | 'created_at'>,
): BeginOutcome {
  return { outcome, id, maxBytes, expiresAt: uploadEnd(createdAt, createdAt) };
}

const COLUMNS = `seq, id, caller, begin_hash, max_bytes, reserved, bytes, chunks, highest, short_index, created_at, secret,
  create_hash, bound_at, due_at`;

/** That an upload is open, or was until a moment ago. */
const OPEN = 'bound_at IS NULL AND due_at > 0';

/** What an upload takes of the room. */
const TAKEN = `CASE WHEN reserved AND ${OPEN} THEN max_bytes ELSE bytes END`;

/** The names by which a caller, twice `?`, has taken room: its own, and those of who answered its requests. */
const OWN = `(SELECT ? UNION ALL SELECT '${ANSWERER}' || id FROM requests WHERE caller = ?)`;

/** The statements of the verbs, by what they do. Values in the order of their question marks. */
export function prepareChunkStatements(db: SqliteDatabase) {
  return {
    find: db.prepare<UploadRow>(`SELECT ${COLUMNS} FROM uploads WHERE id = ?`),
    findBegun: db.prepare<UploadRow>(
      `SELECT ${COLUMNS} FROM uploads WHERE caller = ? AND idempotency_key = ?`,
    ),
    countOpen: db.prepare<{ open: number }>(
      `SELECT COUNT(*) AS open FROM uploads WHERE caller = ? AND ${OPEN}`,
    ),
    insertUpload: db.prepare(
      `INSERT INTO uploads (id, caller, idempotency_key, begin_hash, max_bytes, reserved, bytes, chunks, highest,
         created_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?, 0, 0, -1, ?, ?)`,
    ),
    setGathered: db.prepare(
      'UPDATE uploads SET bytes = ?, chunks = ?, highest = ?, short_index = ?, due_at = ? WHERE seq = ?',
    ),
    forgetOpen: db.prepare('UPDATE uploads SET due_at = 0, idempotency_key = NULL WHERE seq = ?'),
    bind: db.prepare(
      'UPDATE uploads SET secret = ?, create_hash = ?, bound_at = ?, due_at = NULL WHERE id = ?',
    ),
    uploadOf: db.prepare<{ seq: number }>('SELECT seq FROM uploads WHERE secret = ?'),

    due: db.prepare<{ seq: number; bound_at: number | null }>(
      'SELECT seq, bound_at FROM uploads WHERE due_at <= ? ORDER BY due_at LIMIT 1',
    ),
    takeOff: db.prepare('UPDATE uploads SET bytes = bytes - ?, due_at = 0 WHERE seq = ?'),
    setDue: db.prepare('UPDATE uploads SET due_at = ? WHERE seq = ?'),
    forget: db.prepare('DELETE FROM uploads WHERE seq = ?'),

    insertChunk: db.prepare('INSERT INTO chunks (place, padding, bytes) VALUES (?, zeroblob(?), ?)'),
    isSame: db.prepare<{ same: number }>('SELECT bytes = ? AS same FROM chunks WHERE place = ?'),
    chunk: db.prepare<{ bytes: ChunkBytes }>('SELECT bytes FROM chunks WHERE place = ?'),
    places: db.prepare<{ place: number; length: number }>(
      `SELECT place, length(bytes) AS length FROM chunks WHERE place >= ? AND place < ? ORDER BY place LIMIT ?`,
    ),
    deleteChunk: db.prepare('DELETE FROM chunks WHERE place = ?'),

    asker: db.prepare<{ caller: string }>('SELECT caller FROM requests WHERE id = ?'),
    findSecret: db.prepare<SecretRow>(`SELECT ${SECRET_COLUMNS} FROM secrets WHERE id = ?`),
    lease: db.prepare<LeaseRow>(
      'SELECT ends_at, acknowledged_at, read_at FROM leases WHERE seq = ? AND claim = ?',
    ),
    renewLease: db.prepare('UPDATE leases SET ends_at = ? WHERE seq = ? AND claim = ?'),

    allBytes: db.prepare<{ bytes: number | null }>(`SELECT SUM(${TAKEN}) AS bytes FROM uploads`),
    bytesOf: db.prepare<{ bytes: number | null }>(
      `SELECT SUM(${TAKEN}) AS bytes FROM uploads WHERE caller IN ${OWN}`,
    ),
    openBytes: db.prepare<{ bytes: number | null }>(
      `SELECT SUM(${TAKEN}) AS bytes FROM uploads WHERE caller IN ${OWN} AND bound_at IS NULL`,
    ),
    blobBytes: db.prepare<{ bytes: number | null }>(
      `SELECT SUM(blob_size) AS bytes FROM secrets WHERE caller IN ${OWN} AND due_at < expires_at + 86400000`,
    ),
  };
}
