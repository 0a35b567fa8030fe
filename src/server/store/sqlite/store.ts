/** The embedded store: one SQLite file, any number of handles on it. */

import { LEASE_MS, MAX_BLOB_LENGTH } from '../../../core/protocol/limits.js';
import { composeEvent } from '../contracts/event.js';
import {
  endedUnread,
  forgottenAt,
  IDEMPOTENCY_MS,
  lockedUntil,
  neededUntil,
  stateOf,
} from '../contracts/lifecycle.js';
import type { EventName } from '../contracts/outbox.js';
import { fateOf, recordOf } from '../contracts/rows.js';
import {
  type CreateOutcome,
  type NewSecret,
  type Purged,
  type Revocation,
  type SecretRecord,
  type Store,
  StoreError,
  type Taken,
} from '../contracts/store.js';
import { SqliteCounts } from './counts.js';
import type { SqliteDatabase } from './driver.js';
import { GroupCommit } from './group-commit.js';
import { SqliteKeys } from './keys.js';
import { type Access, SqliteOutbox } from './outbox.js';
import { PAGE_SIZE, paddingFor } from './padding.js';
import { migrate, pragma, remember } from './schema.js';
import { prepareStatements, type SecretRow, type Statements } from './statements.js';
import { inTransaction } from './transaction.js';

/** Where one transaction of a purge stops, so that it takes a few milliseconds; `blobs` in characters. */
const PURGE_BATCH = { records: 200, blobs: 2 ** 21, counts: 500 };

/**
 * Order matters: the page size counts before the first table, and everything before the first write. `secure_delete`
 * overwrites freed pages; without temporary files nothing is copied past it. `synchronous = FULL` makes a commit
 * durable in the write-ahead log. The cache is 8 MiB.
 */
const SETTINGS = `
  PRAGMA page_size = ${PAGE_SIZE};
  PRAGMA busy_timeout = 2000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA foreign_keys = ON;
  PRAGMA cache_size = -8192;
`;

/** Pages of the log at which a commit copies it back: later is faster on the whole, but then some writes wait long. */
const LOG_PAGES = 1_000;

/** A {@link Store} in an SQLite file. Reads are answered at once, writes share transactions. */
export class SqliteStore implements Store {
  readonly callerSalt: string;
  readonly outbox: SqliteOutbox;
  readonly keys: SqliteKeys;
  readonly #database: SqliteDatabase;
  readonly #sql: Statements;
  readonly #counts: SqliteCounts;
  readonly #writes: GroupCommit;
  readonly #pageSize: number;
  /** Whether the write-ahead log may hold destroyed ciphertext. An earlier process may have left some. */
  #logIsDirty = true;
  /** Whether the last write failed, as on a full disk: then only another one tells whether the file can be written. */
  #writeFailed = false;

