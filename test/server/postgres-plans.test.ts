/** How PostgreSQL goes about the store's statements once its tables are large. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOOKED_AT } from '../../src/server/store/contracts/lists.js';
import * as chunks from '../../src/server/store/postgres/chunks.js';
import * as channel from '../../src/server/store/postgres/connections/channel.js';
import { SESSION } from '../../src/server/store/postgres/connections/pool.js';
import * as creates from '../../src/server/store/postgres/creates/create.js';
import * as batches from '../../src/server/store/postgres/creates/create-batches.js';
import * as quotas from '../../src/server/store/postgres/creates/quotas.js';
import * as destruction from '../../src/server/store/postgres/destruction.js';
import * as keys from '../../src/server/store/postgres/keys.js';
import * as lists from '../../src/server/store/postgres/lists.js';
import { openPostgresStore } from '../../src/server/store/postgres/open.js';
import * as outbox from '../../src/server/store/postgres/outbox.js';
import * as requests from '../../src/server/store/postgres/request-statements.js';
import * as secrets from '../../src/server/store/postgres/secrets.js';
import * as engine from '../../src/server/store/postgres/store.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { newSchema, type Schema, withoutPostgres } from '../support/postgres.js';
import { take } from '../support/reading.js';

const ROWS = 20_000;
const CROWD = 'crowd.example';

/**
 * Statements that may read a whole table: it is small, and they are for an operator's command, or asked once in seconds.
 */
const WHOLE = ['STORED_BYTES', 'PING', 'NOTIFY', 'LIST_KEYS', 'REVOKE_KEY', 'FIND_REVOKED_KEY'];

/** The text of every statement that the store's modules have, by name. */
const TEXTS = [
  secrets,
  requests,
  lists,
  chunks,
  creates,
  batches,
  destruction,
  quotas,
  keys,
  outbox,
  channel,
  engine,
]
  .flatMap((module): [string, unknown][] => Object.entries(module))
  .flatMap(([name, value]) =>
    isStatement(value) && !WHOLE.includes(name) ? [[name, value.text] as const] : [],
  );

