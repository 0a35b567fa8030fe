/** Which SQLite is used, and what is said when there is none. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadSqliteDriver, sqliteResultCode } from '../../src/server/store/sqlite/file/driver.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.doUnmock('libsql');
});

describe('loading SQLite', () => {
  test("prefers Node's own", async () => {
    const paths: string[] = [];
    class DatabaseSync {
      constructor(path: string) {
        paths.push(path);
      }
    }
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ DatabaseSync });
    (await loadSqliteDriver())('somewhere.db');
    expect(paths).toEqual(['somewhere.db']);
  });

  test('takes libsql where Node has none', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    const database = (await loadSqliteDriver())(':memory:');
    expect(database.prepare('SELECT ? AS a, ? AS b').get('x', 1_900_000_000_000)).toMatchObject({
      a: 'x',
      b: 1_900_000_000_000,
    });
    database.close();
  });

  test('says what is missing where there is neither', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    vi.doMock('libsql', () => {
      throw new Error('not installed');
    });
    await expect(loadSqliteDriver()).rejects.toMatchObject({
      code: 'NO_SQLITE',
      message: expect.stringContaining('the package libsql is not installed'),
    });
  });

  test('keeps the warning that SQLite is experimental off stderr, and no other', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const before = process.emitWarning;
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      process.emitWarning(
        'SQLite is an experimental feature and might change at any time',
        'ExperimentalWarning',
      );
      process.emitWarning('the sky is falling', 'ExperimentalWarning');
      process.emitWarning('SQLite is old', 'DeprecationWarning');
      return undefined;
    });
    await loadSqliteDriver();
    expect(emitWarning.mock.calls).toEqual([
      ['the sky is falling', 'ExperimentalWarning'],
      ['SQLite is old', 'DeprecationWarning'],
    ]);
    expect(process.emitWarning).toBe(before);
  });
});

describe('an error of SQLite', () => {
  test('has one result code, whichever driver threw it', async () => {
    const database = (await loadSqliteDriver())(':memory:');
    database.exec('CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)');
    let code: number | undefined;
    try {
      database.exec('INSERT INTO t VALUES (1)');
    } catch (error) {
      code = sqliteResultCode(error);
    }
    expect(code).toBe(19);
    database.close();
  });

  test('has none if it is not of SQLite', () => {
    expect(sqliteResultCode(new Error('other'))).toBeUndefined();
    expect(sqliteResultCode('text')).toBeUndefined();
  });
});
