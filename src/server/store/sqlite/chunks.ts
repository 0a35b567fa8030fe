/**
 * The chunks of the SQLite store. They lie as blobs do (see `padding.ts`), but in a file of their own (`chunk-file.ts`),
 * with the row that says what has been gathered of an upload, so that nobody counts its chunks. A commit is atomic in each
 * file only: so each step changes one of them, or is sound when only the store's own file has it, which is first.
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
import { CHUNK_FILE } from './file/chunk-file.js';
import { pragma, type SqliteDatabase } from './file/driver.js';
import { paddingFor } from './file/padding.js';
import type { Room } from './file/room.js';
import type { Transactions } from './file/transaction.js';
import type { SqliteQuotas } from './quotas.js';

type ChunkBytes = Uint8Array<ArrayBuffer>;

/** Chunks that one transaction of a purge destroys, so that it takes a few milliseconds: their log has room in the reserve. */
const PURGE_BATCH = 2;

/** An upload, and the number that its chunks go by where an older version put them. */
interface UploadRow {
  readonly seq: number;
  /** The number that its chunks go by in their file; `null` while none is there. */
  readonly stream: number | null;
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
}

/** A {@link ChunkStore} in an SQLite file. */
export class SqliteChunks implements ChunkStore {
  readonly #transactions: Transactions;
  readonly #quotas: SqliteQuotas;
  readonly #room: Room;
  readonly #pageSize: number;
  readonly #sql: ReturnType<typeof prepareChunkStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions, { quotas, room }: Dependencies) {
    this.#transactions = transactions;
    this.#quotas = quotas;
    this.#room = room;
    this.#pageSize = pragma(database, 'page_size', CHUNK_FILE);
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
      return row === undefined ? [] : this.#sql.places.all(...rangeOf(row.stream), ...rangeOf(row.seq));
    });
    return rangesOf(places.map(({ idx }) => idx));
  }

  async putChunk(id: string, index: number, bytes: ChunkBytes, now: number): Promise<PutOutcome> {
    if (!this.#transactions.read(() => this.#room.admitsChunk(bytes.length))) {
      const outcome = this.#transactions.read(() => this.#judge(this.#open(id, now), index, bytes));
      if (outcome === 'kept') throw new StoreFullError();
      return outcome;
    }
    return this.#transactions.write(() => {
      const row = this.#open(id, now);
      const outcome = this.#judge(row, index, bytes);
      if (row === undefined || outcome !== 'kept') return outcome;
      const there = withChunk(gatheredIn(row), index, bytes.length);
      const end = uploadEnd(row.created_at, now);
      const { chunks, highest, shortIndex } = there;
      const gathered = this.#sql.setGathered.get(id, there.bytes, chunks, highest, shortIndex, end);
      if (gathered === undefined) throw new Error('an insert gave no row');
      const place = placeOf(gathered.stream, index);
      this.#sql.insertChunk.run(place, paddingFor(bytes.length, this.#pageSize), bytes);
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
    if (row === undefined) return this.#purgeLeft();
    const { seq, stream } = row;
    if (row.open_until > now) {
      // Chunks have come since: only the row beside them says so.
      this.#sql.setDue.run(row.open_until, seq);
      return { destroyed: false, more: true };
    }
    const old = this.#sql.oldChunks.all(...rangeOf(seq), PURGE_BATCH);
    const batch = old.length > 0 ? old : this.#sql.chunks.all(...rangeOf(stream), PURGE_BATCH);
    if (batch.length > 0) {
      const bytes = batch.reduce((sum, { length }) => sum + streamBytesOf(length), 0);
      this.#sql.takeOff.run(bytes, seq);
      this.#sql.takeOffGathered.run(bytes, stream);
      const destroy = old.length > 0 ? this.#sql.deleteOldChunk : this.#sql.deleteChunk;
      for (const { place } of batch) destroy.run(place);
      return { destroyed: true, more: true };
    }
    if (stream !== null) {
      // Before the upload itself is forgotten, which a transaction of its own does.
      this.#sql.forgetGathered.run(stream);
      return { destroyed: false, more: true };
    }
    const keptUntil = (row.bound_at ?? Number.NEGATIVE_INFINITY) + IDEMPOTENCY_MS;
    if (keptUntil > now) this.#sql.setDue.run(keptUntil, seq);
    else this.#sql.forget.run(seq);
    return { destroyed: false, more: true };
  }

  /** The same of chunks whose upload is in no row: the store's file was put back, say, and theirs was not. */
  #purgeLeft(): { readonly destroyed: boolean; readonly more: boolean } {
    const left = this.#sql.left.get();
    if (left === undefined) return { destroyed: false, more: false };
    const chunks = this.#sql.chunks.all(...rangeOf(left.stream), PURGE_BATCH);
    for (const { place } of chunks) this.#sql.deleteChunk.run(place);
    if (chunks.length === 0) this.#sql.forgetGathered.run(left.stream);
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
    const there = this.#sql.there.get(placeOf(row.stream, index), placeOf(row.seq, index));
    if (there !== undefined) return Buffer.compare(there.bytes, bytes) === 0 ? 'present' : 'conflict';
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
    if (upload === undefined || index >= MAX_CHUNKS) return { outcome: 'no such chunk' };
    const row = this.#sql.there.get(placeOf(upload.stream, index), placeOf(upload.seq, index));
    return row === undefined ? { outcome: 'no such chunk' } : { outcome: 'chunk', bytes: row.bytes };
  }
}

