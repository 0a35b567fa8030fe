/** A store that an older zephr made is opened, and what it holds can be read. */

import { hash } from 'node:crypto';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { openStore } from '../../src/server/store/open.js';
import { MIGRATIONS as POSTGRES_MIGRATIONS } from '../../src/server/store/postgres/schema.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { MIGRATIONS as SQLITE_MIGRATIONS } from '../../src/server/store/sqlite/schema.js';
import { chunkOf } from '../support/chunks.js';
import { NOW, newSecret, PROOF_HASH } from '../support/new-secret.js';
import { RIGHT, take } from '../support/reading.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

/** The version from before passphrases were counted for the secret, and blobs kept as bytes. */
const BEFORE: Readonly<Record<Engine, number>> = { SQLite: 2, PostgreSQL: 3 };

/** Blobs as they were kept then, of every length that base64url ends on. */
const TEXTS = [1, 2, 3, 64, 5_000].map((length) =>
  Buffer.from(Array.from({ length }, (_, index) => 255 - ((index * index) >> 4))).toString('base64url'),
);

const blobId = (index: number) => `blob-${index}`.padEnd(22, '_');

const ID = 'older'.padEnd(22, '_');
const CALLBACK = "'https://callback.example/', 'CANARY'";

/** Makes a store of that version, with one secret that waits, one that was read, and one for each of the blobs. */
const MAKERS: Readonly<Record<Engine, (place: string) => Promise<void>>> = {
  async SQLite(path) {
    const database = (await loadSqliteDriver())(path);
    for (const migration of SQLITE_MIGRATIONS.slice(0, BEFORE.SQLite)) database.exec(migration);
    database.exec(`
      PRAGMA user_version = ${BEFORE.SQLite};
      PRAGMA application_id = 0x7a706872;
      INSERT INTO secrets (seq, id, version, blob_size, split_url_mode, proof_hash, views, views_left, callback_url,
        callback_secret, caller, created_at, expires_at, due_at)
      VALUES (1, '${ID}', 2, 4, 0, '${PROOF_HASH}', 1, 1, ${CALLBACK}, 'c', ${NOW}, ${NOW + 1000}, ${NOW + 1000}),
        (2, 'read', 2, 4, 0, '${PROOF_HASH}', 1, 0, ${CALLBACK}, 'c', ${NOW}, ${NOW + 1000}, ${NOW + 1e8});
      INSERT INTO ciphertexts VALUES (1, x'00', 'AAAA');
      INSERT INTO attempts VALUES (1, 'c', 99, ${NOW + 1e6});`);
    for (const [index, text] of TEXTS.entries()) {
      database.exec(`
        INSERT INTO secrets (seq, id, version, blob_size, split_url_mode, proof_hash, views, views_left, caller,
          created_at, expires_at, due_at)
        VALUES (${10 + index}, '${blobId(index)}', 2, ${text.length}, 0, '${PROOF_HASH}', 1, 1, 'c', ${NOW},
          ${NOW + 1000}, ${NOW + 1000});
        INSERT INTO ciphertexts VALUES (${10 + index}, x'00', '${text}')`);
    }
    database.close();
  },
  async PostgreSQL(address) {
    const sql = postgres(address, { max: 1, fetch_types: false, onnotice: () => undefined });
    for (const migration of POSTGRES_MIGRATIONS.slice(0, BEFORE.PostgreSQL)) await sql.unsafe(migration);
    await sql.unsafe(`
      CREATE TABLE zephr (name TEXT PRIMARY KEY, value TEXT NOT NULL);
      INSERT INTO zephr VALUES ('schema_version', '${BEFORE.PostgreSQL}'), ('caller_salt', 'salt');
      INSERT INTO secrets (id, version, blob_size, split_url_mode, proof_hash, views, views_left, callback_url,
        callback_secret, callback_host, caller, created_at, expires_at, needed_until)
      VALUES ('${ID}', 2, 4, FALSE, '${PROOF_HASH}', 1, 1, ${CALLBACK}, 'h', 'c', ${NOW}, ${NOW + 1000}, ${NOW + 1000}),
        ('read', 2, 4, FALSE, '${PROOF_HASH}', 1, 0, ${CALLBACK}, 'h', 'c', ${NOW}, ${NOW + 1000}, NULL);
      INSERT INTO ciphertexts VALUES ('${ID}', 'AAAA');
      INSERT INTO attempts VALUES ('${ID}', 'c', 99, ${NOW + 1e6});`);
    for (const [index, text] of TEXTS.entries()) {
      await sql.unsafe(`
        INSERT INTO secrets (id, version, blob_size, split_url_mode, proof_hash, views, views_left, caller, created_at,
          expires_at, needed_until)
        VALUES ('${blobId(index)}', 2, ${text.length}, FALSE, '${PROOF_HASH}', 1, 1, 'c', ${NOW}, ${NOW + 1000},
          ${NOW + 1000});
        INSERT INTO ciphertexts VALUES ('${blobId(index)}', '${text}')`);
    }
    await sql.end();
  },
};

