/** A real PostgreSQL for tests, and a schema of its own for each that asks. */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import postgres from 'postgres';
import { tcpHost } from './hosts.js';

/** The database that tests use; `ZEPHR_TEST_POSTGRES` names another. */
export const POSTGRES = process.env.ZEPHR_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/test';

/** Why tests that need PostgreSQL are skipped, to append to their name; empty when they run. In CI they always do. */
export const withoutPostgres =
  process.env.CI === 'true' || (await answers(POSTGRES))
    ? ''
    : ' (skipped: no PostgreSQL at ZEPHR_TEST_POSTGRES)';

/** A session of the tests' own, beside those of the stores. */
export type Session = postgres.Sql;

/** An empty schema. */
export interface Schema {
  /** The address of a store in it. */
  readonly store: string;
  readonly name: string;
  readonly sql: Session;
  /** Deletes every row of a store's tables, but for its version and its salt. */
  empty(): Promise<void>;
  /** Drops it with all it holds. */
  drop(): Promise<void>;
}

/** Opens a session with a few connections, in `schema` if that is named. */
export function openSession(address = POSTGRES, schema = 'public'): Session {
  return postgres(address, {
    max: 2,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { search_path: schema },
  });
}

/** How many statements wait for a lock, of a store whose address has the schema's name for its `application_name`. */
export async function waitingForLocks({ name, sql }: Schema): Promise<number | undefined> {
  const [row] = await sql<{ waiting: number }[]>`
    SELECT COUNT(*)::int AS waiting FROM pg_stat_activity
    WHERE application_name = ${name} AND wait_event_type = 'Lock'`;
  return row?.waiting;
}

/** Makes a schema that no other test uses. */
export async function newSchema(address = POSTGRES): Promise<Schema> {
  const name = `zephr_test_${randomBytes(6).toString('hex')}`;
  const sql = openSession(address, name);
  await sql`CREATE SCHEMA ${sql(name)}`;
  return {
    name,
    sql,
    store: `${address}${address.includes('?') ? '&' : '?'}search_path=${name}`,
    async empty() {
      const tables = await sql<{ table: string }[]>`
        SELECT tablename AS table FROM pg_tables WHERE schemaname = ${name} AND tablename <> 'zephr'`;
      await sql.unsafe(tables.map(({ table }) => `DELETE FROM ${table};`).join(''));
    },
    async drop() {
      await sql`DROP SCHEMA ${sql(name)} CASCADE`;
      await sql.end({ timeout: 5 });
    },
  };
}

/** Connections to PostgreSQL by way of the test, which can spoil them. */
export interface Wire {
  /** `address` with the wire's host and port. */
  over(address: string): string;
  /** Resets every connection. */
  reset(): void;
  /** Passes nothing on any more, in either direction, but keeps the connections. New ones work. */
  freeze(): void;
  /** What came from PostgreSQL so far, in bytes. */
  received(): number;
}

/** Passes connections on to PostgreSQL until the test ends. */
export async function openWire(): Promise<Wire> {
  const target = new URL(POSTGRES);
  const pairs = new Set<[near: Socket, far: Socket]>();
  let received = 0;
  const url = await tcpHost((near) => {
    const far = connect(Number(target.port || 5432), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    far.on('error', () => near.destroy());
    far.on('data', (chunk) => {
      received += chunk.length;
    });
    far.on('close', () => near.destroy());
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
    near.pipe(far).pipe(near);
  });
  return {
    over: (address) => address.replace(target.host, new URL(url).host),
    reset() {
      for (const [near] of pairs) near.resetAndDestroy();
    },
    freeze() {
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    received: () => received,
  };
}

async function answers(address: string): Promise<boolean> {
  const sql = postgres(address, { max: 1, connect_timeout: 3, fetch_types: false });
  try {
    await sql`SELECT 1`;
    return true;
  } catch {
    return false;
  } finally {
    void sql.end({ timeout: 1 });
  }
}
