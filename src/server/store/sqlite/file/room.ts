/**
 * The room of an SQLite store on its disk. Deleting takes room as well: what a deletion overwrites goes to the
 * write-ahead log first, and the log starts over only when all of it is copied into the database, which may have to
 * grow for that. So creates are refused while there is room for everything else, and the store keeps a reserve for the
 * time when others have filled the disk.
 */

import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CHUNK_FILE } from './chunk-file.js';
import { pathOf, pragma, type SqliteDatabase, sqliteResultCode } from './driver.js';
import { Reserve } from './reserve.js';
import { inTransaction } from './transaction.js';

/** Bytes by which the database may have to grow when the log is copied into it. Half of the reserve. */
const GROWTH = 4 * 2 ** 20;

/**
 * Bytes of the disk that creates leave free if they make the database grow: enough for the log of the largest create.
 * So one that finds room in the database itself, where something has expired, can always be written.
 */
const LOG_ROOM = 2.5 * 2 ** 20;

/** Pages that a create writes besides its blob: record, indexes, counts and the tables' inner pages. */
const PAGES_BESIDES = 16;

/** Pages that a chunk takes up besides its own: of the tables, the index and the file itself. */
const PAGES_BESIDES_CHUNK = 4;

/** Bytes that the log takes for a byte of the database: each page has a header there, of 24 bytes. */
const LOG_SHARE = 1.03;

/** How long the checkpoint of another connection is waited for, and how often it is looked whether it has ended. */
const CHECKPOINT_MS = 2_000;
const POLL_MS = 5;

/** What the thread sleeps on, as nobody sets it. */
const NEVER_SET = new Int32Array(new SharedArrayBuffer(4));

/** The room that a database has, in bytes. */
interface Seen {
  /** Whether the reserve is. */
  readonly isWhole: boolean;
  /** Of the disk. */
  readonly free: number;
  /** In the database, where something was deleted, and in the file of the chunks. */
  readonly freed: number;
  readonly freedOfChunks: number;
  /** By which the database grows when the log is copied into it. */
  readonly uncopied: number;
}

/** Bytes that something takes, in the database and in the file of the chunks. */
interface Wanted {
  readonly own: number;
  readonly ofChunks: number;
}

/** What makes the log start over. */
type Checkpoint = 'RESTART' | 'TRUNCATE';

/** Whether an error of a driver says that the disk, or the share that the store has of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

/** Whether an error of a driver may go away when there is more room: a quota that is used up is none of its codes. */
export function mayNeedRoom(error: unknown): boolean {
  return [FULL, IO_ERROR].includes(codeOf(error) ?? 0);
}

const FULL = 13;
const IO_ERROR = 10;

/** Watches over the room of one database. */
export class Room {
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #pageSize: number;
  readonly #chunkPageSize: number;
  readonly #reserve: Reserve;
  readonly #commit: () => void;
  readonly #sql: ReturnType<typeof prepareStatements>;
  /** What the creates and chunks take that wait for their transaction. */
  #admitted: Wanted = NOTHING;
  /** What there was when the first of them came: creates that share a transaction share a look. */
  #seen: Seen | null = null;

  /**
   * @param database with the tables of this version.
   * @param commit commits what waits for its transaction.
   */
  constructor(database: SqliteDatabase, commit: () => void) {
    this.#database = database;
    this.#commit = commit;
    this.#sql = prepareStatements(database);
    this.#path = pathOf(database);
    this.#pageSize = pragma(database, 'page_size');
    this.#chunkPageSize = pragma(database, 'page_size', CHUNK_FILE);
    this.#reserve = new Reserve(this.#path);
    this.#reserve.take();
  }

  /** Whether there is room for one more blob of `length` bytes. If so, it counts until the next transaction ends. */
  admits(length: number): boolean {
    return this.#admits({ own: pagesFor(length, this.#pageSize, PAGES_BESIDES), ofChunks: 0 });
  }

  /** The same for one more chunk. */
  admitsChunk(length: number): boolean {
    return this.#admits({ own: 0, ofChunks: pagesFor(length, this.#chunkPageSize, PAGES_BESIDES_CHUNK) });
  }

