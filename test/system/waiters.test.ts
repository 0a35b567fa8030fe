/** Requests that wait for news of a secret, by the thousand: when they are told, what they cost, and how they end. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BLOB, PROOF, VERSION_2 } from '../server/harness.js';
import { openSession } from '../support/postgres.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

/** Who waits shows the receipt, as a sender does. */
const RECEIPT = Buffer.alloc(32, 5).toString('base64url');
const RECEIPT_HASH = createHash('sha256').update(Buffer.alloc(32, 5)).digest('base64url');

/** Where all connections come from one address. */
const MANY = ['--max-connections', '8000', '--max-connections-per-address', '8000'];

const JSON_TYPE = { 'content-type': 'application/json' };

async function start(store: string, args: readonly string[] = []): Promise<ServerProcess> {
  const server = await startServerProcess({ store, args: [...MANY, ...args] });
  onTestFinished(() => server.stop().then(() => undefined));
  return server;
}

/** Makes a secret of two views and gives its id. */
async function made({ url }: ServerProcess): Promise<string> {
  const fields = {
    encrypted_blob: BLOB,
    expiry: 60,
    split_url_mode: false,
    views: 2,
    receipt_hash: RECEIPT_HASH,
  };
  const body = JSON.stringify({ ...VERSION_2, ...fields });
  const created = await fetch(`${url}/api/secrets`, { method: 'POST', headers: JSON_TYPE, body });
  expect(created.status).toBe(201);
  return ((await created.json()) as { id: string }).id;
}

/** A request that waits, on a connection of its own. */
class Waiter {
  readonly #socket: Socket;
  #text = '';
  /** Resolves with the answer's body, and when its last byte came; `body` is null for a connection that was closed first. */
  readonly told: Promise<{ readonly body: Record<string, unknown> | null; readonly at: number }>;

