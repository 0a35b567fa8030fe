/** The tables of the PostgreSQL store, and how an older database gets them. */

import type { TransactionSql } from 'postgres';
import { ZephrError } from '../../../core/errors.js';

/**
 * One text for each version of the schema, first to last; a released one is never edited.
 *
 * - `secrets` holds records, which stay as tombstones. `needed_until` is until when the ciphertext is needed, and
 *   null once that is destroyed. Who has the key of a secret tried `wrong_passphrases` that were wrong, and is judged
 *   again from `locked_until` on. The callback is null once the secret has nothing more to announce. Which claim took a
 *   view when, and has it until when, is in the same row,
 *   as three arrays of equal length; an acknowledged lease ends at 0. A read without a claim has the claim '' there, and
 *   a lease that ended at 1; `read_at` holds nulls for the reads of older versions. A statement that had to wait for a row sees what became of that row, but still
 *   the old state of every other: so everything that decides about a secret is in one row, and a verb is one statement.
 * - `ciphertexts` holds the blobs apart, so that what changes a record does not copy its blob. Not compressed:
 *   ciphertext does not compress. Before version 5 they were base64url.
 * - `uploads` holds what is known of chunks, one row for those that belong together: an upload while it is open, in one of
 *   its caller's places, and the `secret` that has got them (`bound_at`, by the create that `create_hash` is of). `bytes`
 *   are those of the stream; `due_at` is when a purge has to look at the row, and null while a secret needs the chunks.
 * - `chunks` holds the chunks, out of line and not compressed. `secrets.chunks` is how many a secret came with.
 * - `requests` holds requests for secrets, with their message until that is destroyed; `last_end` is their expiry, or that
 *   of their last answer. A secret with `request_id` is an answer to that request, and may outlive it; the key for who
 *   asked is with its ciphertext. In `outbox` the id of a request stands for that of a secret.
 * - `ciphertexts.gates` is what readers must pass besides the key, and goes with the ciphertext; `secrets.gate_state` is
 *   what has happened at the gates, and null where there are none. `requests.gates` are those that the answers will get.
 * - `unsent_codes` holds messages that are still to be sent to readers, at most one for each secret; they go with the
 *   ciphertext.
 * - `outbox` holds the webhooks to deliver, as what they are composed of. Its rows refer to no secret, because they
 *   outlive them. `due_at` is when a process may lease one: for one that is leased, when that lease ends.
 * - `secrets_of_caller` is for the lists of API keys: no other caller has one, and pays for one.
 * - `api_keys` holds hashes only; `used_at` is written at most about once a minute and process. `counts` says how much of which quota is used.
 *
 * A deleted ciphertext stays in its table's file until a vacuum, and its pages are then reused rather than
 * overwritten; it stays in the write-ahead log, in replicas and in backups for as long as those are kept. The
 * settings at the end make autovacuum, which must be on, start after a few dozen deleted rows and run without pauses.
 * Without the key in its link such a remnant is useless; an operator who needs the bytes gone chooses SQLite.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE secrets (
    id              TEXT PRIMARY KEY,
    version         INTEGER NOT NULL,
    blob_size       INTEGER NOT NULL,
    hint            TEXT,
    split_url_mode  BOOLEAN NOT NULL,
    proof_hash      TEXT,
    views           INTEGER NOT NULL,
    views_left      INTEGER NOT NULL,
    callback_url    TEXT,
    callback_host   TEXT,
    callback_secret TEXT,
    caller          TEXT NOT NULL,
    idempotency_key TEXT,
    body_hash       TEXT,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    first_read_at   BIGINT,
    revoked_at      BIGINT,
    claims          TEXT[] NOT NULL DEFAULT '{}',
    lease_ends      BIGINT[] NOT NULL DEFAULT '{}',
    needed_until    BIGINT
  );
  CREATE UNIQUE INDEX secrets_create ON secrets (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX secrets_due ON secrets (needed_until) WHERE needed_until IS NOT NULL;
  CREATE INDEX secrets_destroyed ON secrets (expires_at) WHERE needed_until IS NULL;

  CREATE TABLE ciphertexts (
    id   TEXT PRIMARY KEY REFERENCES secrets ON DELETE CASCADE,
    blob TEXT NOT NULL
  );
  ALTER TABLE ciphertexts ALTER COLUMN blob SET STORAGE EXTERNAL;

  CREATE TABLE attempts (
    id           TEXT NOT NULL REFERENCES secrets ON DELETE CASCADE,
    caller       TEXT NOT NULL,
    wrong        INTEGER NOT NULL,
    locked_until BIGINT NOT NULL,
    PRIMARY KEY (id, caller)
  );

  CREATE TABLE outbox (
    id              TEXT PRIMARY KEY DEFAULT gen_random_uuid(),
    event           TEXT NOT NULL,
    secret_id       TEXT NOT NULL,
    hint            TEXT,
    url             TEXT NOT NULL,
    host            TEXT NOT NULL,
    callback_secret TEXT NOT NULL,
    occurred_at     BIGINT NOT NULL,
    attempt         INTEGER NOT NULL DEFAULT 0,
    appended_at     BIGINT NOT NULL,
    due_at          BIGINT NOT NULL
  );
  CREATE INDEX outbox_due ON outbox (due_at);

  CREATE TABLE api_keys (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    tier       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
  );
  CREATE UNIQUE INDEX api_keys_name ON api_keys (name) WHERE revoked_at IS NULL;

  CREATE TABLE counts (
    ends_at BIGINT NOT NULL,
    counter TEXT NOT NULL,
    used    INTEGER NOT NULL,
    PRIMARY KEY (ends_at, counter)
  );

  ALTER TABLE ciphertexts SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 50,
    toast.autovacuum_vacuum_cost_delay = 0
  );
  `,
  `
  DROP INDEX outbox_due;
  CREATE INDEX outbox_due ON outbox (due_at, id);
  CREATE INDEX outbox_appended ON outbox (appended_at);
  `,
  `
  ALTER TABLE outbox ADD COLUMN caller TEXT NOT NULL DEFAULT '';
  `,
  `
  DROP TABLE attempts;
  ALTER TABLE secrets
    ADD COLUMN link_proof_hash TEXT,
    ADD COLUMN wrong_passphrases INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN locked_until BIGINT NOT NULL DEFAULT 0;
  UPDATE secrets SET callback_url = NULL, callback_host = NULL, callback_secret = NULL
  WHERE needed_until IS NULL OR views_left = 0;
  `,
  `
  ALTER TABLE ciphertexts ALTER COLUMN blob TYPE BYTEA
    USING decode(rpad(translate(blob, '-_', '+/'), (length(blob) + 3) / 4 * 4, '='), 'base64');
  ALTER TABLE ciphertexts ALTER COLUMN blob SET STORAGE EXTERNAL;
  `,
  `
  ALTER TABLE secrets ADD COLUMN receipt_hash TEXT, ADD COLUMN read_at BIGINT[] NOT NULL DEFAULT '{}';
  UPDATE secrets SET read_at = array_fill(NULL::bigint, ARRAY[cardinality(claims)]) WHERE cardinality(claims) > 0;
  `,
  `
  ALTER TABLE secrets ADD COLUMN chunks INTEGER;
  CREATE INDEX secrets_stored ON secrets (caller, blob_size) WHERE needed_until IS NOT NULL;

  CREATE TABLE uploads (
    id              TEXT PRIMARY KEY,
    caller          TEXT NOT NULL,
    place           INTEGER,
    idempotency_key TEXT,
    begin_hash      TEXT,
    max_bytes       BIGINT NOT NULL,
    reserved        BOOLEAN NOT NULL,
    bytes           BIGINT NOT NULL DEFAULT 0,
    chunks          INTEGER NOT NULL DEFAULT 0,
    highest         INTEGER NOT NULL DEFAULT -1,
    short_index     INTEGER,
    created_at      BIGINT NOT NULL,
    secret          TEXT REFERENCES secrets ON DELETE SET NULL,
    create_hash     TEXT,
    bound_at        BIGINT,
    due_at          BIGINT
  );
  CREATE UNIQUE INDEX uploads_place ON uploads (caller, place) WHERE place IS NOT NULL;
  CREATE UNIQUE INDEX uploads_begun ON uploads (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX uploads_caller ON uploads (caller);
  CREATE INDEX uploads_secret ON uploads (secret) WHERE secret IS NOT NULL;
  CREATE INDEX uploads_due ON uploads (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE chunks (
    upload TEXT NOT NULL,
    idx    INTEGER NOT NULL,
    bytes  BYTEA NOT NULL,
    PRIMARY KEY (upload, idx)
  );
  ALTER TABLE chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
  ALTER TABLE chunks SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 50,
    toast.autovacuum_vacuum_cost_delay = 0
  );
  `,
  `
  CREATE TABLE requests (
    id              TEXT COLLATE "C" PRIMARY KEY,
    public_key      TEXT NOT NULL,
    sealed_message  BYTEA,
    proof_hash      TEXT NOT NULL,
    receipt_hash    TEXT NOT NULL,
    secret_expiry   INTEGER NOT NULL,
    answers         INTEGER NOT NULL,
    answers_left    INTEGER NOT NULL,
    answer_views    INTEGER NOT NULL,
    longest_blob    INTEGER NOT NULL,
    callback_url    TEXT,
    callback_host   TEXT,
    callback_secret TEXT,
    caller          TEXT NOT NULL,
    idempotency_key TEXT,
    body_hash       TEXT,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    cancelled_at    BIGINT,
    last_end        BIGINT NOT NULL
  );
  ALTER TABLE requests ALTER COLUMN sealed_message SET STORAGE EXTERNAL;
  CREATE UNIQUE INDEX requests_create ON requests (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX requests_of_caller ON requests (caller, created_at, id);
  CREATE INDEX requests_due ON requests (expires_at) WHERE sealed_message IS NOT NULL;
  CREATE INDEX requests_destroyed ON requests (last_end) WHERE sealed_message IS NULL;

  ALTER TABLE secrets ADD COLUMN request_id TEXT;
  CREATE INDEX secrets_of_request ON secrets (request_id, created_at, id) WHERE request_id IS NOT NULL;
  ALTER TABLE ciphertexts ADD COLUMN wrapped_key BYTEA;

  ALTER TABLE requests SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 50,
    toast.autovacuum_vacuum_cost_delay = 0
  );
  `,
  // What was asked for before has answers with as many bytes of files as everybody may send.
  'ALTER TABLE requests ADD COLUMN longest_upload BIGINT NOT NULL DEFAULT 10485760',
  `
  CREATE INDEX secrets_of_caller ON secrets (caller, created_at, id COLLATE "C") WHERE substr(caller, 1, 4) = 'key_';
  `,
  `
  ALTER TABLE secrets ADD COLUMN gate_state TEXT;
  ALTER TABLE ciphertexts ADD COLUMN gates TEXT;
  ALTER TABLE requests ADD COLUMN gates TEXT;
  `,
  `
  ALTER TABLE api_keys
    ADD COLUMN expires_at BIGINT,
    ADD COLUMN used_at BIGINT,
    ADD COLUMN used_from TEXT,
    ADD COLUMN refused_at BIGINT,
    ADD COLUMN refused_from TEXT,
    ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
  `,
  `
  CREATE TABLE unsent_codes (
    secret  TEXT PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    way     TEXT NOT NULL,
    message TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    due_at  BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
  );
  CREATE INDEX unsent_codes_due ON unsent_codes (due_at);
  ALTER TABLE unsent_codes SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_cost_delay = 0
  );
  `,
];

/** The version of the schema that this program reads and writes. */
export const POSTGRES_SCHEMA_VERSION = MIGRATIONS.length;

