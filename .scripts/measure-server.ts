/**
 * What the server costs: creates a second over 64 connections with their latency, for each store and for a bare
 * node:http server that only parses JSON; and the server's memory and file once the SQLite store is full.
 *
 * Usage: npm run build && tsx .scripts/measure-server.ts [secrets=100000]
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

const CONNECTIONS = 64;
const BLOB = 'A'.repeat(400);
const ZEPHR = fileURLToPath(new URL('../bin/zephr.js', import.meta.url));

const [argument = '100000'] = process.argv.slice(2);
if (argument === 'bare') await serveBare();
else await measureAll(Number(argument));

async function measureAll(secrets: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'zephr-measure-'));
  const file = join(directory, 'zephr.db');
  const zephr = (store: string) => [ZEPHR, 'serve', '--port', '0', '--store', store, '--rate-limit', '0'];
  try {
    await measure('bare node:http', ['--import', 'tsx', fileURLToPath(import.meta.url), 'bare'], secrets / 5);
    await measure('zephr, memory', zephr('memory:'), secrets / 5);
    await measure('zephr, SQLite', zephr(file), secrets);
    console.log(`file: ${megabytes((await stat(file)).size)} MB`);
    const again = await start(zephr(file));
    console.log(`memory when started on that file: ${memoryOf(again.child)} MB`);
    await stop(again.child);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function measure(name: string, args: string[], secrets: number): Promise<void> {
  const { child, url } = await start(args);
  const pool = new Pool(url, { connections: CONNECTIONS });
  const before = memoryOf(child);
  await fill(pool, Math.ceil(secrets / 20));
  const began = performance.now();
  const latencies = (await fill(pool, secrets)).sort((a, b) => a - b);
  const seconds = (performance.now() - began) / 1000;
  const at = (share: number) => `${(latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1)} ms`;
  console.log(
    `${name}: ${Math.round(secrets / seconds)} creates/s, p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(0.99999)};`,
    `memory ${before} MB at start, ${memoryOf(child)} MB after ${secrets} creates`,
  );
  await pool.close();
  await stop(child);
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

/** Starts a server that prints its URL. */
async function start(args: string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, url };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Resident memory in MB, as ps tells it in KiB. */
function memoryOf({ pid }: ChildProcess): number {
  return megabytes(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) * 1024);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
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
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
}