  constructor({ url }: ServerProcess, id: string) {
    const { port, host } = new URL(url);
    this.#socket = connect(Number(port), '127.0.0.1');
    this.#socket.write(
      `GET /api/secrets/${id}/status?wait=25&seen=waiting.2 HTTP/1.1\r\nHost: ${host}\r\nZephr-Receipt: ${RECEIPT}\r\n\r\n`,
    );
    this.told = new Promise((resolve) => {
      this.#socket.on('data', (chunk) => {
        this.#text += chunk.toString('latin1');
        const [head = '', body = ''] = this.#text.split('\r\n\r\n');
        const [, length] = /^content-length: ([0-9]+)/im.exec(head) ?? [];
        if (length === undefined || body.length < Number(length)) return;
        resolve({ body: JSON.parse(body) as Record<string, unknown>, at: performance.now() });
      });
      this.#socket.on('error', () => undefined);
      this.#socket.on('close', () => resolve({ body: null, at: performance.now() }));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** So many requests that wait; it resolves when the server has them. */
async function waiting(server: ServerProcess, id: string, count: number): Promise<Waiter[]> {
  const before = openFiles(server);
  const waiters: Waiter[] = [];
  onTestFinished(() => {
    for (const waiter of waiters) waiter.close();
  });
  // A listening socket holds a few hundred connections that the server has not taken yet.
  for (let from = 0; from < count; from += 250) {
    for (let one = from; one < Math.min(count, from + 250); one += 1) waiters.push(new Waiter(server, id));
    const there = before + waiters.length;
    await expect.poll(() => openFiles(server), { timeout: 60_000 }).toBeGreaterThanOrEqual(there);
  }
  // Requests that came before these have been looked at by then; and who is late finds the news there and is told it.
  for (let asked = 0; asked < 3; asked += 1) {
    const path = `/api/secrets/${id}/status`;
    const { status } = await fetch(server.url + path, { headers: { 'zephr-receipt': RECEIPT } });
    expect(status).toBe(200);
  }
  return waiters;
}

/** proc(5): how many files and sockets the server has open. */
function openFiles({ process: { pid } }: ServerProcess): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Asks the server often: one that has been in use has taken memory for that once and for all. */
async function use({ url }: ServerProcess, id: string): Promise<void> {
  const headers = { 'zephr-receipt': RECEIPT };
  for (let round = 0; round < 60; round += 1) {
    const asked = Array.from({ length: 50 }, () => fetch(`${url}/api/secrets/${id}/status`, { headers }));
    for (const response of await Promise.all(asked)) await response.arrayBuffer();
  }
}

async function read({ url }: ServerProcess, id: string): Promise<void> {
  const { status } = await fetch(`${url}/api/secrets/${id}`, { headers: { 'zephr-proof': PROOF } });
  expect(status).toBe(200);
}

/** proc(5): what is resident, in MB. */
function resident({ process: { pid } }: ServerProcess): number {
  const [, kib] = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

const ms = (value: number) => `${Math.round(value)} ms`;

/** proc(5): the processor time that the server has taken, in milliseconds, to 10 ms. */
function processorTime({ process: { pid } }: ServerProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const HAS_PROC = existsSync('/proc/self/fd');

describe.runIf(HAS_PROC).each(ENGINES)('over %s (needs the proc of Linux)', (engine: Engine) => {
  it.skipIf(withoutEngine(engine))(
    `two thousand who wait are all told of a read, at the other server where there is one${withoutEngine(engine)}`,
    async () => {
      const store = await newStore(engine);
      const server = await start(store);
      // A change in one process reaches those that wait in another over PostgreSQL; an SQLite file has one server.
      const reader = engine === 'PostgreSQL' ? await start(store) : server;
      const id = await made(server);
      const waiters = await waiting(server, id, 2_000);
      const [begun, before] = [performance.now(), processorTime(server)];
      const answers = Promise.all(waiters.map(({ told }) => told));
      await read(reader, id);
      const readAt = performance.now();
      const told = await answers;
      expect(told).toHaveLength(2_000);
      for (const { body } of told) expect(body).toMatchObject({ state: 'waiting', views_left: 1 });
      // Nobody is told of it before it is so.
      expect(Math.min(...told.map(({ at }) => at))).toBeGreaterThan(begun);
      const times = told.map(({ at }) => at - readAt).sort((one, other) => one - other);
      console.log(
        `2000 who wait, ${engine}: told ${ms(times[1_000] ?? 0)} (half of them) and ${ms(times.at(-1) ?? 0)} (the last) after the reader had its answer, in ${processorTime(server) - before} ms of processor time`,
      );
    },
  );

  it.skipIf(withoutEngine(engine))(
    `5,000 who wait cost under 100 MB and keep the store free, and end with the server${withoutEngine(engine)}`,
    async () => {
      const store = await newStore(engine);
      const name = `zephr_waiters_${process.pid}`;
      const server = await start(engine === 'PostgreSQL' ? `${store}&application_name=${name}` : store);
      const id = await made(server);
      await use(server, id);
      const before = resident(server);
      const waiters = await waiting(server, id, 5_000);
      const cost = resident(server) - before;
      console.log(`5000 who wait, ${engine}: ${Math.round(cost)} MB more than before`);
      expect(cost).toBeLessThan(100);
      if (engine === 'PostgreSQL') await expectIdle(name);
      const other = await made(server);
      await read(server, other);

      const stopped = performance.now();
      const code = server.stop();
      const told = await Promise.all(waiters.map((waiter) => waiter.told));
      const answered = performance.now() - stopped;
      expect(told).toHaveLength(5_000);
      for (const { body } of told) expect(body).toMatchObject({ state: 'waiting', views_left: 2 });
      expect(await code).toBe(0);
      console.log(
        `5000 who wait, ${engine}: all answered ${ms(answered)} after SIGTERM, ended after ${ms(performance.now() - stopped)}`,
      );
    },
  );
});

/** Sees that no session of the store does anything, and that there are no more of them than its pool has. */
async function expectIdle(application: string): Promise<void> {
  const sql = openSession();
  onTestFinished(() => sql.end({ timeout: 5 }));
  const sessions = await sql<{ state: string }[]>`
    SELECT state FROM pg_stat_activity WHERE application_name = ${application}`;
  expect(sessions.length).toBeGreaterThan(0);
  // The pool's eight, and the one that listens.
  expect(sessions.length).toBeLessThanOrEqual(9);
  expect(sessions.filter(({ state }) => state !== 'idle')).toEqual([]);
}
