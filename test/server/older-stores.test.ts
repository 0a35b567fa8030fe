/** A store that an older zephr made is opened, and what it holds can be read. */

import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/server/store/open.js';
import { MIGRATIONS as POSTGRES_MIGRATIONS } from '../../src/server/store/postgres/schema.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { MIGRATIONS as SQLITE_MIGRATIONS } from '../../src/server/store/sqlite/schema.js';
import { NOW, PROOF_HASH } from '../support/new-secret.js';
import { take } from '../support/reading.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

/** The version from before passphrases were counted for the secret. */
const BEFORE: Readonly<Record<Engine, number>> = { SQLite: 2, PostgreSQL: 3 };

const ID = 'older'.padEnd(22, '_');
const CALLBACK = "'https://callback.example/', 'CANARY'";

/** Makes a store of that version, with one secret that waits and one that was read. */
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
    expect(await take(store, ID, null, NOW)).toMatchObject({ blob: 'AAAA', viewsLeft: 0 });
    const events = await store.outbox.leaseEvents(NOW, 10, 1, { hosts: [], callers: [] });
    expect(events).toMatchObject([{ name: 'secret.consumed', url: 'https://callback.example/' }]);
  });
});
