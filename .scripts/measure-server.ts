/**
 * What the server costs: creates a second over 64 connections with their latency, for each store and for a bare
 * node:http server that only parses JSON, and the server's memory once the SQLite store is full.
 *
 * Usage: tsx .scripts/measure-server.ts [secrets=100000]
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { startServer } from '../src/server/serve.js';

const CONNECTIONS = 64;
const BLOB = 'A'.repeat(400);

const [role, argument] = process.argv.slice(2);
if (role === 'zephr') await serveZephr(argument ?? 'memory:');
else if (role === 'bare') await serveBare();
else await measure(Number(role ?? 100_000));

async function measure(secrets: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'zephr-measure-'));
  try {
    await measureOne('bare node:http', ['bare'], secrets / 5);
    await measureOne('zephr, memory', ['zephr', 'memory:'], secrets / 5);
    await measureOne('zephr, SQLite', ['zephr', join(directory, 'zephr.db')], secrets);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function measureOne(name: string, args: string[], secrets: number): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), args);
  const url = await answer<string>(child);
  const pool = new Pool(url, { connections: CONNECTIONS });
  const before = await memoryOf(child);
  await fill(pool, Math.ceil(secrets / 20));
  const start = performance.now();
  const latencies = await fill(pool, secrets);
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => `${(latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1)} ms`;
  console.log(
    `${name}: ${Math.round(secrets / seconds)} creates/s, p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(0.99999)};`,
    `memory ${before} MB at start, ${await memoryOf(child)} MB with ${secrets} secrets`,
  );
  await pool.close();
  child.disconnect();
  await once(child, 'exit');
}

/** Creates `count` secrets and gives each one's time in milliseconds. */
async function fill(pool: Pool, count: number): Promise<number[]> {
  const latencies: number[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const start = performance.now();
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/api/secrets',
        headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify({
          encrypted_blob: BLOB,
          expiry: 60,
          split_url_mode: false,
          version: 2,
          proof_hash: 'A'.repeat(43),
        }),
      });
      await body.dump();
      if (statusCode !== 201) throw new Error(`the server answered ${statusCode}`);
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return latencies;
}

async function memoryOf(child: ChildProcess): Promise<number> {
  child.send('memory');
  return Math.round((await answer<number>(child)) / 2 ** 20);
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}

/** Tells the parent where it listens, and its memory when asked; ends with the parent's interest. */
function report(url: string, close: () => void): void {
  process.send?.(url);
  process.on('message', () => process.send?.(process.memoryUsage.rss()));
  process.on('disconnect', close);
}

async function serveZephr(store: string): Promise<void> {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    store,
    access: 'open',
    version: 'measured',
    log: () => undefined,
  });
  report(server.url, () => void server.close());
}

async function serveBare(): Promise<void> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { expiry } = JSON.parse(Buffer.concat(chunks).toString()) as { expiry: number };
    const reply = JSON.stringify({ id: crypto.randomUUID(), expires_at: new Date(expiry).toISOString() });
    response.writeHead(201, { 'content-type': 'application/json' }).end(reply);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  report(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => server.close());
}
