/** The tables of the SQLite store, and how an older file gets them. */

import { ZephrError } from '../../../core/errors.js';
import { pragma, type SqliteDatabase } from './file/driver.js';

/**
 * One text for each version of the schema, first to last; a released one is never edited.
 *
 * - `secrets` holds records, which stay as tombstones. `due_at` is when a purge has to look at one: while there
 *   is ciphertext, when that must be destroyed; afterwards, when the tombstone is forgotten. `body_hash` says what
 *   a repeated create must be identical to. Who has the key of a secret tried `wrong_passphrases` that were wrong, and
 *   is judged again from `locked_until` on. The callback is null once the secret has nothing more to announce.
 * - `ciphertexts` holds the blobs apart, so that what changes a record does not copy its blob.
 *   `padding.ts` says what `padding` is for. A blob is bytes, which SQLite keeps as they are whatever the column is
 *   declared as. Those of before version 4 are base64url, and stay so until they end: to rewrite them would take as
 *   much room again, on a disk that may have none.
 * - `requests` holds requests for secrets; `last_end` is their expiry, or that of their last answer. `due_at` is as in
 *   `secrets`, for the request's message. `messages` and `wrapped_keys` are apart for the same reason as ciphertexts, and
 *   have padding as well. A secret with `request_id` is an answer to that request, and may outlive it.
 * - `outbox` holds the webhooks to deliver. `due_at` is when a process may lease one: for one that is leased, when
 *   that lease ends. Its rows refer to no secret, because they outlive them.
 * - `leases` says which claim has a view until when, and when it took it. A read without a claim has a row too, whose
 *   lease has ended: `claim` is then a number, which no claim is. `read_at` is null in rows of older versions.
 * - `uploads` holds what is known of chunks, one row for those that belong together: an upload while it is open, and the
 *   `secret` that has got them (`bound_at`, by the create that `create_hash` is of; no `secret` once that is forgotten).
 *   `bytes` are those of the stream, `due_at` is when a purge has to look at the row: for one that is open, when it ends;
 *   null while a secret needs the chunks. Then they are destroyed, and the row is kept for creates that are repeated.
 * - `chunks` holds chunks that an older version put there, until they end; newer ones are in a file of their own
 *   (`file/chunk-file.ts`), with what is gathered of an upload: until a secret gets them, the row in `uploads` has only what
 *   an older version gathered. `chunks.ts` says how `place` names one. `secrets.chunks` is how many a secret came with.
 * - `secrets_of_caller` is for the lists of API keys: no other caller has one, and pays for one.
 * - `gates` holds what readers must pass besides the key, with padding as well, and goes with the ciphertext;
 *   `secrets.gate_state` is what has happened at them, and null where there are none. `request_gates` are those that the
 *   answers to a request will get, while it takes some. `unsent_codes` holds messages that are still to be sent to readers,
 *   at most one for each secret, with padding as well; they go with the ciphertext.
 * - `api_keys` holds hashes only; `used_at` is written at most about once a minute and process.
 *   `counts` says how much of which quota is used, sorted by when it ends.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE secrets (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    version         INTEGER NOT NULL,
    blob_size       INTEGER NOT NULL,
    hint            TEXT,
    split_url_mode  INTEGER NOT NULL,
    proof_hash      TEXT,
    views           INTEGER NOT NULL,
    views_left      INTEGER NOT NULL,
    callback_url    TEXT,
    callback_secret TEXT,
    caller          TEXT NOT NULL,
    idempotency_key TEXT,
    body_hash       TEXT,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    first_read_at   INTEGER,
    revoked_at      INTEGER,
    due_at          INTEGER NOT NULL
  );
  CREATE INDEX secrets_due ON secrets (due_at);
  CREATE UNIQUE INDEX secrets_create ON secrets (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;

  CREATE TABLE ciphertexts (
    seq     INTEGER PRIMARY KEY REFERENCES secrets ON DELETE CASCADE,
    padding BLOB NOT NULL,
    blob    TEXT NOT NULL
  );

  CREATE TABLE leases (
    seq             INTEGER NOT NULL REFERENCES secrets ON DELETE CASCADE,
    claim           TEXT NOT NULL,
    ends_at         INTEGER NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (seq, claim)
  ) WITHOUT ROWID;

  CREATE TABLE attempts (
    seq          INTEGER NOT NULL REFERENCES secrets ON DELETE CASCADE,
    caller       TEXT NOT NULL,
    wrong        INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (seq, caller)
  ) WITHOUT ROWID;

  CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    host        TEXT NOT NULL,
    body        TEXT NOT NULL,
    signature   TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    appended_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL
  );
  CREATE INDEX outbox_due ON outbox (due_at, seq, host);

  CREATE TABLE api_keys (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    tier       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  );
  CREATE UNIQUE INDEX api_keys_name ON api_keys (name) WHERE revoked_at IS NULL;

  CREATE TABLE counts (
    ends_at INTEGER NOT NULL,
    counter TEXT NOT NULL,
    used    INTEGER NOT NULL,
    PRIMARY KEY (ends_at, counter)
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE outbox ADD COLUMN caller TEXT NOT NULL DEFAULT '';
  DROP INDEX outbox_due;
  CREATE INDEX outbox_due ON outbox (due_at, seq, host, caller);
  `,
  `
  DROP TABLE attempts;
  ALTER TABLE secrets ADD COLUMN link_proof_hash TEXT;
  ALTER TABLE secrets ADD COLUMN wrong_passphrases INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE secrets ADD COLUMN locked_until INTEGER NOT NULL DEFAULT 0;
  UPDATE secrets SET callback_url = NULL, callback_secret = NULL
  WHERE seq NOT IN (SELECT seq FROM ciphertexts) OR views_left = 0 OR revoked_at IS NOT NULL;
  `,
  // No table changes, but programs that know no blobs of bytes must not open the file.
  '-- blobs are bytes',
  `
  ALTER TABLE secrets ADD COLUMN receipt_hash TEXT;
  ALTER TABLE leases ADD COLUMN read_at INTEGER;
  `,
  `
  ALTER TABLE secrets ADD COLUMN chunks INTEGER;
  CREATE INDEX secrets_stored ON secrets (caller, blob_size) WHERE due_at < expires_at + 86400000;

  CREATE TABLE uploads (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    caller          TEXT NOT NULL,
    idempotency_key TEXT,
    begin_hash      TEXT,
    max_bytes       INTEGER NOT NULL,
    reserved        INTEGER NOT NULL,
    bytes           INTEGER NOT NULL,
    chunks          INTEGER NOT NULL,
    highest         INTEGER NOT NULL,
    short_index     INTEGER,
    created_at      INTEGER NOT NULL,
    secret          INTEGER REFERENCES secrets ON DELETE SET NULL,
    create_hash     TEXT,
    bound_at        INTEGER,
    due_at          INTEGER
  );
  CREATE UNIQUE INDEX uploads_begun ON uploads (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX uploads_caller ON uploads (caller);
  CREATE INDEX uploads_secret ON uploads (secret) WHERE secret IS NOT NULL;
  CREATE INDEX uploads_due ON uploads (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE chunks (
    place   INTEGER PRIMARY KEY,
    padding BLOB NOT NULL,
    bytes   BLOB NOT NULL
  );
  `,
  `
  CREATE TABLE requests (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    public_key      TEXT NOT NULL,
    proof_hash      TEXT NOT NULL,
    receipt_hash    TEXT NOT NULL,
    secret_expiry   INTEGER NOT NULL,
    answers         INTEGER NOT NULL,
    answers_left    INTEGER NOT NULL,
    answer_views    INTEGER NOT NULL,
    longest_blob    INTEGER NOT NULL,
    callback_url    TEXT,
    callback_secret TEXT,
    caller          TEXT NOT NULL,
    idempotency_key TEXT,
    body_hash       TEXT,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    cancelled_at    INTEGER,
    last_end        INTEGER NOT NULL,
    due_at          INTEGER NOT NULL
  );
  CREATE INDEX requests_due ON requests (due_at);
  CREATE INDEX requests_of_caller ON requests (caller, created_at, id);
  CREATE UNIQUE INDEX requests_create ON requests (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;

  CREATE TABLE messages (
    seq     INTEGER PRIMARY KEY REFERENCES requests ON DELETE CASCADE,
    padding BLOB NOT NULL,
    message BLOB NOT NULL
  );

  ALTER TABLE secrets ADD COLUMN request_id TEXT;
  CREATE INDEX secrets_of_request ON secrets (request_id) WHERE request_id IS NOT NULL;
  CREATE TABLE wrapped_keys (
    seq         INTEGER PRIMARY KEY REFERENCES secrets ON DELETE CASCADE,
    padding     BLOB NOT NULL,
    wrapped_key BLOB NOT NULL
  );
  `,
  // What was asked for before has answers with as many bytes of files as everybody may send.
  'ALTER TABLE requests ADD COLUMN longest_upload INTEGER NOT NULL DEFAULT 10485760',
  `
  CREATE INDEX secrets_of_caller ON secrets (caller, created_at, id) WHERE substr(caller, 1, 4) = 'key_';
  `,
  `
  ALTER TABLE secrets ADD COLUMN gate_state TEXT;
  CREATE TABLE gates (
    seq     INTEGER PRIMARY KEY REFERENCES ciphertexts ON DELETE CASCADE,
    padding BLOB NOT NULL,
    gates   BLOB NOT NULL
  );
  CREATE TABLE request_gates (
    seq     INTEGER PRIMARY KEY REFERENCES requests ON DELETE CASCADE,
    padding BLOB NOT NULL,
    gates   BLOB NOT NULL
  );
  `,
  `
  ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
  ALTER TABLE api_keys ADD COLUMN used_at INTEGER;
  ALTER TABLE api_keys ADD COLUMN used_from TEXT;
  ALTER TABLE api_keys ADD COLUMN refused_at INTEGER;
  ALTER TABLE api_keys ADD COLUMN refused_from TEXT;
  ALTER TABLE api_keys ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
  `,
  `
  CREATE TABLE unsent_codes (
    seq     INTEGER PRIMARY KEY REFERENCES ciphertexts ON DELETE CASCADE,
    id      TEXT NOT NULL UNIQUE,
    way     TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    due_at  INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    padding BLOB NOT NULL,
    message BLOB NOT NULL
  );
  CREATE INDEX unsent_codes_due ON unsent_codes (due_at);
  `,
  // No table changes, but programs that know no second file must not open this one.
  '-- chunks are in a file of their own',
];

/** The version of the schema that this program reads and writes; SQLite keeps it as `user_version`. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** "zphr" in SQLite's `application_id`: whose file it is. */
const APPLICATION_ID = 0x7a706872;