  /**
   * Takes over an open database and brings it up to date.
   * @param newCallerSalt kept by the store if it is new.
   * @param logPages of the write-ahead log at which a commit copies it into the database. Default 1,000.
   * @throws ZephrError as {@link migrate} says, and whatever the driver throws.
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
    this.#pageSize = pragma(database, 'page_size');
    this.#sql = prepareStatements(database);
    this.#counts = new SqliteCounts(database);
    this.#writes = new GroupCommit((work) => inTransaction(database, work));
    const access: Access = {
      read: (read) => this.#read(read),
      write: (write) => this.#write(write),
    };
    this.outbox = new SqliteOutbox(database, access);
    this.keys = new SqliteKeys(database, access);
  }

  create(secret: NewSecret): Promise<CreateOutcome> {
    return this.#write(() => {
      const earlier = this.#earlierCreate(secret);
      if (earlier !== undefined) return earlier;
      if (secret.quota !== null && !this.#counts.count(secret.quota)) return { outcome: 'limited' };
      return this.#insert(secret);
    });
  }

  async find(id: string, now: number): Promise<SecretRecord | null> {
    const row = this.#read(() => this.#sql.find.get(id));
    return row && forgottenAt(row.expires_at) > now ? recordOf(row) : null;
  }

  take(id: string, claim: string | null, now: number): Promise<Taken | null> {
    return this.#write(() => {
      const leased = claim === null ? undefined : this.#takeAgain(id, claim, now);
      if (leased !== undefined) return leased;
      const row = this.#sql.takeView.get(now, id, now);
      if (!row) return null;
      const purgeAt = claim === null ? now : now + LEASE_MS;
      if (claim !== null) this.#sql.insertLease.run(row.seq, claim, purgeAt);
      const reading = this.#reading(row, purgeAt);
      if (reading === null) throw new Error('a secret with views left has no ciphertext');
      if (row.views_left === row.views - 1) this.#announce('secret.consumed', row, now, now);
      this.#settle(row, now);
      return reading;
    });
  }

  acknowledge(id: string, claim: string, now: number): Promise<void> {
    return this.#write(() => {
      const row = this.#sql.find.get(id);
      if (!row) return;
      this.#sql.acknowledge.run(now, row.seq, claim);
      this.#settle(row, now);
    });
  }

  revoke(id: string, now: number): Promise<Revocation> {
    return this.#write(() => {
      const denied = this.#sql.revoke.get(now, id, now) !== undefined;
      const row = this.#sql.find.get(id);
      if (!row) return 'unknown';
      if (denied) this.#announce('secret.revoked', row, now, now);
      this.#destroy(row, now);
      const state = stateOf(fateOf(row), now);
      if (state === 'expired') return 'expired';
      return state === 'read' ? 'consumed' : 'revoked';
    });
  }

  async recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
    const earlier = this.#read(() => this.#attempts(id, caller));
    if (!earlier || earlier.lockedUntil > now) return earlier?.lockedUntil ?? null;
    if (right && earlier.wrong === 0) return null;
    return this.#write(() => {
      // Others may have been entered since.
      const attempts = this.#attempts(id, caller);
      if (!attempts || attempts.lockedUntil > now) return attempts?.lockedUntil ?? null;
      if (right) {
        this.#sql.clearAttempts.run(attempts.seq, caller);
        return null;
      }
      const until = lockedUntil(attempts.wrong + 1, now);
      this.#sql.setAttempts.run(attempts.seq, caller, attempts.wrong + 1, until);
      return until || null;
    });
  }

  async counts(endsAt: number): Promise<ReadonlyMap<string, number>> {
    return this.#read(() => this.#counts.until(endsAt));
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
    if (this.#logIsDirty) this.#emptyLog();
    return { destroyed, forgotten };
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

  /** Writes as much as the largest secret. */
  #tryRoom(): void {
    this.#sql.takeRoom.run(MAX_BLOB_LENGTH);
    this.#sql.freeRoom.run();
  }

  /** What a create with this idempotency key came to in the last 24 h. An older use gives the key free. */
  #earlierCreate({ caller, idempotency, createdAt }: NewSecret): CreateOutcome | undefined {
    if (idempotency === null) return undefined;
    const row = this.#sql.findCreate.get(caller, idempotency.key);
    if (!row) return undefined;
    if (createdAt - row.created_at >= IDEMPOTENCY_MS) {
      this.#sql.freeIdempotencyKey.run(row.seq);
      return undefined;
    }
    if (row.body_hash !== idempotency.bodyHash) return { outcome: 'conflict' };
    const { id, version, views, expires_at: expiresAt } = row;
    return { outcome: 'replayed', id, version, views, expiresAt };
  }

  #insert(secret: NewSecret): CreateOutcome {
    const { id, version, blob, views, callback, idempotency, expiresAt } = secret;
    const row = this.#sql.insertSecret.get(
      id,
      version,
      blob.length,
      secret.hint,
      secret.splitUrlMode ? 1 : 0,
      secret.proofHash,
      views,
      views,
      callback?.url ?? null,
      callback?.secret ?? null,
      secret.caller,
      idempotency?.key ?? null,
      idempotency?.bodyHash ?? null,
      secret.createdAt,
      expiresAt,
      expiresAt,
    );
    if (!row) throw new Error('an insert gave no row');
    this.#sql.insertCiphertext.run(row.seq, paddingFor(blob.length, this.#pageSize), blob);
    return { outcome: 'created', id, version, views, expiresAt };
  }

  /** The reading that `claim` can repeat; `null` if its lease is over; `undefined` if it never had one. */
  #takeAgain(id: string, claim: string, now: number): Taken | null | undefined {
    const row = this.#sql.find.get(id);
    const lease = row && this.#sql.lease.get(row.seq, claim);
    if (!lease) return undefined;
    const live = lease.acknowledged_at === null && lease.ends_at > now;
    return live ? this.#reading(row, lease.ends_at) : null;
  }

  #reading({ seq, hint, views_left: viewsLeft }: SecretRow, purgeAt: number): Taken | null {
    const ciphertext = this.#sql.ciphertext.get(seq);
    return ciphertext ? { blob: textOf(ciphertext.blob), hint, viewsLeft, purgeAt } : null;
  }

  /** Destroys the ciphertext if nobody can come for it any more, else notes when that will be. Says whether it did. */
  #settle(row: SecretRow, now: number): boolean {
    const lastLeaseEnd = this.#sql.lastLeaseEnd.get(row.seq)?.ends_at ?? null;
    const until = neededUntil(fateOf(row), lastLeaseEnd, now);
    if (until <= now) return this.#destroy(row, now);
    this.#sql.setDue.run(until, row.seq);
    return false;
  }

  #destroy(row: SecretRow, now: number): boolean {
    this.#sql.setDue.run(forgottenAt(row.expires_at), row.seq);
    const destroyed = this.#sql.destroyCiphertext.get(row.seq) !== undefined;
    if (!destroyed) return false;
    this.#logIsDirty = true;
    const unread = endedUnread({ ...fateOf(row), firstReadAt: row.first_read_at });
    if (unread) this.#announce('secret.expired', row, row.expires_at, now);
    return true;
  }

  /** Puts an event into the outbox, if somebody wants to be told. */
  #announce(event: EventName, row: SecretRow, occurredAt: number, now: number): void {
    const { id, hint, callback_url: url, callback_secret: secret } = row;
    if (url === null || secret === null) return;
    this.outbox.append(composeEvent(event, { id, hint, callback: { url, secret } }, occurredAt), now);
  }

  #attempts(id: string, caller: string): { seq: number; wrong: number; lockedUntil: number } | null {
    const row = this.#sql.find.get(id);
    if (!row) return null;
    const attempts = this.#sql.attempts.get(row.seq, caller);
    return { seq: row.seq, wrong: attempts?.wrong ?? 0, lockedUntil: attempts?.locked_until ?? 0 };
  }

  #purgeBatch(now: number): Purged & { readonly more: boolean } {
    const due = this.#sql.selectDue.all(now, PURGE_BATCH.records);
    const counts = this.#counts.forget(now, PURGE_BATCH.counts);
    let more = due.length === PURGE_BATCH.records || counts === PURGE_BATCH.counts;
    let blobs = 0;
    let destroyed = 0;
    let forgotten = 0;
    for (const row of due) {
      if (blobs > PURGE_BATCH.blobs) {
        more = true;
        break;
      }
      if (this.#settle(row, now)) {
        destroyed += 1;
        blobs += row.blob_size;
      }
      if (forgottenAt(row.expires_at) <= now) {
        this.#sql.forget.run(row.seq);
        forgotten += 1;
      }
    }
    return { destroyed, forgotten, more };
  }

  /** Not in a transaction. Another process that is reading puts it off to the next time. */
  #emptyLog(): void {
    this.#logIsDirty = this.#read(() => this.#sql.emptyLog.get())?.busy !== 0;
  }

  async #write<T>(write: () => T): Promise<T> {
    try {
      const result = await this.#writes.run(write);
      this.#writeFailed = false;
      return result;
    } catch (error) {
      this.#writeFailed = true;
      throw new StoreError(error);
    }
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw new StoreError(error);
    }
  }
}

/** A blob as text. @throws Error if it is damaged: then no view is taken, and the log says why. */
function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  const text = Buffer.from(buffer, byteOffset, length).toString('latin1');
  if (!/^[\w-]*$/.test(text)) throw new Error('a ciphertext is damaged');
  return text;
}
