/**
 * The end of secrets in the SQLite store: when a ciphertext is destroyed and when its record is forgotten. Everything
 * here runs inside the caller's transaction.
 */

import { endedUnread, forgottenAt, neededUntil, stateOf, TOMBSTONE_MS } from '../contracts/lifecycle.js';
import { lifecycleOf, type ProofRow, type RecordRow } from '../contracts/rows.js';
import type { Purged } from '../contracts/store.js';
import type { SqliteDatabase } from './file/driver.js';
import type { SqliteOutbox } from './outbox.js';

/** Where one transaction of a purge stops, so that it takes a few milliseconds; `blobs` in bytes. */
const PURGE_BATCH = { records: 200, blobs: 2 ** 21 };

/** A record and the number that its ciphertext and leases go by. */
export interface SecretRow extends RecordRow, ProofRow {
  readonly seq: number;
  readonly id: string;
  readonly blob_size: number;
  readonly caller: string;
  readonly receipt_hash: string | null;
  readonly callback_url: string | null;
  readonly callback_secret: string | null;
  /** The request that it answers. */
  readonly request_id: string | null;
  readonly gate_state: string | null;
}

/** That the ciphertext of a secret, or the message of a request, is gone: nothing is due but to forget the record. */
export const DESTROYED = `due_at >= expires_at + ${TOMBSTONE_MS}`;

/** The columns of a {@link SecretRow}. */
export const SECRET_COLUMNS = `seq, id, version, blob_size, hint, views, views_left,
  proof_hash, link_proof_hash, receipt_hash, wrong_passphrases, locked_until, caller, callback_url, callback_secret,
  created_at, expires_at, first_read_at, revoked_at, chunks, request_id, gate_state,
  ${DESTROYED} AS destroyed`;

/** Destroys ciphertexts and forgets records. */
export class SqliteDestruction {
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #outbox: SqliteOutbox;
  readonly #onDestroyed: () => void;

  /**
   * @param database with the tables of this version.
   * @param outbox where expiries are announced.
   * @param onDestroyed called for each ciphertext, though the transaction may still fail.
   */
  constructor(database: SqliteDatabase, outbox: SqliteOutbox, onDestroyed: () => void) {
    this.#sql = prepareStatements(database);
    this.#outbox = outbox;
    this.#onDestroyed = onDestroyed;
  }

  /**
   * Destroys the ciphertext if no reader can get it any more, else notes until when it is needed.
   * @returns whether it destroyed it.
   */
  settle(row: SecretRow, now: number): boolean {
    const lastLeaseEnd = this.#sql.lastLeaseEnd.get(row.seq)?.ends_at ?? null;
    const until = neededUntil(lifecycleOf(row), lastLeaseEnd, now);
    if (until <= now) return this.destroy(row, now);
    this.#sql.setDue.run(until, row.seq);
    if (stateOf(lifecycleOf(row), now) !== 'waiting') this.#forgetCallback(row);
    return false;
  }

  /** Destroys the ciphertext, even if views or leases are left. @returns whether there was one. */
  destroy(row: SecretRow, now: number): boolean {
    this.#sql.setDue.run(forgottenAt(row.expires_at), row.seq);
    const destroyed = this.#sql.destroyCiphertext.get(row.seq) !== undefined;
    if (!destroyed) return false;
    if (row.chunks !== null) this.#sql.doomChunks.run(row.seq);
    if (row.request_id !== null) this.#sql.destroyWrappedKey.run(row.seq);
    this.#onDestroyed();
    const unread = endedUnread({ ...lifecycleOf(row), firstReadAt: row.first_read_at });
    if (unread) this.#outbox.announce('secret.expired', row, row.expires_at, now);
    this.#forgetCallback(row);
    return true;
  }

  /** Once no view can be consumed, a secret has nothing more to announce. */
  #forgetCallback({ seq, callback_url: url }: SecretRow): void {
    if (url !== null) this.#sql.forgetCallback.run(seq);
  }

  /** One batch of the secrets' part of `Engine.purge`. @returns also whether there may be more to do. */
  purge(now: number): Purged & { readonly more: boolean } {
    const due = this.#sql.selectDue.all(now, PURGE_BATCH.records);
    let more = due.length === PURGE_BATCH.records;
    let blobs = 0;
    let destroyed = 0;
    let forgotten = 0;
    for (const row of due) {
      if (blobs > PURGE_BATCH.blobs) {
        more = true;
        break;
      }
      if (this.settle(row, now)) {
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
}

function prepareStatements(db: SqliteDatabase) {
  return {
    lastLeaseEnd: db.prepare<{ ends_at: number | null }>(
      'SELECT MAX(ends_at) AS ends_at FROM leases WHERE seq = ? AND acknowledged_at IS NULL',
    ),
    setDue: db.prepare('UPDATE secrets SET due_at = ? WHERE seq = ?'),
    destroyCiphertext: db.prepare<{ seq: number }>('DELETE FROM ciphertexts WHERE seq = ? RETURNING seq'),
    /** The chunks are out of reach with the ciphertext, and destroyed in steps. */
    doomChunks: db.prepare('UPDATE uploads SET due_at = 0 WHERE secret = ?'),
    destroyWrappedKey: db.prepare('DELETE FROM wrapped_keys WHERE seq = ?'),
    forgetCallback: db.prepare(
      'UPDATE secrets SET callback_url = NULL, callback_secret = NULL WHERE seq = ?',
    ),
    selectDue: db.prepare<SecretRow>(
      `SELECT ${SECRET_COLUMNS} FROM secrets WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
    ),
    /** The database deletes its ciphertext and leases with it. */
    forget: db.prepare('DELETE FROM secrets WHERE seq = ?'),
  };
}