/** More chunks than any upload can have. */
const MAX_CHUNKS = 2 ** 22;

/**
 * Where a chunk stands in its table: those of an upload after each other. Exact for the first 2,147,483,648 uploads. In
 * no table for an upload that has none there.
 */
function placeOf(seq: number | null, index: number): number {
  return seq === null ? -1 : seq * MAX_CHUNKS + index;
}

/** From which place on its chunks are, and from which on there are none of it any more. */
function rangeOf(seq: number | null): [from: number, end: number] {
  return seq === null ? [-1, -1] : [seq * MAX_CHUNKS, (seq + 1) * MAX_CHUNKS];
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

/** Uploads, with what the row beside their chunks says; `uploads` has that of those that began in an older version. */
const UPLOADS = `uploads LEFT JOIN ${CHUNK_FILE}.gathered ON gathered.upload = uploads.id`;

/** The end of an open upload: 0 where it was forgotten, and null where a secret needs the chunks. */
const END =
  'CASE WHEN uploads.due_at > 0 THEN MAX(uploads.due_at, IFNULL(gathered.due_at, 0)) ELSE uploads.due_at END';

const COLUMNS = `uploads.seq, gathered.stream, id, caller, begin_hash, max_bytes, reserved,
  IFNULL(gathered.bytes, uploads.bytes) AS bytes, IFNULL(gathered.chunks, uploads.chunks) AS chunks,
  IFNULL(gathered.highest, uploads.highest) AS highest,
  IIF(gathered.stream IS NULL, uploads.short_index, gathered.short_index) AS short_index,
  created_at, secret, create_hash, bound_at, ${END} AS due_at`;

/** That an upload is open, or was until a moment ago. */
const OPEN = 'bound_at IS NULL AND uploads.due_at > 0';

/** What an upload takes of the room. */
const TAKEN = `CASE WHEN reserved AND ${OPEN} THEN max_bytes
  WHEN bound_at IS NULL THEN IFNULL(gathered.bytes, uploads.bytes) ELSE uploads.bytes END`;

/** The names by which a caller, twice `?`, has taken room: its own, and those of who answered its requests. */
const OWN = `(SELECT ? UNION ALL SELECT '${ANSWERER}' || id FROM requests WHERE caller = ?)`;

interface PlacedChunk {
  readonly place: number;
  readonly length: number;
}

const PLACED = 'place, length(bytes) AS length';
const FIRST_PLACES = 'place >= ? AND place < ? ORDER BY place LIMIT ?';

/** The statements of the verbs, by what they do. Values in the order of their question marks. */
export function prepareChunkStatements(db: SqliteDatabase) {
  return {
    find: db.prepare<UploadRow>(`SELECT ${COLUMNS} FROM ${UPLOADS} WHERE id = ?`),
    findBegun: db.prepare<UploadRow>(
      `SELECT ${COLUMNS} FROM ${UPLOADS} WHERE caller = ? AND idempotency_key = ?`,
    ),
    countOpen: db.prepare<{ open: number }>(
      `SELECT COUNT(*) AS open FROM uploads WHERE caller = ? AND ${OPEN}`,
    ),
    insertUpload: db.prepare(
      `INSERT INTO uploads (id, caller, idempotency_key, begin_hash, max_bytes, reserved, bytes, chunks, highest,
         created_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?, 0, 0, -1, ?, ?)`,
    ),
    setGathered: db.prepare<{ stream: number }>(
      `INSERT INTO ${CHUNK_FILE}.gathered (upload, bytes, chunks, highest, short_index, due_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (upload) DO UPDATE SET bytes = excluded.bytes, chunks = excluded.chunks, highest = excluded.highest,
         short_index = excluded.short_index, due_at = excluded.due_at
       RETURNING stream`,
    ),
    forgetOpen: db.prepare('UPDATE uploads SET due_at = 0, idempotency_key = NULL WHERE seq = ?'),
    bind: db.prepare(
      `UPDATE uploads SET secret = ?, create_hash = ?, bound_at = ?, due_at = NULL,
         bytes = IFNULL((SELECT bytes FROM ${CHUNK_FILE}.gathered WHERE upload = uploads.id), bytes)
       WHERE id = ?`,
    ),
    uploadOf: db.prepare<Pick<UploadRow, 'seq' | 'stream'>>(
      `SELECT seq, stream FROM ${UPLOADS} WHERE secret = ?`,
    ),

    due: db.prepare<Pick<UploadRow, 'seq' | 'stream' | 'bound_at'> & { readonly open_until: number }>(
      `SELECT seq, stream, bound_at, IIF(${OPEN}, ${END}, 0) AS open_until FROM ${UPLOADS}
       WHERE uploads.due_at <= ? ORDER BY uploads.due_at LIMIT 1`,
    ),
    takeOff: db.prepare('UPDATE uploads SET bytes = MAX(0, bytes - ?), due_at = 0 WHERE seq = ?'),
    takeOffGathered: db.prepare(
      `UPDATE ${CHUNK_FILE}.gathered SET bytes = MAX(0, bytes - ?) WHERE stream = ?`,
    ),
    setDue: db.prepare('UPDATE uploads SET due_at = ? WHERE seq = ?'),
    forget: db.prepare('DELETE FROM uploads WHERE seq = ?'),
    forgetGathered: db.prepare(`DELETE FROM ${CHUNK_FILE}.gathered WHERE stream = ?`),
    left: db.prepare<{ stream: number }>(
      `SELECT stream FROM ${CHUNK_FILE}.gathered WHERE upload NOT IN (SELECT id FROM uploads) LIMIT 1`,
    ),

    insertChunk: db.prepare(
      `INSERT INTO ${CHUNK_FILE}.chunks (place, padding, bytes) VALUES (?, zeroblob(?), ?)`,
    ),
    /** Of one chunk, by its place in either file. */
    there: db.prepare<{ bytes: ChunkBytes }>(
      `SELECT bytes FROM ${CHUNK_FILE}.chunks WHERE place = ? UNION ALL SELECT bytes FROM main.chunks WHERE place = ?`,
    ),
    places: db.prepare<{ idx: number }>(
      `SELECT place % ${MAX_CHUNKS} AS idx FROM ${CHUNK_FILE}.chunks WHERE place >= ? AND place < ?
       UNION ALL SELECT place % ${MAX_CHUNKS} FROM main.chunks WHERE place >= ? AND place < ? ORDER BY idx`,
    ),
    chunks: db.prepare<PlacedChunk>(`SELECT ${PLACED} FROM ${CHUNK_FILE}.chunks WHERE ${FIRST_PLACES}`),
    oldChunks: db.prepare<PlacedChunk>(`SELECT ${PLACED} FROM main.chunks WHERE ${FIRST_PLACES}`),
    deleteChunk: db.prepare(`DELETE FROM ${CHUNK_FILE}.chunks WHERE place = ?`),
    deleteOldChunk: db.prepare('DELETE FROM main.chunks WHERE place = ?'),

    asker: db.prepare<{ caller: string }>('SELECT caller FROM requests WHERE id = ?'),
    findSecret: db.prepare<SecretRow>(`SELECT ${SECRET_COLUMNS} FROM secrets WHERE id = ?`),
    lease: db.prepare<LeaseRow>(
      'SELECT ends_at, acknowledged_at, read_at FROM leases WHERE seq = ? AND claim = ?',
    ),
    renewLease: db.prepare('UPDATE leases SET ends_at = ? WHERE seq = ? AND claim = ?'),

    allBytes: db.prepare<{ bytes: number | null }>(`SELECT SUM(${TAKEN}) AS bytes FROM ${UPLOADS}`),
    bytesOf: db.prepare<{ bytes: number | null }>(
      `SELECT SUM(${TAKEN}) AS bytes FROM ${UPLOADS} WHERE caller IN ${OWN}`,
    ),
    openBytes: db.prepare<{ bytes: number | null }>(
      `SELECT SUM(${TAKEN}) AS bytes FROM ${UPLOADS} WHERE caller IN ${OWN} AND bound_at IS NULL`,
    ),
    blobBytes: db.prepare<{ bytes: number | null }>(
      `SELECT SUM(blob_size) AS bytes FROM secrets WHERE caller IN ${OWN} AND due_at < expires_at + 86400000`,
    ),
  };
}
