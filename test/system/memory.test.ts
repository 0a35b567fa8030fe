/** Clients that ask much and take nothing, and clients that send their bodies in crumbs: what they cost the server. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as secure } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROOF, VERSION_2 } from '../server/harness.js';
import { makeCertificate } from '../support/self-signed.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { HAS_OPENSSL } from '../support/tls.js';

/** What the server may take for bodies and replies, and what it takes besides. In MB. */
const BUDGET = 128;
const BESIDES = 150;

/** proc(5): the most that was ever resident, in MB. */
function peak({ process: { pid } }: ServerProcess): number {
  const [, kib] = /^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

async function start(
  { budget, args }: { budget: number; args: readonly string[] } = { budget: BUDGET, args: [] },
): Promise<ServerProcess> {
  const server = await startServerProcess({ args, env: { ZEPHR_SERVE_MAX_MEMORY: String(budget) } });
  onTestFinished(() => void server.stop());
  return server;
}

/** A connection to the server from `localAddress`; it may be closed already, where there are too many. */
async function dial({ url }: ServerProcess, localAddress = '127.0.0.1'): Promise<Socket> {
  const { port, protocol } = new URL(url);
  const tcp = connect({ port: Number(port), host: '127.0.0.1', localAddress });
  const socket = protocol === 'https:' ? secure({ socket: tcp, rejectUnauthorized: false }) : tcp;
  for (const each of [tcp, socket]) each.on('error', () => undefined);
  onTestFinished(() => void tcp.destroy());
  await new Promise<void>((resolve) => {
    socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => resolve());
    socket.once('close', () => resolve());
  });
  return socket;
}

/** The answer to one request, or what came of it, and how long it took in milliseconds. */
async function ask(server: ServerProcess, request: string, localAddress?: string): Promise<[string, number]> {
  const start = performance.now();
  const socket = await dial(server, localAddress);
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (chunk) => resolve(chunk.toString()));
    socket.once('close', () => resolve('closed'));
  });
  socket.write(request);
  const text = await answer;
  socket.destroy();
  return [text, performance.now() - start];
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

const LITTLE = 32;
const READ = (id: string) =>
  `GET /api/secrets/${id} HTTP/1.1\r\nHost: zephr\r\nZephr-Proof: ${PROOF}\r\nZephr-Claim: ${CLAIM}\r\n\r\n`;
const CREATE =
  'POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${LARGE.length}\r\n\r\n`;
const HEALTH = 'GET /api/health HTTP/1.1\r\nHost: zephr\r\n\r\n';

/** A server with little memory, over TLS or not, and the id of a secret of 1 MB in it. */
async function startLittle(tls: boolean): Promise<[server: ServerProcess, id: string]> {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pair = tls ? makeCertificate(folder, 'memory') : null;
  const args = pair === null ? [] : ['--tls-cert', pair.cert, '--tls-key', pair.key];
  const server = await start({ budget: LITTLE, args: [...args, '--max-connections-per-address', '1000'] });
  const [created] = await ask(server, CREATE + LARGE);
  const [, id = ''] = /"id":"([^"]+)"/.exec(created) ?? [];
  expect(id).not.toBe('');
  return [server, id];
}

const withoutOpenssl = HAS_OPENSSL ? '' : ' (skipped: no openssl)';

describe.runIf(process.platform === 'linux')('the memory of a server with 32 MB for requests', () => {
  describe.each([
    ['over TLS', true],
    ['without TLS', false],
  ])('%s', (_, tls) => {
    const skipped = tls ? withoutOpenssl : '';
    it.skipIf(skipped)(
      `holds while 400 readers of 1 MB take nothing, and others are served${skipped}`,
      async () => {
        const [server, id] = await startLittle(tls);
        for (let index = 0; index < 400; index += 1) {
          const socket = await dial(server, '127.0.0.2');
          socket.pause();
          socket.write(READ(id));
        }
        const slowest = await expectService(server);
        console.log(
          `400 stalled readers: at most ${peak(server)} MB resident, others waited ${slowest} ms at most`,
        );
        expect(peak(server)).toBeLessThan(LITTLE + BESIDES);
      },
    );

    it.skipIf(skipped)(
      `holds while 900 bodies of 1 MB are half sent, and others are served${skipped}`,
      async () => {
        const [server] = await startLittle(tls);
        for (let index = 0; index < 900; index += 1) {
          const socket = await dial(server, '127.0.0.2');
          socket.resume();
          socket.write(CREATE + LARGE.slice(0, LARGE.length / 2));
        }
        const slowest = await expectService(server);
        console.log(
          `900 half-sent bodies: at most ${peak(server)} MB resident, others waited ${slowest} ms at most`,
        );
        expect(peak(server)).toBeLessThan(LITTLE + BESIDES);
      },
    );
  });

  /** Sees that another address is answered, whatever it asks. @returns how long it waited at most, in milliseconds. */
  async function expectService(server: ServerProcess): Promise<number> {
    const waits: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const [health, first] = await ask(server, HEALTH);
      expect(health).toMatch(/^HTTP\/1\.1 200 /);
      const [created, second] = await ask(server, CREATE + LARGE);
      expect(created).toMatch(/^HTTP\/1\.1 201 /);
      waits.push(first, second);
      await pause(200);
    }
    return Math.round(Math.max(...waits));
  }
});
