/** The embedded store: an SQLite file and one for its chunks, any number of handles on them. */

import { MAX_BLOB_LENGTH } from '../../../core/protocol/limits.js';
import { type Purged, type Store, StoreError, StoreFullError } from '../contracts/store.js';
import { SqliteChunks } from './chunks.js';
import { SqliteCreates } from './create.js';
import { SqliteDestruction } from './destruction.js';
import { attachChunkFile, CHUNK_FILE } from './file/chunk-file.js';
import { pragma, type SqliteDatabase } from './file/driver.js';
import { GroupCommit } from './file/group-commit.js';
import { PAGE_SIZE } from './file/padding.js';
import { isDiskFull, Room } from './file/room.js';
import { makeShrinkable, shrink } from './file/shrinking.js';
import { inTransaction, type Transactions } from './file/transaction.js';
import { SqliteKeys } from './keys.js';
import { SqliteLists } from './lists.js';
import { SqliteOutbox } from './outbox.js';
import { SqliteQuotas } from './quotas.js';
import { SqliteRequests } from './requests.js';
import { migrate, remember } from './schema.js';
import { SqliteSecrets } from './secrets.js';

/** Counts that one transaction of a purge forgets, so that it takes a few milliseconds. */
const COUNT_BATCH = 500;

/**
 * Order matters: each setting may have to wait for another process that opens the file, the page size counts before the
 * first table, and everything before the first write. `secure_delete`
 * overwrites freed pages; without temporary files nothing is copied past it. `synchronous = FULL` makes a commit
 * durable in the write-ahead log. The cache is 8 MiB.
 */
const SETTINGS = `
  PRAGMA busy_timeout = 2000;
  PRAGMA page_size = ${PAGE_SIZE};
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA foreign_keys = ON;
  PRAGMA cache_size = -8192;
`;

/**
 * Pages of the write-ahead log at which a commit copies it into the database: with more, writes are faster on the
 * whole, but then some of them wait long.
 */
const LOG_PAGES = 1_000;

/** A {@link Store} in an SQLite file. Reads are answered at once, writes share transactions. */
export class SqliteStore implements Store {
  readonly callerSalt: string;
  readonly chunks: SqliteChunks;
  readonly secrets: SqliteSecrets;
  readonly requests: SqliteRequests;
  readonly lists: SqliteLists;
  readonly quotas: SqliteQuotas;
  readonly keys: SqliteKeys;
  readonly outbox: SqliteOutbox;
  readonly #database: SqliteDatabase;
  readonly #destruction: SqliteDestruction;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #room: Room;
  readonly #writes: GroupCommit;
  /** Whether the write-ahead log may hold destroyed ciphertext. An earlier process may have left some. */
  #logIsDirty = true;
  /** Whether the files have room to give back, where chunks were. An earlier process may have left some. */
  #isOversized = true;
  /** Whether the last write failed, as on a full disk: then only another one tells whether the file can be written. */
  #writeFailed = false;

