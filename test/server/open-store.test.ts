/** Opening a store: what is made on disk, and what an operator is told when it cannot be. */

import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/server/store/open.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { SCHEMA_VERSION } from '../../src/server/store/sqlite/schema.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { take } from '../support/reading.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('opening a store', () => {
  test('makes the files for the owner only, and no folder for them', async () => {
    const folder = join(directory, 'state');
    const path = join(folder, 'zephr.db');
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_FOLDER_MISSING' });
    expect(await readdir(directory)).toEqual([]);
    await mkdir(folder);
    const store = await openStore(path);
    await store.secrets.create(newSecret());
    const names = await readdir(folder);
    expect(names).toContain('zephr.db');
    for (const name of names) expect(await modeOf(join(folder, name))).toBe(0o600);
    await store.close();
  });

  test('memory: touches no disk', async () => {
    const store = await openStore('memory:');
    const secret = newSecret();
    await store.secrets.create(secret);
    expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
    await store.close();
  });

  test('each new store has a salt of its own', async () => {
    const [one, two] = await Promise.all([openStore('memory:'), openStore(join(directory, 'a.db'))]);
    expect(one.callerSalt).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(two.callerSalt).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(one.callerSalt).not.toBe(two.callerSalt);
    await two.close();
  });

  test('refuses what is neither memory: nor a path', async () => {
    await expect(openStore('mysql://host/db')).rejects.toMatchObject({ code: 'STORE_NOT_SUPPORTED' });
  });

  test('refuses a directory', async () => {
    await expect(openStore(directory)).rejects.toMatchObject({
      code: 'STORE_IS_DIRECTORY',
      message: expect.stringContaining(directory),
    });
  });

  test('refuses a path under a file', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(openStore(join(directory, 'file', 'zephr.db'))).rejects.toMatchObject({
      code: 'STORE_NOT_WRITABLE',
    });
  });

  test('refuses a file that is no database, and leaves it alone', async () => {
    const path = join(directory, 'notes.txt');
    await writeFile(path, 'remember the milk\n'.repeat(100));
    await expect(openStore(path)).rejects.toMatchObject({ code: 'NOT_A_STORE' });
    expect((await stat(path)).size).toBe(1800);
  });

  test("refuses somebody else's database", async () => {
    const path = join(directory, 'other.db');
    const other = (await loadSqliteDriver())(path);
    other.exec('CREATE TABLE meta (a); CREATE TABLE secrets (b)');
    other.close();
    await expect(openStore(path)).rejects.toMatchObject({ code: 'NOT_A_STORE' });
  });

  test('refuses a store of a later zephr', async () => {
    const path = join(directory, 'zephr.db');
    await (await openStore(path)).close();
    const later = (await loadSqliteDriver())(path);
    later.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    later.close();
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
  });

  test("refuses somebody else's database in the place of its chunks, and chunks of a later zephr", async () => {
    const path = join(directory, 'zephr.db');
    const other = (await loadSqliteDriver())(`${path}-chunks`);
    other.exec('CREATE TABLE chunks (a)');
    other.close();
    await expect(openStore(path)).rejects.toMatchObject({ code: 'NOT_A_STORE' });
    await rm(`${path}-chunks`);
    await (await openStore(path)).close();
    const later = (await loadSqliteDriver())(`${path}-chunks`);
    later.exec('PRAGMA user_version = 1000');
    later.close();
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
  });

  test('refuses a store that is damaged', async () => {
    const path = join(directory, 'zephr.db');
    await (await openStore(path)).close();
    const [header] = ['SQLite format 3\0'];
    await writeFile(path, header + 'x'.repeat(5000));
    await expect(openStore(path)).rejects.toMatchObject({ name: 'ZephrError' });
  });

  test('takes an existing directory as it is', async () => {
    await mkdir(join(directory, 'shared'), { mode: 0o755 });
    await (await openStore(join(directory, 'shared', 'zephr.db'))).close();
    expect(await modeOf(join(directory, 'shared'))).toBe(0o755);
  });
});
