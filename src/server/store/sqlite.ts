/** The embedded store: one SQLite file, any number of handles on it. */

import { IDEMPOTENCY_MS, LEASE_MS } from '../../core/limits.js';
import { GroupCommit } from './group-commit.js';
import { type Fate, forgottenAt, lockMs, neededUntil, stateOf } from './lifecycle.js';
import { PAGE_SIZE, paddingFor } from './padding.js';
import { migrate, pragma, remember } from './schema.js';
import type { SqliteDatabase } from './sqlite-driver.js';
import { prepareStatements, type SecretRow, type Statements } from './sqlite-statements.js';
import {
  type CreateOutcome,
  type NewSecret,
  type Purged,
  type Revocation,
  type SecretRecord,
  type Store,
  StoreError,
  type Taken,
} from './store.js';

/** Records one transaction of a purge looks at: a few milliseconds. */
const PURGE_BATCH = 200;

/**
 * Order matters: the page size counts before the first table, and everything before the first write. `secure_delete`
 * overwrites freed pages; without temporary files nothing is copied past it. `synchronous = FULL` makes a commit
 * durable in the write-ahead log. The cache is 8 MiB, the log about 4 MiB before it is copied back.
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
  PRAGMA wal_autocheckpoint = 4096;
`;

/** A {@link Store} in an SQLite file. Reads are answered at once, writes share transactions. */
export class SqliteStore implements Store {
  readonly callerSalt: string;
  readonly #database: SqliteDatabase;
  readonly #sql: Statements;
  readonly #writes: GroupCommit;
  readonly #pageSize: number;
  /** Whether the write-ahead log may hold destroyed ciphertext. An earlier process may have left some. */
  #logIsDirty = true;

  /**
   * Takes over an open database and brings it up to date.
   * @param newCallerSalt kept by the store if it is new.
   * @throws ZephrError as {@link migrate} says, and whatever the driver throws.
   */
  constructor(database: SqliteDatabase, newCallerSalt: string) {
    this.#database = database;
    database.exec(SETTINGS);
    let callerSalt = newCallerSalt;
    this.#transaction(() => {
      migrate(database);
      callerSalt = remember(database, 'caller_salt', newCallerSalt);
    });
    this.callerSalt = callerSalt;
    this.#pageSize = pragma(database, 'page_size');
    this.#sql = prepareStatements(database);
    this.#writes = new GroupCommit((work) => this.#transaction(work));
  }

  create(secret: NewSecret): Promise<CreateOutcome> {
    return this.#write(() => this.#earlierCreate(secret) ?? this.#insert(secret));
  }

  async find(id: string, now: number): Promise<SecretRecord | null> {
    const row = this.#read(() => this.#sql.find.get(id));
    if (!row || forgottenAt(row.expires_at) <= now) return null;
    return {
      version: row.version,
      hint: row.hint,
      proofHash: row.proof_hash,
      views: row.views,
      createdAt: row.created_at,
      firstReadAt: row.first_read_at,
      ...fateOf(row),
    };
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
      this.#sql.revoke.get(now, id, now);
      const row = this.#sql.find.get(id);
      if (!row) return 'unknown';
      this.#destroy(row);
      const state = stateOf(fateOf(row), now);
      if (state === 'expired') return 'expired';
      return state === 'read' ? 'consumed' : 'revoked';
    });
  }

  async enterProof(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
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
      const lock = lockMs(attempts.wrong + 1);
      this.#sql.setAttempts.run(attempts.seq, caller, attempts.wrong + 1, now + lock);
      return lock > 0 ? now + lock : null;
    });
  }

  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    let destroyed = 0;
    let forgotten = 0;
    let looked: number;
    do {
      const batch = await this.#write(() => this.#purgeBatch(now));
      destroyed += batch.destroyed;
      forgotten += batch.forgotten;
      looked = batch.looked;
    } while (looked === PURGE_BATCH && !signal?.aborted);
    if (this.#logIsDirty) this.#emptyLog();
    return { destroyed, forgotten };
  }

  async ping(): Promise<void> {
    this.#read(() => this.#sql.ping.get());
  }

  async close(): Promise<void> {
    this.#writes.flush();
    try {
      this.#emptyLog();
    } finally {
      this.#read(() => this.#database.close());
    }
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
    return ciphertext ? { blob: ciphertext.blob, hint, viewsLeft, purgeAt } : null;
  }

  /** Destroys the ciphertext if nobody can come for it any more, else notes when that will be. Says whether it did. */
  #settle(row: SecretRow, now: number): boolean {
    const lastLeaseEnd = this.#sql.lastLeaseEnd.get(row.seq)?.ends_at ?? null;
    const until = neededUntil(fateOf(row), lastLeaseEnd, now);
    if (until <= now) return this.#destroy(row);
    this.#sql.setDue.run(until, row.seq);
    return false;
  }

  #destroy(row: SecretRow): boolean {
    this.#sql.setDue.run(forgottenAt(row.expires_at), row.seq);
    const destroyed = this.#sql.destroyCiphertext.get(row.seq) !== undefined;
    if (destroyed) this.#logIsDirty = true;
    return destroyed;
  }

  #attempts(id: string, caller: string): { seq: number; wrong: number; lockedUntil: number } | null {
    const row = this.#sql.find.get(id);
    if (!row) return null;
    const attempts = this.#sql.attempts.get(row.seq, caller);
    return { seq: row.seq, wrong: attempts?.wrong ?? 0, lockedUntil: attempts?.locked_until ?? 0 };
  }

  #purgeBatch(now: number): Purged & { readonly looked: number } {
    const due = this.#sql.selectDue.all(now, PURGE_BATCH);
    let destroyed = 0;
    let forgotten = 0;
    for (const row of due) {
      if (this.#settle(row, now)) destroyed += 1;
      if (forgottenAt(row.expires_at) > now) continue;
      this.#sql.forget.run(row.seq);
      forgotten += 1;
    }
    return { destroyed, forgotten, looked: due.length };
  }

  /** Not in a transaction. Another process that is reading puts it off to the next time. */
  #emptyLog(): void {
    this.#logIsDirty = this.#read(() => this.#sql.emptyLog.get())?.busy !== 0;
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack(error);
      throw error;
    }
  }

  #rollBack(reason: unknown): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch (error) {
      // After some failures (a full disk) SQLite has rolled back by itself and refuses a second time.
      throw new AggregateError([reason, error], 'a transaction failed, and so did its rollback');
    }
  }

  #write<T>(write: () => T): Promise<T> {
    return this.#writes.run(write).catch((error: unknown) => {
      throw new StoreError(error);
    });
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw new StoreError(error);
    }
  }
}

function fateOf(row: SecretRow): Fate {
  return { viewsLeft: row.views_left, expiresAt: row.expires_at, revokedAt: row.revoked_at };
}
