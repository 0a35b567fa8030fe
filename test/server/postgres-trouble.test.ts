/** When PostgreSQL is away, slow, someone else's, or comes and goes: what callers and operators are told. */

import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { encodeUtf8 } from '../../src/core/bytes.js';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { openStore } from '../../src/server/store/open.js';
import {
  openDriver,
  type PoolLimits,
  PostgresPool,
} from '../../src/server/store/postgres/connections/pool.js';
import { openPostgresStore } from '../../src/server/store/postgres/open.js';
import { POSTGRES_SCHEMA_VERSION } from '../../src/server/store/postgres/schema.js';
import { PostgresStore } from '../../src/server/store/postgres/store.js';
import { deadHost, tcpHost } from '../support/hosts.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { newSchema, openWire, POSTGRES, type Schema, withoutPostgres } from '../support/postgres.js';
import { latin1, recordOf, take } from '../support/reading.js';

const PASSWORD = 'hunter2-of-the-database';

/** An address with a password at `url`'s host and port. */
const at = (url: string) => `postgres://someone:${PASSWORD}@${new URL(url).host}/test`;

/** What opening the store at `address` is refused with; never with the password in it. */
async function refusal(address: string): Promise<Error & { code: string }> {
  const error = await openStore(address).then(
    () => new Error('it was opened'),
    (reason: unknown) => reason as Error,
  );
  expect(error.message).not.toContain(PASSWORD);
  return error as Error & { code: string };
}

/** Asks again, as clients do, while the store does not answer. */
async function untilItWorks<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreError) || tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

test('a driver that has ended keeps no connection, not even one that was being made', async () => {
  const sockets = new Set<unknown>();
  const url = await tcpHost((socket) => {
    sockets.add(socket);
    // Says nothing, and listens only to hear the end.
    socket.resume().on('close', () => sockets.delete(socket));
  });
  const driver = openDriver(at(url), 1, {});
  const asked = driver.unsafe('SELECT 1').catch((error: Error) => error.message);
  const ended = driver.end({ timeout: 0 });
  // It has begun to connect. When the process is free again, the driver hears of its end before it hears of that.
  for (let ticks = 0; ticks < 10; ticks++) await new Promise((resolve) => process.nextTick(resolve));
  const busy = performance.now() + 20;
  while (performance.now() < busy);
  await ended;
  expect(await asked).toContain('CONNECTION_DESTROYED');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await expect.poll(() => sockets.size).toBe(0);
});

describe('opening a PostgreSQL store where there is none', () => {
  test('names host and port of a port that is closed', async () => {
    const url = await deadHost();
    const { code, message } = await refusal(at(url));
    expect(code).toBe('STORE_UNREACHABLE');
    expect(message).toBe(`the store at ${new URL(url).host} does not answer: is PostgreSQL running there?`);
  });

  test('gives up on a server that closes without a word', async () => {
    let connections = 0;
    const url = await tcpHost((socket) => {
      connections += 1;
      socket.end();
    });
    expect(await refusal(at(url))).toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(connections).toBe(1);
  });

  test('gives up on a server that says nothing', async () => {
    const url = await tcpHost(() => undefined);
    expect(await refusal(at(url))).toMatchObject({ code: 'STORE_UNREACHABLE' });
  });

  test('says how to write an address that is none', async () => {
    expect(await refusal(`postgres://someone:${PASSWORD}%@host:port/test`)).toMatchObject({
      code: 'STORE_NOT_SUPPORTED',
    });
    expect(await refusal(`${at(await deadHost())}?connections=many`)).toMatchObject({
      code: 'STORE_NOT_SUPPORTED',
    });
  });
});

