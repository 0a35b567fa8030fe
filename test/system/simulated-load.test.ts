/** Half an hour of mixed load, and the days after it: the store comes back to what the rules say, again and again. */

import { stat } from 'node:fs/promises';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/server/store/open.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { startWebhooks } from '../../src/server/webhooks/delivery.js';
import { harness } from '../server/harness.js';
import { generator } from '../support/generator.js';
import { RECEIVERS, SimulatedLoad } from '../support/simulated-load.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How often a server purges. */
const PERIOD_MS = 10 * SECOND;

const TABLES = ['secrets', 'ciphertexts', 'leases', 'counts', 'outbox'] as const;

/** A look into a store's tables from outside. */
interface Look {
  /** Rows in each table that the engine has. */
  rows(): Promise<Record<string, number>>;
  /** What it takes on disk, in bytes. */
  size(): Promise<number>;
  /** What the engine itself does every minute. */
  tidy(): Promise<unknown>;
}

const LOOKS: Readonly<Record<Engine, (store: string) => Promise<Look>>> = {
  async SQLite(path) {
    const database = (await loadSqliteDriver())(path);
    onTestFinished(() => database.close());
    const count = (table: string) =>
      database.prepare<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`).get()?.n ?? 0;
    return {
      rows: async () => Object.fromEntries(TABLES.map((table) => [table, count(table)])),
      size: async () => (await stat(path)).size + (await stat(`${path}-wal`)).size,
      tidy: async () => undefined,
    };
  },
  async PostgreSQL(address) {
    const sql = postgres(address, { max: 1, fetch_types: false });
    onTestFinished(() => sql.end());
    const tables = TABLES.filter((table) => table !== 'leases');
    const number = async (query: string) => Number((await sql.unsafe<{ n: string }[]>(query))[0]?.n);
    const count = async (table: string) =>
      [table, await number(`SELECT COUNT(*) AS n FROM ${table}`)] as const;
    return {
      rows: async () => Object.fromEntries(await Promise.all(tables.map(count))),
      async size() {
        const sizes = tables.map((table) => number(`SELECT pg_total_relation_size('${table}') AS n`));
        return (await Promise.all(sizes)).reduce((sum, size) => sum + size);
      },
      tidy: () => sql.unsafe(`VACUUM ${tables.join(', ')}`),
    };
  },
};

async function simulate(engine: Engine, cycles: number): Promise<void> {
  const place = await newStore(engine);
  const store = await openStore(place);
  onTestFinished(() => store.close());
  const look = await LOOKS[engine](place);
  const { app, clock, log } = harness(store, { rateLimit: 3 });
  const load = new SimulatedLoad(app, clock, generator(42));
  const told = new Set<string>();
  let down = true;
  /** What a server does beside answering: it purges, and delivers what is due. One of two receivers may be down. */
  const attend = async () => {
    await store.purge(clock.now);
    const webhooks = startWebhooks({
      outbox: store.outbox,
      async send({ id, url }) {
        if (down && url === RECEIVERS[0]) return { outcome: 'failed', reason: 'TIMED_OUT' };
        if (told.has(id)) load.wrong.push('an event was delivered twice');
        told.add(id);
        return { outcome: 'delivered', status: 204 };
      },
      log: createLog(
        () => undefined,
        () => clock.now,
      ),
      now: () => clock.now,
    });
    await webhooks.stop();
  };
  const sizes: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    down = true;
    for (const end = clock.now + 30 * MINUTE; clock.now < end; clock.now += PERIOD_MS) {
      await load.burst(9);
      await attend();
      if (clock.now % MINUTE === 0) await look.tidy();
    }
    await store.purge(clock.now);
    const { outbox, ...rows } = await look.rows();
    expect(outbox).toBeGreaterThan(0);
    expect(rows).toMatchObject({ secrets: load.records, ciphertexts: load.needed });
    sizes.push(await look.size());

    // An hour later nothing can be read any more, and the receiver is back.
    clock.now += HOUR + MINUTE;
    down = false;
    for (let passes = 0; told.size < load.events && passes < 200; passes += 1) await attend();
    expect(told.size).toBe(load.events);
    expect(await look.rows()).toMatchObject({ secrets: load.records, ciphertexts: 0, outbox: 0 });

    // A day later the server does not know any more that there was anything.
    clock.now += DAY;
    await attend();
    expect(Object.values(await look.rows()).filter((count) => count > 0)).toEqual([]);
    expect(load.wrong).toEqual([]);
    expect(load.records).toBeGreaterThan(400);
    load.forget();
    told.clear();
  }
  expect(load.sent.limited).toBeGreaterThan(0);
  expect(log.filter((line) => JSON.parse(line).status >= 500)).toEqual([]);
  // What was deleted makes room for what comes.
  expect(Math.max(...sizes)).toBeLessThan((sizes[0] ?? 0) * 1.5);
}

describe.each(ENGINES)('on %s', (engine) => {
  const missing = withoutEngine(engine);
  const name = `half an hour of mixed load, three times, leaves nothing behind${missing}`;
  test.skipIf(missing)(name, { timeout: 240_000 }, () => simulate(engine, 3));
});
