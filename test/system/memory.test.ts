/** Clients that ask much and take nothing, and clients that send their bodies in crumbs: what they cost the server. */

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROOF, VERSION_2 } from '../server/harness.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';

/** What the server may take for bodies and replies, and what it takes besides. In MB. */
const BUDGET = 128;
const BESIDES = 150;

/** proc(5): the most that was ever resident, in MB. */
function peak({ process: { pid } }: ServerProcess): number {
  const [, kib] = /^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

async function start(): Promise<ServerProcess> {
  const server = await startServerProcess({ env: { ZEPHR_SERVE_MAX_MEMORY: String(BUDGET) } });
  onTestFinished(() => void server.stop());
  return server;
}

async function dial({ url }: ServerProcess): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const CLAIM = 'claim-of-22-characters';
const LARGE = JSON.stringify({
  encrypted_blob: 'A'.repeat(1_048_576),
  expiry: 60,
  split_url_mode: false,
  ...VERSION_2,
});

async function createLarge({ url }: ServerProcess): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const created = await fetch(`${url}/api/secrets`, { method: 'POST', headers, body: LARGE });
  expect(created.status).toBe(201);
  return ((await created.json()) as { id: string }).id;
}

/** Sees that the server still serves, and what it took at most. */
async function expectSound(server: ServerProcess, tries: string): Promise<void> {
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
  console.log(`${tries}: at most ${peak(server)} MB resident`);
  expect(peak(server)).toBeLessThan(BUDGET + BESIDES);
}

describe.runIf(process.platform === 'linux')('the memory of the server (told by /proc)', () => {
  it.each([
    [1, 4_000],
    [10, 390],
  ])('holds while %i connections read 1 MB %i times each and take nothing', async (connections, times) => {
    const server = await start();
    const id = await createLarge(server);
    const read =
      `GET /api/secrets/${id} HTTP/1.1\r\nHost: zephr\r\n` +
      `Zephr-Proof: ${PROOF}\r\nZephr-Claim: ${CLAIM}\r\n\r\n`;
    for (let index = 0; index < connections; index += 1) {
      const socket = await dial(server);
      socket.pause();
      socket.write(read.repeat(times));
    }
    await pause(3_000);
    await expectSound(server, `${connections * times} reads on ${connections} connections`);
  });

  it('holds while short requests come by the thousand on each of 100 connections', async () => {
    const server = await start();
    for (let index = 0; index < 100; index += 1) {
      const socket = await dial(server);
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: z\r\n\r\n'.repeat(20_000));
    }
    await pause(3_000);
    await expectSound(server, `${100 * 20_000} requests on 100 connections`);
  });

  it('holds while 16 bodies of 1 MB come in chunks of one byte', async () => {
    const server = await start();
    const head = [
      'POST /api/secrets HTTP/1.1',
      'Host: zephr',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ].join('\r\n');
    const crumbs = '1\r\nA\r\n'.repeat(1_048_576);
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        const socket = await dial(server);
        socket.write(`${head}\r\n\r\n`);
        await new Promise<void>((resolve) => {
          socket.on('close', () => resolve());
          socket.write(crumbs, () => resolve());
        });
      }),
    );
    await pause(500);
    await expectSound(server, `${16 * 1_048_576} chunks on 16 connections`);
  });

  it('is not exceeded by the bodies of 256 clients that never end them', async () => {
    const server = await start();
    const head = `POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nContent-Type: application/json\r\nContent-Length: ${LARGE.length}\r\n\r\n`;
    const answers: Promise<string>[] = [];
    for (let index = 0; index < 256; index += 1) {
      const socket = await dial(server);
      answers.push(new Promise((resolve) => socket.once('data', (chunk) => resolve(chunk.toString()))));
      socket.write(head + LARGE.slice(0, -1));
    }
    expect(await Promise.any(answers)).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n[\s\S]*SERVER_BUSY/i,
    );
    await pause(1_000);
    await expectSound(server, '256 bodies of 1 MB that do not end');
  });
});