describe.skipIf(withoutPostgres)(`a PostgreSQL store${withoutPostgres}`, () => {
  let schema: Schema;
  beforeEach(async () => {
    schema = await newSchema();
  });
  afterEach(async () => {
    await schema.drop();
  });

  const open = async (address = schema.store, limits?: PoolLimits) => {
    const store = await openPostgresStore(address, 'salt', limits);
    onTestFinished(() => store.close());
    return store;
  };

  describe('that cannot be opened', () => {
    test('is a database that does not exist', async () => {
      const address = POSTGRES.replace(/\/[^/?]*(?=\?|$)/, '/there_is_no_such_database');
      expect(await refusal(address)).toMatchObject({ code: 'STORE_MISSING' });
    });

    test('is a schema that does not exist', async () => {
      expect(await refusal(schema.store.replace(schema.name, 'no_such_schema'))).toMatchObject({
        code: 'STORE_MISSING',
      });
    });

    test('has an unknown parameter in its address', async () => {
      expect(await refusal(`${schema.store}&fnord=1`)).toMatchObject({ code: 'STORE_NOT_SUPPORTED' });
    });

    test("is somebody else's", async () => {
      await schema.sql`CREATE TABLE secrets (recipe TEXT)`;
      expect(await refusal(schema.store)).toMatchObject({ code: 'NOT_A_STORE' });
      expect(await schema.sql`SELECT recipe FROM secrets`).toHaveLength(0);
      expect(await schema.sql`SELECT to_regclass('zephr') AS made`).toEqual([{ made: null }]);
    });

    test('was written by a later zephr', async () => {
      await (await openPostgresStore(schema.store, 'salt')).close();
      await schema.sql`
        UPDATE zephr SET value = ${POSTGRES_SCHEMA_VERSION + 1} WHERE name = 'schema_version'`;
      expect(await refusal(schema.store)).toMatchObject({ code: 'STORE_TOO_NEW' });
    });
  });

  test('opens no more connections than its address allows', async () => {
    const store = await open(`${schema.store}&connections=3&application_name=${schema.name}`);
    await Promise.all(Array.from({ length: 100 }, () => store.ping()));
    const sessions = await schema.sql`
      SELECT pid FROM pg_stat_activity WHERE application_name = ${schema.name}`;
    expect(sessions).toHaveLength(3);
  });

  test('refuses at once what would have to wait too long', async () => {
    const store = await open(schema.store, { connections: 2, operations: 20, patienceMs: 30_000 });
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => store.secrets.create(newSecret())),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(30);
    expect(refused[0]?.reason).toBeInstanceOf(StoreError);
    await expect(store.ping()).resolves.toBeUndefined();
  });

  test('does not take a view when it fails to', async () => {
    const store = await open();
    const secret = newSecret();
    await store.secrets.create(secret);
    await schema.sql`ALTER TABLE ciphertexts RENAME TO hidden`;
    await expect(take(store, secret.id, null, NOW)).rejects.toBeInstanceOf(StoreError);
    await expect(store.secrets.create(newSecret())).rejects.toBeInstanceOf(StoreError);
    await schema.sql`ALTER TABLE hidden RENAME TO ciphertexts`;
    expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
  });

  test('does not answer a ping where it is read-only', async () => {
    await (await openPostgresStore(schema.store, 'salt')).close();
    const limits = { connections: 1, operations: 10, patienceMs: 10_000 };
    const address = `${schema.store}&default_transaction_read_only=on`;
    const store = new PostgresStore(new PostgresPool(address, limits), 'salt');
    onTestFinished(() => store.close());
    await expect(store.ping()).rejects.toBeInstanceOf(StoreError);
    await expect(store.secrets.create(newSecret())).rejects.toBeInstanceOf(StoreError);
  });

  test('fails when its connections freeze, and works again with new ones', async () => {
    const wire = await openWire();
    const store = await open(wire.over(schema.store), { connections: 2, operations: 100, patienceMs: 500 });
    const secret = newSecret();
    await store.secrets.create(secret);
    wire.freeze();
    await expect(store.ping()).rejects.toBeInstanceOf(StoreError);
    expect(await take(store, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
  });

  test('whose disk is full refuses creates as such, and hands out what it has', async () => {
    const store = await open();
    const kept = newSecret();
    await store.secrets.create(kept);
    await schema.sql.unsafe(`
      CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END$$;
      CREATE TRIGGER no_room BEFORE INSERT ON ciphertexts EXECUTE FUNCTION no_room()`);
    const creates = Array.from({ length: 5 }, () => store.secrets.create(newSecret()));
    for (const result of await Promise.allSettled(creates)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL' } });
    }
    expect(await take(store, kept.id, null, NOW)).toMatchObject({ blob: kept.blob });
    await schema.sql`DROP TRIGGER no_room ON ciphertexts`;
    expect(await store.secrets.create(newSecret())).toMatchObject({ outcome: 'created' });
  });

  test('never mixes answers up, however often its connections break', async () => {
    const wire = await openWire();
    const store = await open(wire.over(schema.store));
    const secrets = Array.from({ length: 300 }, (_, index) =>
      newSecret({ blob: encodeUtf8(`${index} `.padEnd(index % 3 === 0 ? 20_000 : 40, 'x')) }),
    );
    const sure = await open();
    await Promise.all(secrets.map((secret) => sure.secrets.create(secret)));

    let answers = 0;
    let resets = 0;
    /** Counts an answer. Every so many of them the connections break, in the middle of what else is under way. */
    const answered = () => {
      answers += 1;
      if (answers % 40 !== 0) return;
      resets += 1;
      wire.reset();
    };
    await Promise.all(
      secrets.map(async ({ id, blob }) => {
        const view = await untilItWorks(() => take(store, id, 'claim', NOW));
        expect(latin1(view?.blob)).toBe(latin1(blob));
        answered();
        await untilItWorks(() => store.secrets.acknowledge(id, 'claim', NOW));
        answered();
      }),
    );
    expect(resets).toBe(15);
    for (const { id } of secrets) expect(await recordOf(sure, id, NOW)).toMatchObject({ viewsLeft: 0 });
    expect(await schema.sql`SELECT id FROM ciphertexts`).toHaveLength(0);
  });

  test('survives the end of all its sessions, and lies to nobody', async () => {
    const store = await open(`${schema.store}&application_name=${schema.name}`);
    const terminate = () =>
      schema.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = ${schema.name}`;
    const kept = new Set<string>();
    const keep = async (key: string) => {
      const secret = newSecret({ idempotency: { key, bodyHash: 'hash' } });
      const outcome = await untilItWorks(() => store.secrets.create(secret));
      if (!('id' in outcome)) throw new Error(`a new key was ${outcome.outcome}`);
      kept.add(outcome.id);
      if (kept.size % 40 === 0) await terminate();
    };
    await Promise.all(
      Array.from({ length: 16 }, async (_, worker) => {
        for (let count = 0; count < 40; count += 1) await keep(`${worker}-${count}`);
      }),
    );
    expect(kept.size).toBe(640);
    const rows = await schema.sql<{ id: string }[]>`SELECT id FROM secrets JOIN ciphertexts USING (id)`;
    expect(new Set(rows.map(({ id }) => id))).toEqual(kept);
  });
});