  #admits(more: Wanted): boolean {
    if (!this.#fits(more)) {
      // With what waits committed and the log emptied, there may be.
      this.#commit();
      this.#truncateLog();
      this.#seen = null;
      if (!this.#reserve.take() || !this.#fits(more)) {
        // No transaction follows: the next create looks again.
        this.#seen = null;
        return false;
      }
    }
    this.#admitted = sum(this.#admitted, more);
    return true;
  }

  /**
   * Runs `work` in a transaction.
   * @param entitled whether it may use the reserve, if there is no room otherwise.
   * @throws as {@link inTransaction}.
   */
  transaction(work: () => void, entitled: boolean): void {
    const run = () => inTransaction(this.#database, work);
    try {
      if (entitled) this.#withReserve(run);
      else run();
    } finally {
      this.#admitted = NOTHING;
      this.#seen = null;
    }
  }

  /** Empties the log, which may hold destroyed ciphertext, and takes the reserve. @returns whether it is empty. */
  emptyLog(): boolean {
    const empty = this.#withReserve(() => this.#sql.TRUNCATE.get()?.busy === 0);
    this.#reserve.take();
    return empty;
  }

  /**
   * Copies the log into the database, as far as there is room: what is not copied stays in the log.
   * @returns whether another connection is in the way.
   */
  checkpoint(kind: Checkpoint): boolean {
    try {
      return this.#sql[kind].get()?.busy === 1;
    } catch (error) {
      if (!mayNeedRoom(error)) throw error;
      return false;
    }
  }

  /**
   * Empties the log. The checkpoint of another connection may be in the way, and SQLite calls no busy handler for that
   * (sqlite3_wal_checkpoint_v2): without waiting for its end, a disk with all the room in the world would look full.
   */
  #truncateLog(): void {
    const deadline = performance.now() + CHECKPOINT_MS;
    while (this.checkpoint('TRUNCATE') && performance.now() < deadline)
      Atomics.wait(NEVER_SET, 0, 0, POLL_MS);
  }

  /** Does `work`, a second time with the reserve's room if it fails for want of room. */
  #withReserve<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!mayNeedRoom(error) || !this.#reserve.release()) throw error;
    }
    try {
      this.checkpoint('RESTART');
      return work();
    } finally {
      // The log keeps the room that it has grown into, so that small writes do not come here each time.
      this.checkpoint('RESTART');
      this.#reserve.take();
    }
  }

  #fits(more: Wanted): boolean {
    this.#seen ??= this.#look();
    const { isWhole, free, freed, freedOfChunks, uncopied } = this.#seen;
    const wanted = sum(this.#admitted, more);
    const grows = Math.max(0, wanted.own - freed);
    if (uncopied + grows > GROWTH || !isWhole) return false;
    // Chunks go through no log.
    const allGrow = grows + Math.max(0, wanted.ofChunks - freedOfChunks);
    return free - uncopied - allGrow - wanted.own * LOG_SHARE >= (allGrow > 0 ? LOG_ROOM : 0);
  }

  #look(): Seen {
    const { pages, freed } = this.#sql.pages.get() ?? { pages: 0, freed: 0 };
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    return {
      isWhole: this.#reserve.isWhole(),
      free: bavail * bsize,
      freed: freed * this.#pageSize,
      freedOfChunks: (this.#sql.freeChunkPages.get()?.freelist_count ?? 0) * this.#chunkPageSize,
      uncopied: Math.max(0, pages * this.#pageSize - statSync(this.#path).size),
    };
  }
}

const NOTHING: Wanted = { own: 0, ofChunks: 0 };

function sum(one: Wanted, other: Wanted): Wanted {
  return { own: one.own + other.own, ofChunks: one.ofChunks + other.ofChunks };
}

/** The bytes of the pages that so many bytes take, and of some besides. */
function pagesFor(length: number, pageSize: number, besides: number): number {
  return (Math.ceil(length / (pageSize - 4)) + besides) * pageSize;
}

/** SQLite's result code. Where a rollback failed too, that of the transaction. */
function codeOf(error: unknown): number | undefined {
  return sqliteResultCode(error instanceof AggregateError ? error.cause : error);
}

function prepareStatements(db: SqliteDatabase) {
  return {
    pages: db.prepare<{ pages: number; freed: number }>(
      'SELECT page_count AS pages, freelist_count AS freed FROM pragma_page_count, pragma_freelist_count',
    ),
    freeChunkPages: db.prepare<{ freelist_count: number }>(`PRAGMA ${CHUNK_FILE}.freelist_count`),
    RESTART: db.prepare<{ busy: number }>('PRAGMA main.wal_checkpoint(RESTART)'),
    TRUNCATE: db.prepare<{ busy: number }>('PRAGMA main.wal_checkpoint(TRUNCATE)'),
  };
}
