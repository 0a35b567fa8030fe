/** The channel between servers over one PostgreSQL: what one sends, all others hear, also after trouble. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openPostgresStore } from '../../src/server/store/postgres/open.js';
import type { PostgresStore } from '../../src/server/store/postgres/store.js';
import { newSchema, openWire, type Schema, type Wire, withoutPostgres } from '../support/postgres.js';

/** What a store's channel heard. */
interface Heard {
  readonly names: string[];
  missed: number;
}

describe.skipIf(withoutPostgres)(`the channel of PostgreSQL${withoutPostgres}`, () => {
  let schema: Schema;
  let wire: Wire;
  let stores: PostgresStore[];
  beforeEach(async () => {
    schema = await newSchema();
    wire = await openWire();
    stores = [
      await openPostgresStore(wire.over(schema.store), 'a'),
      await openPostgresStore(schema.store, 'b'),
    ];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await schema.drop();
  });

  async function hear(store: PostgresStore | undefined): Promise<Heard> {
    const heard: Heard = { names: [], missed: 0 };
    await store?.channel?.listen({
      changed: (names) => heard.names.push(...names),
      missed: () => {
        heard.missed += 1;
      },
    });
    return heard;
  }

  test('passes names on to others, and not back', async () => {
    const [one, other] = stores;
    const [here, there] = [await hear(one), await hear(other)];
    await one?.channel?.send(['first']);
    await other?.channel?.send(['second']);
    await vi.waitFor(() => expect([here.names, there.names]).toEqual([['second'], ['first']]));
  });

  test('passes on more than fits into one notice', async () => {
    const heard = await hear(stores[0]);
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}`.padStart(22, '0'));
    await stores[1]?.channel?.send(names);
    await vi.waitFor(() => expect(heard.names).toEqual(names));
  });

  test('is one for each store of a database', async () => {
    const elsewhere = await newSchema();
    const stranger = await openPostgresStore(elsewhere.store, 'c');
    const [heard, strange] = [await hear(stores[0]), await hear(stranger)];
    await stores[1]?.channel?.send(['name']);
    await vi.waitFor(() => expect(heard.names).toEqual(['name']));
    expect(strange.names).toEqual([]);
    await stranger.close();
    await elsewhere.drop();
  });

  test('takes one connection, when somebody listens, and gives it back', async () => {
    const listening = () => schema.sql<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE application_name = 'zephr' AND query LIKE 'LISTEN "zephr_%'`;
    const before = (await listening()).length;
    await hear(stores[0]);
    expect(await listening()).toHaveLength(before + 1);
    await stores[0]?.close();
    await vi.waitFor(async () => expect(await listening()).toHaveLength(before));
    stores.shift();
  });

  test('is there again after a connection is lost, and says that it may have missed something', async () => {
    const heard = await hear(stores[0]);
    wire.reset();
    await stores[1]?.channel?.send(['unheard']);
    await vi.waitFor(() => expect(heard.missed).toBe(1), { timeout: 10_000 });
    await stores[1]?.channel?.send(['heard']);
    await vi.waitFor(() => expect(heard.names).toContain('heard'));
  });
});