describe.each(ENGINES)('on %s', (engine) => {
  const missing = withoutEngine(engine);
  test.skipIf(missing)(`a secret of an older store is read, whoever was locked out${missing}`, async () => {
    const place = await newStore(engine);
    await MAKERS[engine](place);
    const store = await openStore(place);
    onTestFinished(() => store.close());
    expect(await take(store, 'read', null, NOW)).toBeNull();
    expect(await take(store, ID, null, NOW)).toMatchObject({ blob: new Uint8Array(3), viewsLeft: 0 });
    const events = await store.outbox.leaseEvents(NOW, 10, 1, { hosts: [], callers: [] });
    expect(events).toMatchObject([{ name: 'secret.consumed', url: 'https://callback.example/' }]);
  });

  test.skipIf(missing)(`the blobs of an older store are the same bytes${missing}`, async () => {
    const place = await newStore(engine);
    await MAKERS[engine](place);
    const store = await openStore(place);
    onTestFinished(() => store.close());
    for (const [index, text] of TEXTS.entries()) {
      // Read with a claim, and again: both come from what the older one wrote.
      for (const now of [NOW, NOW + 1]) {
        const view = await take(store, blobId(index), 'claim', now);
        expect(Buffer.from(view?.blob ?? []).toString('base64url')).toBe(text);
      }
    }
    const next = newSecret();
    await store.secrets.create(next);
    expect(await take(store, next.id, null, NOW)).toMatchObject({ blob: next.blob });
  });
});

const digestOf = (bytes: Uint8Array) => hash('sha256', bytes);

/** The version from before chunks were in a file of their own. */
const BEFORE_CHUNK_FILE = 12;

/** Makes an SQLite store of that version, with a secret that has a chunk, and an upload that has one and goes on. */
async function withChunks(path: string): Promise<void> {
  const database = (await loadSqliteDriver())(path);
  for (const migration of SQLITE_MIGRATIONS.slice(0, BEFORE_CHUNK_FILE)) database.exec(migration);
  database.exec(`
    PRAGMA user_version = ${BEFORE_CHUNK_FILE};
    PRAGMA application_id = 0x7a706872;
    INSERT INTO secrets (seq, id, version, blob_size, split_url_mode, proof_hash, views, views_left, caller, created_at,
      expires_at, due_at, chunks)
    VALUES (1, '${ID}', 2, 4, 0, '${PROOF_HASH}', 1, 1, 'c', ${NOW}, ${NOW + 1e6}, ${NOW + 1e6}, 1);
    INSERT INTO ciphertexts VALUES (1, x'00', x'00000000');
    INSERT INTO uploads (seq, id, caller, max_bytes, reserved, bytes, chunks, highest, short_index, created_at, secret,
      create_hash, bound_at, due_at)
    VALUES (7, 'done', 'c', 484, 0, 484, 1, 0, 0, ${NOW}, 1, 'hash', ${NOW}, NULL),
      (8, 'open', 'c', ${4 * CHUNK_BYTES}, 0, ${CHUNK_BYTES}, 1, 0, NULL, ${NOW}, NULL, NULL, NULL, ${NOW + 1e6});`);
  const insert = database.prepare("INSERT INTO chunks VALUES (?, x'00', ?)");
  insert.run(7 * 2 ** 22, chunkOf(7, 500));
  insert.run(8 * 2 ** 22, chunkOf(8, SEALED_CHUNK_BYTES));
  database.close();
}

test('chunks of an older SQLite store are read, completed and destroyed', async () => {
  const place = await newStore('SQLite');
  await withChunks(place);
  const store = await openStore(place);
  onTestFinished(() => store.close());
  const { chunks, secrets } = store;
  const fetch = async (id: string, index: number) => {
    const fetched = await chunks.fetchChunk(id, 'claim', index, RIGHT, NOW);
    return fetched.outcome === 'chunk' ? digestOf(fetched.bytes) : fetched.outcome;
  };
  expect(await chunks.storedBytes(null)).toBe(484 + CHUNK_BYTES);
  await secrets.consume(ID, 'claim', RIGHT, NOW, true);
  expect(await fetch(ID, 0)).toBe(digestOf(chunkOf(7, 500)));
  expect(await fetch(ID, 1)).toBe('no such chunk');

  expect(await chunks.putChunk('open', 0, chunkOf(8, SEALED_CHUNK_BYTES), NOW)).toBe('present');
  expect(await chunks.putChunk('open', 0, chunkOf(9, SEALED_CHUNK_BYTES), NOW)).toBe('conflict');
  expect(await chunks.putChunk('open', 1, chunkOf(10, 500), NOW)).toBe('kept');
  expect(await chunks.uploadedChunks('open', NOW)).toEqual([[0, 1]]);
  expect(await chunks.storedBytes(null)).toBe(484 + CHUNK_BYTES + 484);
  const next = newSecret({ caller: 'c', upload: { id: 'open', chunks: 2, bodyHash: 'other' } });
  expect(await secrets.create(next)).toMatchObject({ outcome: 'created' });
  await secrets.consume(next.id, 'claim', RIGHT, NOW, true);
  expect(await fetch(next.id, 0)).toBe(digestOf(chunkOf(8, SEALED_CHUNK_BYTES)));
  expect(await fetch(next.id, 1)).toBe(digestOf(chunkOf(10, 500)));

  for (const id of [ID, next.id]) await secrets.acknowledge(id, 'claim', NOW);
  await store.purge(NOW);
  expect(await chunks.storedBytes(null)).toBe(0);
  const database = (await loadSqliteDriver())(place);
  expect(database.prepare('SELECT COUNT(*) AS left FROM chunks').get()).toMatchObject({ left: 0 });
  database.close();
});
