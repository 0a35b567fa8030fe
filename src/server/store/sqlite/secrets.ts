/**
 * The secrets of the SQLite store: the verbs, and the SQL of each at the end of the file. When a verb leaves nothing
 * to read, {@link SqliteDestruction} destroys the ciphertext.
 */

import { LEASE_MS } from '../../../core/protocol/limits.js';
import {
  forgottenAt,
  IDEMPOTENCY_MS,
  lockedUntil,
  revocationOf,
  stateOf,
  TOMBSTONE_MS,
} from '../contracts/lifecycle.js';
import { lifecycleOf, recordOf } from '../contracts/rows.js';
import type {
  CreateOutcome,
  NewSecret,
  Reading,
  Revocation,
  SecretRecord,
  SecretStore,
} from '../contracts/secrets.js';
import { SECRET_COLUMNS, type SecretRow, type SqliteDestruction } from './destruction.js';
import type { SqliteDatabase } from './driver.js';
import type { SqliteOutbox } from './outbox.js';
import { paddingFor } from './padding.js';
import type { SqliteQuotas } from './quotas.js';
import type { Transactions } from './transaction.js';

/** The secret that an idempotency key was used for. */
interface CreateRow {
  readonly seq: number;
  readonly id: string;
  readonly version: NewSecret['version'];
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** What the verbs need of the rest of the store. */
interface Dependencies {
  readonly quotas: SqliteQuotas;
  readonly outbox: SqliteOutbox;
  readonly destruction: SqliteDestruction;
  /** Of the file's pages, in bytes. */
  readonly pageSize: number;
}

/** A {@link SecretStore} in an SQLite file. */
export class SqliteSecrets implements SecretStore {
  readonly #transactions: Transactions;
  readonly #quotas: SqliteQuotas;
  readonly #outbox: SqliteOutbox;
  readonly #destruction: SqliteDestruction;
  readonly #pageSize: number;
  readonly #sql: ReturnType<typeof prepareSecretStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions, dependencies: Dependencies) {
    this.#transactions = transactions;
    this.#quotas = dependencies.quotas;
    this.#outbox = dependencies.outbox;
    this.#destruction = dependencies.destruction;
    this.#pageSize = dependencies.pageSize;
    this.#sql = prepareSecretStatements(database);
  }

  create(secret: NewSecret): Promise<CreateOutcome> {
    return this.#transactions.write(() => {
      const earlier = this.#earlierCreate(secret);
      if (earlier !== undefined) return earlier;
      if (secret.quota !== null && !this.#quotas.count(secret.quota)) return { outcome: 'limited' };
      return this.#insert(secret);
    });
  }

  async find(id: string, now: number): Promise<SecretRecord | null> {
    const row = this.#transactions.read(() => this.#sql.find.get(id));
    return row && forgottenAt(row.expires_at) > now ? recordOf(row) : null;
  }

  consume(id: string, claim: string | null, now: number): Promise<Reading | null> {
    return this.#transactions.write(() => {
      const leased = claim === null ? undefined : this.#repeat(id, claim, now);
      if (leased !== undefined) return leased;
      const row = this.#sql.consumeView.get(now, id, now);
      if (!row) return null;
      const purgeAt = claim === null ? now : now + LEASE_MS;
      if (claim !== null) this.#sql.insertLease.run(row.seq, claim, purgeAt);
      const reading = this.#reading(row, purgeAt);
      if (reading === null) throw new Error('a secret with views left has no ciphertext');
      if (row.views_left === row.views - 1) this.#outbox.announce('secret.consumed', row, now, now);
      this.#destruction.settle(row, now);
      return reading;
    });
  }

  acknowledge(id: string, claim: string, now: number): Promise<void> {
    return this.#transactions.write(() => {
      const row = this.#sql.find.get(id);
      if (!row) return;
      this.#sql.acknowledge.run(now, row.seq, claim);
      this.#destruction.settle(row, now);
    });
  }

  revoke(id: string, now: number): Promise<Revocation> {
    return this.#transactions.write(() => {
      const denied = this.#sql.revoke.get(now, id, now) !== undefined;
      const row = this.#sql.find.get(id);
      if (!row) return 'unknown';
      if (denied) this.#outbox.announce('secret.revoked', row, now, now);
      this.#destruction.destroy(row, now);
      return revocationOf(stateOf(lifecycleOf(row), now));
    });
  }

  async recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
    const earlier = this.#transactions.read(() => this.#attempts(id, caller));
    if (!earlier || earlier.lockedUntil > now) return earlier?.lockedUntil ?? null;
    if (right && earlier.wrong === 0) return null;
    return this.#transactions.write(() => {
      // Another attempt may have been recorded since.
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

  /** The outcome of a create with this idempotency key in the last 24 h. An older use sets the key free. */
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
  #repeat(id: string, claim: string, now: number): Reading | null | undefined {
    const row = this.#sql.find.get(id);
    const lease = row && this.#sql.lease.get(row.seq, claim);
    if (!lease) return undefined;
    const live = lease.acknowledged_at === null && lease.ends_at > now;
    return live ? this.#reading(row, lease.ends_at) : null;
  }

  #reading({ seq, hint, views_left: viewsLeft }: SecretRow, purgeAt: number): Reading | null {
    const ciphertext = this.#sql.ciphertext.get(seq);
    return ciphertext ? { blob: textOf(ciphertext.blob), hint, viewsLeft, purgeAt } : null;
  }

  #attempts(id: string, caller: string): { seq: number; wrong: number; lockedUntil: number } | null {
    const row = this.#sql.find.get(id);
    if (!row) return null;
    const attempts = this.#sql.attempts.get(row.seq, caller);
    return { seq: row.seq, wrong: attempts?.wrong ?? 0, lockedUntil: attempts?.locked_until ?? 0 };
  }
}

