/** `zephr serve` when it cannot start: it says why and what to do, and its exit code tells whether to try again. */

import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { deadHost } from '../support/hosts.js';
import { startNode, startServerProcess } from '../support/server.js';
import { openSession, ZEPHR } from '../support/session.js';

interface Failure {
  /** What the options are, once what they need is in `folder`. */
  readonly options: (folder: string) => string | Promise<string>;
  readonly code: 2 | 8;
  readonly words: string;
}

/** A store of a zephr that has since been stopped. */
async function storeIn(folder: string): Promise<string> {
  const path = join(folder, 'zephr.db');
  await (await startServerProcess({ store: path })).stop();
  return path;
}

async function changed(folder: string, sql: string): Promise<string> {
  const path = await storeIn(folder);
  const database = (await loadSqliteDriver())(path);
  database.exec(sql);
  database.close();
  return path;
}

/** A port that somebody else has. */
async function takenPort(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const FAILURES: Readonly<Record<string, Failure>> = {
  'the port is taken': {
    options: async () => `--store memory: --port ${await takenPort()}`,
    code: 8,
    words: 'is taken',
  },
  'the port is no number': {
    options: () => '--store memory: --port http',
    code: 2,
    words: 'the port is not',
  },
  'the host is another machine': {
    options: () => '--store memory: --host 192.0.2.1',
    code: 2,
    words: '192.0.2.1 is not an address of this machine',
  },
  'the host has no address': {
    options: () => '--store memory: --host nowhere.invalid',
    code: 2,
    words: 'nowhere.invalid is not an address of this machine',
  },
  'the store is a directory': { options: () => '--store .', code: 2, words: 'is a directory' },
  'the store is in a file': {
    options(folder) {
      writeFileSync(join(folder, 'file'), '');
      return '--store file/zephr.db';
    },
    code: 2,
    words: 'cannot be written',
  },
  'the store is in a folder that is not there': {
    options: () => '--store nope/zephr.db',
    code: 2,
    words: 'there is no folder',
  },
  'the store is where nobody can write': {
    options: () => '--store /proc/zephr.db',
    code: 2,
    words: 'cannot be written',
  },
  'the store is no database': {
    options(folder) {
      writeFileSync(join(folder, 'notes.txt'), 'Dear diary, '.repeat(100));
      return '--store notes.txt';
    },
    code: 2,
    words: 'is not a database',
  },
  "the store is somebody else's database": {
    async options(folder) {
      const database = (await loadSqliteDriver())(join(folder, 'else.db'));
      database.exec('CREATE TABLE songs (title TEXT)');
      database.close();
      return '--store else.db';
    },
    code: 2,
    words: 'not a zephr store',
  },
  'the store is damaged': {
    async options(folder) {
      truncateSync(await storeIn(folder), 5_000);
      return '--store zephr.db';
    },
    code: 2,
    words: 'is damaged',
  },
  'the store is of a later zephr': {
    options: async (folder) => `--store ${await changed(folder, 'PRAGMA user_version = 999')}`,
    code: 2,
    words: 'newer',
  },
  'the store is of a kind there is not': {
    options: () => '--store mysql://127.0.0.1/zephr',
    code: 2,
    words: 'postgres://',
  },
  'the database server is down': {
    options: async () => `--store postgres://zephr@${new URL(await deadHost()).host}/zephr`,
    code: 8,
    words: 'does not answer',
  },
  'the access mode is none': {
    options: () => '--store memory: --access all',
    code: 2,
    words: 'open, tiered',
  },
  'the longest expiry is too long': {
    options: () => '--store memory: --max-expiry 2y',
    code: 2,
    words: '--max-expiry is not a time of 1 hour to 1 year',
  },
  'the default expiry is longer than the longest': {
    options: () => '--store memory: --default-expiry 31d',
    code: 2,
    words: 'raise --max-expiry',
  },
  'the limit of connections is none': {
    options: () => '--store memory: --max-connections 0',
    code: 2,
    words: 'limit of connections',
  },
  'the switch of metrics is neither on nor off': {
    options: () => '--store memory:',
    code: 2,
    words: 'ZEPHR_SERVE_METRICS',
  },
};

describe('zephr serve does not start, and says so, when', () => {
  it.each(Object.entries(FAILURES))('%s', async (name, { options, code, words }) => {
    const session = openSession(name.startsWith('the switch') ? { ZEPHR_SERVE_METRICS: 'maybe' } : {});
    const port = name.includes('port') ? '' : '--port 0';
    const result = await session.sh(`zephr serve ${port} ${await options(session.folder)}`);
    expect(result.stderr).toMatch(/^zephr: error: [^\n]+\n(zephr: hint: [^\n]+\n)?$/);
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/\n {4}at /);
    expect(result.stdout).toBe('');
    expect(result.code).toBe(code);
  });

  it('the file is in use by a program that does not let go', async () => {
    const session = openSession();
    const path = await storeIn(session.folder);
    const database = (await loadSqliteDriver())(path);
    onTestFinished(() => database.close());
    database.exec('BEGIN EXCLUSIVE');
    const { code, stdout, stderr } = await session.sh(`zephr serve --port 0 --store ${path}`);
    expect(stderr).toContain('is locked by another program');
    expect(stdout).toBe('');
    expect(code).toBe(8);
  });

  it('anything else is wrong: it leaves no port and no file open', async () => {
    const session = openSession();
    mkdirSync(join(session.folder, 'store'));
    const port = await takenPort();
    const store = join(session.folder, 'store', 'zephr.db');
    expect((await session.sh(`zephr serve --port ${port} --store ${store}`)).code).toBe(8);
    const server = await startServerProcess({ store });
    expect(await server.stop()).toBe(0);
  });
});

it('zephr serve makes the folder of its default store, for the owner only', async () => {
  const session = openSession();
  const env = { HOME: join(session.folder, 'home'), XDG_STATE_HOME: undefined };
  const server = await startNode([ZEPHR, 'serve', '--port', '0'], env);
  expect(await server.stop()).toBe(0);
  const folder = join(env.HOME, '.local', 'state', 'zephr');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder)).toContain('zephr.db');
});
