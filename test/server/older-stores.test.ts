/** A store that an older zephr made is opened, and what it holds can be read. */

import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/server/store/open.js';
import { MIGRATIONS as POSTGRES_MIGRATIONS } from '../../src/server/store/postgres/schema.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { MIGRATIONS as SQLITE_MIGRATIONS } from '../../src/server/store/sqlite/schema.js';
import { NOW, newSecret, PROOF_HASH } from '../support/new-secret.js';
import { take } from '../support/reading.js';
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