/** A blob as text. @throws Error if it is damaged: then no view is consumed, and the log says why. */
function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  const text = Buffer.from(buffer, byteOffset, length).toString('latin1');
  if (!/^[\w-]*$/.test(text)) throw new Error('a ciphertext is damaged');
  return text;
}

/** That a view can be consumed at `?`, as {@link stateOf} has it. */
const WAITING = `views_left > 0 AND revoked_at IS NULL AND expires_at > ? AND due_at < expires_at + ${TOMBSTONE_MS}`;

/** The statements of the verbs, by what they do. Values in the order of their question marks. */
export function prepareSecretStatements(db: SqliteDatabase) {
  return {
    findCreate: db.prepare<CreateRow>(
      `SELECT seq, id, version, views, body_hash, created_at, expires_at FROM secrets
       WHERE caller = ? AND idempotency_key = ?`,
    ),
    freeIdempotencyKey: db.prepare('UPDATE secrets SET idempotency_key = NULL WHERE seq = ?'),
    insertSecret: db.prepare<{ seq: number }>(
      `INSERT INTO secrets (id, version, blob_size, hint, split_url_mode, proof_hash, views, views_left,
         callback_url, callback_secret, caller, idempotency_key, body_hash, created_at, expires_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    ),
    find: db.prepare<SecretRow>(`SELECT ${SECRET_COLUMNS} FROM secrets WHERE id = ?`),

    /** Decides who reads: of any number of readers, as many as there are views get a row. */
    consumeView: db.prepare<SecretRow>(
      `UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, ?)
       WHERE id = ? AND ${WAITING} RETURNING ${SECRET_COLUMNS}`,
    ),
    revoke: db.prepare<{ seq: number }>(
      `UPDATE secrets SET revoked_at = ? WHERE id = ? AND ${WAITING} RETURNING seq`,
    ),

    insertCiphertext: db.prepare('INSERT INTO ciphertexts (seq, padding, blob) VALUES (?, zeroblob(?), ?)'),
    /** As bytes: text that is damaged makes `libsql` abort the process. */
    ciphertext: db.prepare<{ blob: Uint8Array }>(
      'SELECT CAST(blob AS BLOB) AS blob FROM ciphertexts WHERE seq = ?',
    ),

    insertLease: db.prepare('INSERT INTO leases (seq, claim, ends_at) VALUES (?, ?, ?)'),
    lease: db.prepare<{ ends_at: number; acknowledged_at: number | null }>(
      'SELECT ends_at, acknowledged_at FROM leases WHERE seq = ? AND claim = ?',
    ),
    acknowledge: db.prepare(
      'UPDATE leases SET acknowledged_at = ? WHERE seq = ? AND claim = ? AND acknowledged_at IS NULL',
    ),

    attempts: db.prepare<{ wrong: number; locked_until: number }>(
      'SELECT wrong, locked_until FROM attempts WHERE seq = ? AND caller = ?',
    ),
    setAttempts: db.prepare(
      `INSERT INTO attempts (seq, caller, wrong, locked_until) VALUES (?, ?, ?, ?)
       ON CONFLICT (seq, caller) DO UPDATE SET wrong = excluded.wrong, locked_until = excluded.locked_until`,
    ),
    clearAttempts: db.prepare('DELETE FROM attempts WHERE seq = ? AND caller = ?'),
  };
}