function isStatement(value: unknown): value is { readonly text: string } {
  return typeof value === 'object' && value !== null && 'text' in value;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

interface Explained {
  readonly 'QUERY PLAN': readonly { readonly Plan: Plan }[];
}

/** A node of a plan and all below it. */
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe.skipIf(withoutPostgres)(`in a large PostgreSQL database${withoutPostgres}`, () => {
  let schema: Schema;
  beforeEach(async () => {
    schema = await newSchema();
    await (await openPostgresStore(schema.store, 'salt')).close();
  });
  afterEach(async () => {
    await schema.drop();
  });

  /** Puts so many events for hosts that do not keep up into the outbox. */
  const crowd = (count: number) => schema.sql`
    INSERT INTO outbox (event, secret_id, url, host, callback_secret, occurred_at, appended_at, due_at)
    SELECT 'secret.consumed', n::text, 'https://crowd.example/', ${CROWD}, 's', n, n, n
    FROM generate_series(1, ${count}::int) AS n`;

  /** The plan for any values; with `values` also what became of it. */
  async function planOf(text: string, values?: readonly string[]): Promise<Plan[]> {
    const parameters = new Set(text.match(/\$[0-9]+/g)).size;
    const list = values ?? Array<string>(parameters).fill('NULL');
    const rows = await schema.sql.begin(async (sql) => {
      const session = { ...SESSION, plan_cache_mode: 'force_generic_plan' };
      for (const [name, value] of Object.entries(session))
        await sql`SELECT set_config(${name}, ${`${value}`}, TRUE)`;
      await sql.unsafe(`PREPARE planned AS ${text}`);
      const options = values === undefined ? '' : 'ANALYZE, ';
      const plan = await sql.unsafe<Explained[]>(
        `EXPLAIN (${options}FORMAT JSON) EXECUTE planned${list.length === 0 ? '' : `(${list.join(', ')})`}`,
      );
      await sql`DEALLOCATE planned`;
      return plan;
    });
    return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan: plan }) => nodes(plan)));
  }

  test('no statement reads a whole table', async () => {
    await schema.sql`
      INSERT INTO secrets (id, version, blob_size, split_url_mode, views, views_left, caller, idempotency_key,
        created_at, expires_at, needed_until)
      SELECT n, 1, 10, FALSE, 1, 1, n % 500, n, n, n + 1000, NULLIF(n % 2, 0) * n
      FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`INSERT INTO ciphertexts SELECT id, 'ciphertext' FROM secrets`;
    await schema.sql`
      INSERT INTO uploads (id, caller, place, idempotency_key, max_bytes, reserved, created_at, secret, due_at)
      SELECT n, n % 500, n, n, 1, FALSE, n, n, n FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`INSERT INTO chunks SELECT n % 100, n, '' FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`INSERT INTO counts SELECT n, n, 1 FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`
      INSERT INTO api_keys (id, name, tier, hash, created_at)
      SELECT n, n, 'pro', n, n FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`
      INSERT INTO requests (id, public_key, sealed_message, proof_hash, receipt_hash, secret_expiry, answers,
        answers_left, answer_views, longest_blob, caller, idempotency_key, created_at, expires_at, last_end)
      SELECT n, 'k', CASE n % 2 WHEN 0 THEN 'message'::bytea END, 'p', 'r', 60, 1, n % 2, 1, 1, n % 500, n, n, n + 1000, n + 2000
      FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`UPDATE secrets SET request_id = id WHERE id::int % 3 = 0`;
    await crowd(ROWS);
    expect(TEXTS.length).toBeGreaterThan(15);
    const scans = async () => {
      const plans = await Promise.all(
        TEXTS.map(async ([name, text]) => ({ name, plan: await planOf(text) })),
      );
      const whole = plans.filter(({ plan }) => plan.some((node) => node['Node Type'] === 'Seq Scan'));
      return whole.map(({ name }) => name);
    };
    expect(await scans()).toEqual([]);
    await schema.sql`ANALYZE secrets, requests, ciphertexts, uploads, chunks, counts, api_keys, outbox`;
    expect(await scans()).toEqual([]);
  });

  test('a lease looks at a few thousand of the events of busy hosts, and goes on from there', async () => {
    await crowd(60_000);
    const lease = ['100000', '8', '200000', `'${CROWD}'`, `''`, '0', `''`];
    for (const node of await planOf(outbox.LEASE_EVENTS.text, lease)) {
      const looked = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0);
      expect([node['Node Type'], looked <= 5_001]).toEqual([node['Node Type'], true]);
    }
    const store = await openPostgresStore(schema.store, 'salt');
    const callback = { url: 'https://quick.example/', secret: 'shh' };
    const secret = newSecret({ callback });
    await store.secrets.create(secret);
    await take(store, secret.id, null, NOW);
    const hosts: string[] = [];
    for (let look = 1; look <= 13; look += 1) {
      hosts.push(
        ...(await store.outbox.leaseEvents(NOW, 8, 10, { hosts: [CROWD], callers: [] })).map(
          ({ host }) => host,
        ),
      );
    }
    expect(hosts).toEqual(['quick.example']);
    await store.close();
  });

  test('a list and a count look at a part of what a key has made, by the index', async () => {
    await schema.sql`
      INSERT INTO secrets (id, version, blob_size, split_url_mode, views, views_left, caller, created_at, expires_at,
        needed_until)
      SELECT n, 1, 10, FALSE, 1, 1, 'key_' || n % 2, n, n + 100000, n FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`
      INSERT INTO requests (id, public_key, proof_hash, receipt_hash, secret_expiry, answers, answers_left, answer_views,
        longest_blob, caller, created_at, expires_at, last_end)
      SELECT n, 'k', 'p', 'r', 60, 1, 1, 1, 1, 'key_' || n % 2, n, n + 100000, n + 100000
      FROM generate_series(1, ${ROWS}::int) AS n`;
    await schema.sql`ANALYZE secrets, requests`;
    const from = ['15000', `'15000'`];
    // The records of one key with even times: the edge is that many of them further on.
    const part = [`'key_0'`, '0', ...from, String(15_000 - 2 * LOOKED_AT), `'${15_000 - 2 * LOOKED_AT}'`];
    const plans: [string, string, string[]][] = [
      ['SECRETS_EDGE', lists.SECRETS_EDGE.text, [`'key_0'`, ...from]],
      ['REQUESTS_EDGE', lists.REQUESTS_EDGE.text, [`'key_0'`, ...from]],
      ['LIST_SECRETS', lists.LIST_SECRETS.text, [...part, `'revoked'`, `'x'`, '20']],
      ['COUNT_SECRETS', lists.COUNT_SECRETS.text, [...part, '1', '2', '3']],
      ['COUNT_REQUESTS', lists.COUNT_REQUESTS.text, [...part, '1', '2', '3']],
    ];
    for (const [name, text, values] of plans) {
      const plan = await planOf(text, values);
      const index = plan.find((node) => node['Index Name']?.endsWith('_of_caller'));
      const looked = (index?.['Actual Rows'] ?? 0) + (index?.['Rows Removed by Filter'] ?? 0);
      expect([name, looked]).toEqual([name, LOOKED_AT]);
      expect(plan.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    }
  });
});