/**
 * Brings the tables of `database` to {@link SCHEMA_VERSION}. Call it inside a transaction that writes.
 * @throws ZephrError `NOT_A_STORE` if the file holds another program's tables, `STORE_TOO_NEW` if a later zephr
 *   wrote it.
 */
export function migrate(database: SqliteDatabase): void {
  const version = pragma(database, 'user_version');
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    if (hasTables(database)) {
      throw new ZephrError('the file is a database, but not a zephr store: name another', 'NOT_A_STORE');
    }
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  }
  if (version > SCHEMA_VERSION) {
    throw new ZephrError(
      `the store was written by a newer zephr (schema ${version}, this one knows ${SCHEMA_VERSION}): upgrade zephr`,
      'STORE_TOO_NEW',
    );
  }
  if (version === SCHEMA_VERSION) return;
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/**
 * The value that the store keeps under `name`, or else `initial`, which it keeps from now on. Call it inside a
 * transaction.
 */
export function remember(database: SqliteDatabase, name: string, initial: string): string {
  const stored = database.prepare<{ value: string }>('SELECT value FROM meta WHERE name = ?').get(name);
  if (stored) return stored.value;
  database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run(name, initial);
  return initial;
}

function hasTables(database: SqliteDatabase): boolean {
  return database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() !== undefined;
}
