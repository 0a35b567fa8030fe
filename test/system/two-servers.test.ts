/** Two servers over one PostgreSQL are one: whoever dies or restarts, each secret is read once, and none is lost. */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newSchema, type Schema, withoutPostgres } from '../support/postgres.js';
import { startCluster, withoutCluster } from '../support/postgres-cluster.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';

const SECRETS = 1_000;
const READERS = 64;
/** A reader is after every eighth secret, so each secret has eight readers after it at the same time. */
const EVERY = 8;
/** How often a request is sent again that got no answer, or none that decides; and the pause before that. */
const TRIES = 200;
const PAUSE_MS = 25;

/** Thousands of requests take their time on a busy machine. */
const LONG = { timeout: 240_000 };

const PROOF = Buffer.alloc(32, 7);
const PROOF_HASH = createHash('sha256').update(PROOF).digest('base64url');

interface Secret {
  readonly id: string;
  readonly blob: string;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Servers as one behind a load balancer, which asks the next one when one does not answer. */
class Servers {
  readonly #pools: Pool[];
  #turn = 0;
  /** Requests sent again. */
  repeated = 0;

  constructor(urls: readonly string[]) {
    this.#pools = urls.map((url) => new Pool(url, { connections: READERS }));
  }

  /** The first answer that decides. */
  async ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      const pool = this.#pools[this.#turn++ % this.#pools.length]!;
      try {
        const reply = await pool.request({ method, path, headers, ...(body !== undefined && { body }) });
        const answer = { status: reply.statusCode, body: (await reply.body.json()) as Answer['body'] };
        if (answer.status !== 503) return answer;
      } catch (error) {
        if (tries === TRIES) throw error;
      }
      if (tries === TRIES) throw new Error('the servers never recovered');
      this.repeated += 1;
      await sleep(PAUSE_MS);
    }
  }

  async create(): Promise<Secret> {
    const blob = randomBytes(300).toString('base64url');
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const fields = { encrypted_blob: blob, expiry: 60, split_url_mode: false };
    const body = JSON.stringify({ ...fields, version: 2, proof_hash: PROOF_HASH });
    const { status, body: reply } = await this.ask('POST', '/api/secrets', headers, body);
    if (status !== 201) throw new Error(`a create was answered with ${status}`);
    return { id: String(reply.id), blob };
  }

  /** Whether a reader with a claim of its own got the secret. */
  async read({ id, blob }: Secret): Promise<boolean> {
    const headers = {
      'zephr-proof': PROOF.toString('base64url'),
      'zephr-claim': randomBytes(16).toString('base64url'),
    };
    const { status, body } = await this.ask('GET', `/api/secrets/${id}`, headers);
    if (status === 200 && body.encrypted_blob !== blob) throw new Error("another secret's bytes");
    if (status !== 200 && status !== 410) throw new Error(`a read was answered with ${status}`);
    return status === 200;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

/** Two servers over one store, until the test ends. */
async function startServersOn(store: string): Promise<{ processes: ServerProcess[]; servers: Servers }> {
  const processes = await Promise.all([1, 2].map(() => startServerProcess({ store })));
  const servers = new Servers(processes.map(({ url }) => url));
  onTestFinished(async () => {
    await servers.close();
    await Promise.all(processes.map((process) => process.stop('SIGKILL')));
  });
  return { processes, servers };
}

describe.skipIf(withoutPostgres)(`two servers over one PostgreSQL${withoutPostgres}`, LONG, () => {
  let schema: Schema;
  beforeEach(async () => {
    schema = await newSchema();
  });
  afterEach(async () => {
    await schema.drop();
  });

  const startServers = () => startServersOn(`${schema.store}&application_name=${schema.name}`);

  it('give each secret to one of the readers that want it', async () => {
    const { servers } = await startServers();
    const secrets = await abreast(32, SECRETS, () => servers.create());
    expect(await readAll(servers, secrets)).toEqual(secrets.map(() => 1));
    expect(servers.repeated).toBe(0);
  });

  it('still do when one of them is killed', async () => {
    const { servers, processes } = await startServers();
    const secrets = await abreast(32, SECRETS, () => servers.create());
    const kill = every(400, () => processes[0]?.process.kill('SIGKILL'));
    expect(await readAll(servers, secrets, kill)).toEqual(secrets.map(() => 1));
    expect(processes[0]?.process.signalCode).toBe('SIGKILL');
    expect(servers.repeated).toBeGreaterThan(0);
  });

  it('still do when PostgreSQL ends all their sessions again and again', async () => {
    const { servers } = await startServers();
    const terminate = every(SECRETS / 10, async () => {
      await schema.sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${schema.name}`;
    });
    const secrets = await abreast(32, SECRETS, async () => {
      const secret = await servers.create();
      await terminate();
      return secret;
    });
    expect(new Set(secrets.map(({ id }) => id)).size).toBe(SECRETS);
    expect(await readAll(servers, secrets, terminate)).toEqual(secrets.map(() => 1));
    expect(servers.repeated).toBeGreaterThan(0);
  });
});

describe.skipIf(withoutCluster)(`two servers over a PostgreSQL that restarts${withoutCluster}`, LONG, () => {
  it.each(['fast', 'immediate'] as const)('lose nothing and give nothing twice (%s)', async (mode) => {
    const cluster = await startCluster();
    const { servers, processes } = await startServersOn(cluster.address);
    const restartMidway = () => every(SECRETS / 2 + 1, () => cluster.restart(mode));
    const whileCreating = restartMidway();
    const secrets = await abreast(32, SECRETS, async () => {
      const secret = await servers.create();
      await whileCreating();
      return secret;
    });
    expect(new Set(secrets.map(({ id }) => id)).size).toBe(SECRETS);
    const repeated = servers.repeated;
    expect(repeated).toBeGreaterThan(0);
    expect(await readAll(servers, secrets, restartMidway())).toEqual(secrets.map(() => 1));
    expect(servers.repeated).toBeGreaterThan(repeated);
    expect(processes.map(({ process }) => process.exitCode)).toEqual([null, null]);
  });
});

/**
 * Has 64 readers go through the secrets side by side, some of them after each secret, and gives how many had each.
 * @param happened called after each success.
 */
async function readAll(
  servers: Servers,
  secrets: readonly Secret[],
  happened: () => unknown = () => undefined,
): Promise<number[]> {
  const successes = secrets.map(() => 0);
  const reader = async (number: number) => {
    for (const [index, secret] of secrets.entries()) {
      if (index % EVERY !== number % EVERY || !(await servers.read(secret))) continue;
      successes[index] = (successes[index] ?? 0) + 1;
      await happened();
    }
  };
  await Promise.all(Array.from({ length: READERS }, (_, number) => reader(number)));
  return successes;
}

/** Runs `work` at each call number `count`, 2 `count`, and so on. */
function every(count: number, work: () => unknown): () => Promise<void> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls % count === 0) await work();
  };
}

/** Does `work` so many times, `width` at a time. */
async function abreast<T>(width: number, count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) results.push(await work());
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
