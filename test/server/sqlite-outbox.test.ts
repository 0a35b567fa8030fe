/** The outbox of the SQLite store with more events than it looks at in one go. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSqliteDriver, type SqliteDatabase } from '../../src/server/store/sqlite/file/driver.js';
import { PAGE_SIZE } from '../../src/server/store/sqlite/file/padding.js';
import { SqliteOutbox } from '../../src/server/store/sqlite/outbox.js';
import { migrate } from '../../src/server/store/sqlite/schema.js';

let directory: string;
let database: SqliteDatabase;
let outbox: SqliteOutbox;
let made = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
  database = (await loadSqliteDriver())(join(directory, 'zephr.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  migrate(database);
  outbox = new SqliteOutbox(
    database,
    { read: (read) => read(), write: async (write) => transaction(write) },
    PAGE_SIZE,
  );
});
afterEach(async () => {
  database.close();
  await rm(directory, { recursive: true });
});

function transaction<T>(work: () => T): T {
  database.exec('BEGIN');
  const result = work();
  database.exec('COMMIT');
  return result;
}

/** Appends `count` events for `host` that are due at `now`. */
function append(count: number, host: string, now: number): void {
  transaction(() => {
    for (let left = count; left > 0; left -= 1) {
      made += 1;
      const url = `https://${host}/`;
      const event = { id: `${made}`, url, host, caller: 'somebody', body: '{}', signature: 's' };
      outbox.append({ ...event, name: 'secret.consumed' }, now);
    }
  });
}

test('finds what is due behind any number of events that are excepted', async () => {
  append(12_000, 'crowd.example', 1);
  append(20, 'one.example', 1);
  append(3, 'one.example', 2);
  const hosts: string[] = [];
  for (let look = 1; look <= 9; look += 1) {
    hosts.push(
      ...(await outbox.leaseEvents(3, 8, 10, { hosts: ['crowd.example'], callers: [] })).map(
        ({ host }) => host,
      ),
    );
  }
  expect(hosts).toEqual(Array(23).fill('one.example'));
});

test('leases every event once, however many are due', async () => {
  append(6_000, 'one.example', 1);
  append(6_000, 'two.example', 1);
  const ids = new Set<string>();
  let leased = 0;
  for (let look = 1; look <= 40; look += 1) {
    const hosts = look % 3 === 0 ? ['one.example'] : [];
    const events = await outbox.leaseEvents(2, 800, 10, { hosts, callers: [] });
    leased += events.length;
    for (const { id } of events) ids.add(id);
  }
  expect(leased).toBe(12_000);
  expect(ids.size).toBe(12_000);
});

test('forgets any number of old events', async () => {
  append(1_200, 'one.example', 1);
  append(7, 'one.example', 2);
  let forgotten = 0;
  for (let more = true; more; ) {
    const count = await outbox.forgetEvents(2);
    forgotten += count;
    more = count > 0;
  }
  expect(forgotten).toBe(1_200);
  expect(await outbox.leaseEvents(3, 100, 1, { hosts: [], callers: [] })).toHaveLength(7);
});
