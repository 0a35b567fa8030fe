/** The SQLite store keeps the contract, on one file with several handles, and over restarts. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { openStore } from '../../src/server/store/open.js';
import {
  loadSqliteDriver,
  pragma,
  type SqliteDatabase,
  type SqliteStatement,
} from '../../src/server/store/sqlite/file/driver.js';
import { SqliteStore } from '../../src/server/store/sqlite/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { RIGHT, recordOf, take, WRONG } from '../support/reading.js';
import { sqliteCopies } from '../support/stores.js';
import { describeStoreContract } from './store-contract.js';

let directory: string;
let files = 0;
let copy: (to: string) => string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
  copy = await sqliteCopies(join(directory, 'first.db'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

function newFile(): string {
  files += 1;
  return join(directory, `${files}.db`);
}

describe('the SQLite store', () => {
  describeStoreContract(() => openStore(copy(newFile())));
});

/** A database whose log somebody else is copying, at each of the first three looks of every ten. */
function copiedElsewhere(database: SqliteDatabase): SqliteDatabase {
  let looks = 0;
  return {
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    prepare<Row>(sql: string): SqliteStatement<Row> {
      const statement = database.prepare<Row>(sql);
      if (!sql.includes('TRUNCATE')) return statement;
      const busy = database.prepare<Row>('SELECT 1 AS busy');
      return { ...statement, get: () => (looks++ % 10 < 3 ? busy : statement).get() };
    },
  };
}

describe('the room of an SQLite file', () => {
  test('is not taken for full while another connection makes a checkpoint', async () => {
    const store = new SqliteStore(copiedElsewhere((await loadSqliteDriver())(newFile())), 'salt', 1_000_000);
    for (let count = 0; count < 24; count += 1) {
      const { outcome } = await store.secrets.create(newSecret({ blob: new Uint8Array(1_000_000) }));
      expect(outcome).toBe('created');
    }
    await store.close();
  });
});

describe('two handles on one SQLite file', () => {
  test('hand out exactly the views there are', async () => {
    const file = newFile();
    const [one, two] = await Promise.all([openStore(file), openStore(file)]);
    const secret = newSecret({ views: 3 });
    await one.secrets.create(secret);
    const takers = Array.from({ length: 32 }, (_, i) => take(i % 2 ? one : two, secret.id, null, NOW));
    expect((await Promise.all(takers)).filter((taken) => taken !== null)).toHaveLength(3);
    await one.close();
    await two.close();
  });

  test('share claims, wrong passphrases, idempotency keys and the name of a caller', async () => {
    const file = newFile();
    const [one, two] = await Promise.all([openStore(file), openStore(file)]);
    const linkProofHash = 'l'.repeat(43);
    const secret = newSecret({ linkProofHash, idempotency: { key: 'key', bodyHash: 'hash' } });
    await one.secrets.create(secret);
    expect(one.callerSalt).toBe(two.callerSalt);
    expect(await two.secrets.create({ ...secret, id: 'other' })).toMatchObject({
      outcome: 'replayed',
      id: secret.id,
    });
    const shown = { ...RIGHT, linkProofHash };
    const read = await one.secrets.consume(secret.id, 'claim', shown, NOW);
    expect(await two.secrets.consume(secret.id, 'claim', shown, NOW)).toEqual(read);
    for (let count = 1; count <= 10; count += 1) {
      await one.secrets.status(secret.id, { ...WRONG, linkProofHash }, NOW);
    }
    expect(await two.secrets.status(secret.id, shown, NOW)).toEqual({ outcome: 'locked', waitMs: 1000 });
    await one.close();
    await two.close();
  });
});

describe('a restart of the SQLite store', () => {
  test('keeps secrets, views, claims and salt', async () => {
    const file = newFile();
    const before = await openStore(file);
    const waiting = newSecret();
    const claimed = newSecret();
    const read = newSecret();
    await Promise.all([waiting, claimed, read].map((secret) => before.secrets.create(secret)));
    await take(before, claimed.id, 'claim', NOW);
    await take(before, read.id, null, NOW);
    await before.close();

    const after = await openStore(file);
    expect(after.callerSalt).toBe(before.callerSalt);
    expect(await take(after, waiting.id, null, NOW)).toMatchObject({ blob: waiting.blob });
    expect(await take(after, claimed.id, 'claim', NOW)).toMatchObject({ blob: claimed.blob });
    expect(await take(after, read.id, null, NOW)).toBeNull();
    await after.close();
  });
});

describe('a failing SQLite store', () => {
  test('that is full refuses what has no room and keeps what it has', async () => {
    const database = (await loadSqliteDriver())(newFile());
    const store = new SqliteStore(database, 'salt');
    const kept = newSecret();
    await store.secrets.create(kept);
    // Of 4 KB each: some for a small secret, and too few for a large one.
    database.exec(`PRAGMA max_page_count = ${pragma(database, 'page_count') + 12}`);
    const large = newSecret({ blob: new Uint8Array(100_000) });
    const small = newSecret();
    const results = await Promise.allSettled([store.secrets.create(large), store.secrets.create(small)]);
    expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL' } });
    expect(results[1]).toMatchObject({ status: 'fulfilled' });
    expect(await recordOf(store, large.id, NOW)).toBeNull();
    expect(await take(store, kept.id, null, NOW)).toMatchObject({ blob: kept.blob });
    database.exec('PRAGMA max_page_count = 100000');
    expect(await store.secrets.create(large)).toMatchObject({ outcome: 'created' });
    await store.close();
  });

  test('does not hand out a ciphertext that is damaged, nor take a view for it', async () => {
    const file = newFile();
    const store = await openStore(file);
    const secret = newSecret();
    await store.secrets.create(secret);
    const disk = (await loadSqliteDriver())(file);
    const size = secret.blob.length;
    const damages = [
      `CAST(zeroblob(${size - 1}) AS BLOB)`,
      `CAST(zeroblob(${size + 1}) AS BLOB)`,
      `substr('older text that is damaged', 1, ${size})`,
      `CAST(x'${'e2ff'.repeat(size).slice(0, 2 * size)}' AS TEXT)`,
    ];
    for (const damage of damages) {
      disk.exec(`UPDATE ciphertexts SET blob = ${damage}`);
      for (const claim of [null, 'claim']) {
        await expect(take(store, secret.id, claim, NOW), damage).rejects.toBeInstanceOf(StoreError);
      }
    }
    disk.exec(`UPDATE ciphertexts SET blob = x'${Buffer.from(secret.blob).toString('hex')}'`);
    disk.close();
    expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
    await store.close();
  });

  test('rejects with StoreError, and no view is lost', async () => {
    const file = newFile();
    const store = await openStore(file);
    const secret = newSecret();
    await store.secrets.create(secret);
    const saboteur = (await loadSqliteDriver())(file);
    saboteur.exec('ALTER TABLE ciphertexts RENAME TO hidden');
    await expect(take(store, secret.id, null, NOW)).rejects.toBeInstanceOf(StoreError);
    await expect(store.secrets.create(newSecret())).rejects.toBeInstanceOf(StoreError);
    saboteur.exec('ALTER TABLE hidden RENAME TO ciphertexts');
    saboteur.close();
    expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
    await store.close();
  });
});