  /**
   * Takes over an open database and brings it up to date.
   * @param newCallerSalt kept by the store if it is new.
   * @param logPages of the write-ahead log at which a commit copies it into the database. Default 1,000.
   * @throws ZephrError as {@link migrate} does, and the errors of the driver.
   */
  constructor(database: SqliteDatabase, newCallerSalt: string, logPages = LOG_PAGES) {
    this.#database = database;
    database.exec(SETTINGS);
    database.exec(`PRAGMA wal_autocheckpoint = ${logPages}`);
    let callerSalt = newCallerSalt;
    inTransaction(database, () => {
      migrate(database);
      callerSalt = remember(database, 'caller_salt', newCallerSalt);
    });
    this.callerSalt = callerSalt;
    attachChunkFile(database);
    makeShrinkable(database);
    this.#sql = prepareStatements(database);
    this.#room = new Room(database, () => this.#writes.flush());
    this.#writes = new GroupCommit((work, entitled) => this.#room.transaction(work, entitled));
    const transactions: Transactions = {
      read: (work) => this.#read(work),
      write: (work, entitled) => this.#write(work, entitled),
    };
    const pageSize = pragma(database, 'page_size');
    this.quotas = new SqliteQuotas(database, transactions);
    this.keys = new SqliteKeys(database, transactions);
    this.lists = new SqliteLists(database, transactions);
    this.outbox = new SqliteOutbox(database, transactions, pageSize);
    const onDestroyed = () => {
      this.#logIsDirty = true;
    };
    const { quotas, outbox } = this;
    const room = this.#room;
    this.chunks = new SqliteChunks(database, transactions, { quotas, room });
    const { chunks } = this;
    this.#destruction = new SqliteDestruction(database, outbox, onDestroyed);
    const creates = new SqliteCreates(database, transactions, { quotas, chunks, room, pageSize });
    const destruction = this.#destruction;
    this.secrets = new SqliteSecrets(database, transactions, {
      creates,
      outbox,
      quotas,
      chunks,
      destruction,
    });
    this.requests = new SqliteRequests(database, transactions, {
      ...{ creates, quotas, outbox, pageSize, onDestroyed },
    });
  }

  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    let destroyed = 0;
    let forgotten = 0;
    let more: boolean;
    do {
      const batch = await this.#write(() => this.#purgeBatch(now));
      destroyed += batch.destroyed;
      forgotten += batch.forgotten;
      more = batch.more;
    } while (more && !signal?.aborted);
    while (this.#isOversized && !signal?.aborted) {
      this.#isOversized = await this.#write(() => this.#shrink());
      this.#logIsDirty = true;
    }
    if (this.#logIsDirty) this.#emptyLog();
    return { destroyed, forgotten };
  }

  async time(): Promise<null> {
    return null;
  }

  async ping(): Promise<void> {
    if (this.#writeFailed) await this.#write(() => this.#tryRoom());
    else this.#read(() => this.#sql.ping.get());
  }

  async close(): Promise<void> {
    this.#writes.flush();
    try {
      this.#emptyLog();
    } finally {
      this.#read(() => this.#database.close());
    }
  }

  #purgeBatch(now: number): Purged & { readonly more: boolean } {
    const { more, ...purged } = this.#destruction.purge(now);
    const requests = this.requests.purge(now);
    const counts = this.quotas.forget(now, COUNT_BATCH);
    const chunks = this.chunks.purge(now);
    if (chunks.destroyed) {
      this.#logIsDirty = true;
      this.#isOversized = true;
    }
    return {
      destroyed: purged.destroyed,
      forgotten: purged.forgotten + requests.forgotten,
      more: more || requests.more || counts === COUNT_BATCH || chunks.more,
    };
  }

  /** Takes unused pages off the files. @returns whether more may be left. */
  #shrink(): boolean {
    const some = [shrink(this.#database), shrink(this.#database, CHUNK_FILE)];
    return some.includes(true);
  }

  /** Writes as much as the largest secret, and deletes it again. */
  #tryRoom(): void {
    this.#sql.takeRoom.run(MAX_BLOB_LENGTH);
    this.#sql.freeRoom.run();
  }

  /** Call it outside of a transaction. While another process reads, the log stays until the next purge. */
  #emptyLog(): void {
    this.#logIsDirty = !this.#read(() => this.#room.emptyLog());
  }

  async #write<T>(work: () => T, entitled = true): Promise<T> {
    try {
      const result = await this.#writes.run(work, entitled);
      this.#writeFailed = false;
      return result;
    } catch (error) {
      if (!entitled && isDiskFull(error)) throw new StoreFullError(error);
      this.#writeFailed = true;
      throw new StoreError(error);
    }
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StoreError(error);
    }
  }
}

function prepareStatements(db: SqliteDatabase) {
  return {
    ping: db.prepare('SELECT value FROM meta LIMIT 1'),
    takeRoom: db.prepare("INSERT INTO meta (name, value) VALUES ('room', zeroblob(?))"),
    freeRoom: db.prepare("DELETE FROM meta WHERE name = 'room'"),
  };
}
