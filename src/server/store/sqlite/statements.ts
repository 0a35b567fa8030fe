/** Every statement the SQLite store runs, prepared once, with the shape of its rows. */

import { TOMBSTONE_MS } from '../contracts/lifecycle.js';
import type { RecordRow } from '../contracts/rows.js';
import type { CreateRequest } from '../contracts/store.js';
import type { SqliteDatabase } from './driver.js';

type Version = CreateRequest['version'];

interface CreateRow {
  readonly seq: number;
  readonly id: string;
  readonly version: Version;
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** A record and the number that its ciphertext, leases and attempts go by. */
export interface SecretRow extends RecordRow {
  readonly seq: number;
  readonly id: string;
  readonly blob_size: number;
  readonly callback_url: string | null;
  readonly callback_secret: string | null;
}

const RECORD = `seq, id, version, blob_size, hint, proof_hash, views, views_left, callback_url, callback_secret,
  created_at, expires_at, first_read_at, revoked_at, due_at >= expires_at + ${TOMBSTONE_MS} AS destroyed`;

/** At `?` a view can be taken: {@link stateOf}. */
const WAITING = `views_left > 0 AND revoked_at IS NULL AND expires_at > ? AND due_at < expires_at + ${TOMBSTONE_MS}`;

/** The statements by what they do. Parameters in the order of their question marks. */
export type Statements = ReturnType<typeof prepareStatements>;

/** Prepares them; the tables must be there. */
export function prepareStatements(db: SqliteDatabase) {
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
    find: db.prepare<SecretRow>(`SELECT ${RECORD} FROM secrets WHERE id = ?`),
    setDue: db.prepare('UPDATE secrets SET due_at = ? WHERE seq = ?'),
    selectDue: db.prepare<SecretRow>(
      `SELECT ${RECORD} FROM secrets WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
    ),
    forget: db.prepare('DELETE FROM secrets WHERE seq = ?'),

    /** The decision who reads: of any number of takers, as many as there are views find a row. */
    takeView: db.prepare<SecretRow>(
      `UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, ?)
       WHERE id = ? AND ${WAITING} RETURNING ${RECORD}`,
    ),
    revoke: db.prepare<{ seq: number }>(
      `UPDATE secrets SET revoked_at = ? WHERE id = ? AND ${WAITING} RETURNING seq`,
    ),

    insertCiphertext: db.prepare('INSERT INTO ciphertexts (seq, padding, blob) VALUES (?, zeroblob(?), ?)'),
    /** As bytes: text that is damaged makes `libsql` abort the process. */
    ciphertext: db.prepare<{ blob: Uint8Array }>(
      'SELECT CAST(blob AS BLOB) AS blob FROM ciphertexts WHERE seq = ?',
    ),
    destroyCiphertext: db.prepare<{ seq: number }>('DELETE FROM ciphertexts WHERE seq = ? RETURNING seq'),

    insertLease: db.prepare('INSERT INTO leases (seq, claim, ends_at) VALUES (?, ?, ?)'),
    lease: db.prepare<{ ends_at: number; acknowledged_at: number | null }>(
      'SELECT ends_at, acknowledged_at FROM leases WHERE seq = ? AND claim = ?',
    ),
    acknowledge: db.prepare(
      'UPDATE leases SET acknowledged_at = ? WHERE seq = ? AND claim = ? AND acknowledged_at IS NULL',
    ),
    lastLeaseEnd: db.prepare<{ ends_at: number | null }>(
      'SELECT MAX(ends_at) AS ends_at FROM leases WHERE seq = ? AND acknowledged_at IS NULL',
    ),

    attempts: db.prepare<{ wrong: number; locked_until: number }>(
      'SELECT wrong, locked_until FROM attempts WHERE seq = ? AND caller = ?',
    ),
    setAttempts: db.prepare(
      `INSERT INTO attempts (seq, caller, wrong, locked_until) VALUES (?, ?, ?, ?)
       ON CONFLICT (seq, caller) DO UPDATE SET wrong = excluded.wrong, locked_until = excluded.locked_until`,
    ),
    clearAttempts: db.prepare('DELETE FROM attempts WHERE seq = ? AND caller = ?'),

    ping: db.prepare('SELECT value FROM meta LIMIT 1'),
    takeRoom: db.prepare("INSERT INTO meta (name, value) VALUES ('room', zeroblob(?))"),
    freeRoom: db.prepare("DELETE FROM meta WHERE name = 'room'"),
    /** Copies the write-ahead log into the database and empties it: old pages in it may hold ciphertext. */
    emptyLog: db.prepare<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)'),
  };
}
