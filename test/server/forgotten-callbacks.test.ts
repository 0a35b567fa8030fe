/** A callback and its secret are kept no longer than there is something to announce or to deliver. */

import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { openStore } from '../../src/server/store/open.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { revoke, take } from '../support/reading.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

const HOUR = 60 * 60_000;

/** Every value in the tables, as JSON. */
const DUMPS: Readonly<Record<Engine, (store: string) => Promise<() => Promise<string>>>> = {
  async SQLite(path) {
    const database = (await loadSqliteDriver())(path);
    onTestFinished(() => database.close());
    return async () =>
      JSON.stringify([
        database.prepare('SELECT * FROM secrets').all(),
        database.prepare('SELECT * FROM outbox').all(),
      ]);
  },
  async PostgreSQL(address) {
    const sql = postgres(address, { max: 1, fetch_types: false });
    onTestFinished(() => sql.end());
    return async () => JSON.stringify([await sql`SELECT * FROM secrets`, await sql`SELECT * FROM outbox`]);
  },
};

/** How a secret of two views comes to have nothing more to announce. */
const ENDS: Readonly<Record<string, (store: Store, id: string) => Promise<unknown>>> = {
  'its last view was taken without a claim': async (store, id) => {
    await take(store, id, null, NOW);
    await take(store, id, null, NOW);
  },
  'its last view was taken with a claim that may read again': async (store, id) => {
    await take(store, id, 'claim', NOW);
    await take(store, id, 'other', NOW);
  },
  'it was revoked': (store, id) => revoke(store, id, NOW),
  'it was revoked after it was read': async (store, id) => {
    await take(store, id, 'claim', NOW);
    await revoke(store, id, NOW + 1);
  },
  'it expired': (store) => store.purge(NOW + HOUR),
  'it expired while a claim could still read': async (store, id) => {
    await take(store, id, 'claim', NOW + HOUR - 1);
    await store.purge(NOW + HOUR);
    await store.purge(NOW + HOUR + LEASE_MS);
  },
  'it expired, and a claim was acknowledged before the purge came': async (store, id) => {
    await take(store, id, 'claim', NOW + HOUR - 1);
    await store.secrets.acknowledge(id, 'claim', NOW + HOUR);
  },
  'its lease ended': async (store, id) => {
    await take(store, id, null, NOW);
    await take(store, id, 'claim', NOW);
    await store.purge(NOW + LEASE_MS);
  },
};

describe.each(ENGINES)('on %s nothing of a callback is left', (engine) => {
  const missing = withoutEngine(engine);

  test.skipIf(missing).each(Object.entries(ENDS))(
    `when %s, and the events were delivered${missing}`,
    async (_, end) => {
      const place = await newStore(engine);
      const store = await openStore(place);
      onTestFinished(() => store.close());
      const dump = await DUMPS[engine](place);
      const callback = { url: 'https://callback.example/CANARY', secret: 'CANARY' };
      const secret = newSecret({ callback, views: 2 });
      await store.secrets.create(secret);
      expect(await dump()).toContain('CANARY');
      await end(store, secret.id);
      const events = await store.outbox.leaseEvents(NOW + HOUR, 10, 1, { hosts: [], callers: [] });
      expect(events.length).toBeGreaterThan(0);
      for (const event of events) {
        expect(event).toMatchObject({ url: callback.url, host: 'callback.example' });
        expect(event.signature).toMatch(/^[0-9a-f]{64}$/);
      }
      for (const [index, { id, attempt }] of events.entries()) {
        if (index === 0) await store.outbox.markDelivered(id);
        else await store.outbox.markFailed(id, attempt, null);
      }
      expect(await dump()).not.toMatch(/CANARY|callback\.example/);
      expect(await dump()).toContain(secret.id);
    },
  );

  test.skipIf(missing)(`but it is kept while a view is left${missing}`, async () => {
    const store = await openStore(await newStore(engine));
    onTestFinished(() => store.close());
    const secret = newSecret({ callback: { url: 'https://callback.example/', secret: 'shh' }, views: 2 });
    await store.secrets.create(secret);
    await take(store, secret.id, 'claim', NOW);
    await store.secrets.acknowledge(secret.id, 'claim', NOW);
    await revoke(store, secret.id, NOW + 1);
    const events = await store.outbox.leaseEvents(NOW + 1, 10, 1, { hosts: [], callers: [] });
    expect(events.map(({ name }) => name).sort()).toEqual(['secret.consumed', 'secret.revoked']);
  });
});