/** "zphr": the advisory lock that lets one process at a time check the tables and make them. */
const MIGRATION_LOCK = 0x7a706872;

/**
 * Brings the tables in the first schema of the search path to {@link POSTGRES_SCHEMA_VERSION}. Other processes that
 * start at the same time wait.
 * @param newCallerSalt kept by the store if it is new.
 * @returns the caller salt of the store.
 * @throws ZephrError `NOT_A_STORE` if the schema holds another program's tables, `STORE_TOO_NEW` if a later zephr
 *   wrote them; and the errors of the driver.
 */
export async function migratePostgres(sql: TransactionSql, newCallerSalt: string): Promise<string> {
  await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
  await sql`CREATE TABLE IF NOT EXISTS zephr (name TEXT PRIMARY KEY, value TEXT NOT NULL)`;
  await sql`
    INSERT INTO zephr (name, value) VALUES ('schema_version', '0'), ('caller_salt', ${newCallerSalt})
    ON CONFLICT DO NOTHING`;
  const known = await sql<{ name: string; value: string }[]>`SELECT name, value FROM zephr`;
  const values = new Map(known.map(({ name, value }) => [name, value]));
  const version = Number(values.get('schema_version'));
  if (version > POSTGRES_SCHEMA_VERSION) {
    throw new ZephrError(
      `the store was written by a newer zephr (schema ${version}, this one knows ${POSTGRES_SCHEMA_VERSION}): upgrade zephr`,
      'STORE_TOO_NEW',
    );
  }
  for (const migration of MIGRATIONS.slice(version)) await sql.unsafe(migration);
  if (version < POSTGRES_SCHEMA_VERSION) {
    await sql`UPDATE zephr SET value = ${POSTGRES_SCHEMA_VERSION} WHERE name = 'schema_version'`;
  }
  return values.get('caller_salt') ?? newCallerSalt;
}
