/** A proxy that has passed on thousands of requests takes no more memory than one that has passed on some. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inBackground } from '../support/background.js';
import { askOver, host, rawConnection, secret, testProxy } from '../support/proxy.js';
import { vaultSession } from '../support/vault.js';

/** Requests of a round, over as many connections. */
const REQUESTS = 4_000;
const CONNECTIONS = 8;

it.skipIf(process.platform !== 'linux')('memory stays flat', async () => {
  const upstream = await host((_, response) => response.end(Buffer.alloc(2_048, 'x')));
  const session = await vaultSession();
  const set = `printf %s correct-horse | zephr vault set API_KEY --host ${upstream.host} --as bearer`;
  expect((await session.sh(set)).code).toBe(0);
  const proxy = inBackground(session, 'zephr', ['proxy', 'start', '--port', '0', '--json']);
  await expect.poll(() => proxy.stdout()).toMatch(/\n/);
  const { url, tokenFile } = JSON.parse(proxy.stdout());
  const headers = { 'X-Zephr-Token': readFileSync(tokenFile, 'utf8').trim(), Connection: 'keep-alive' };
  const { host: own, port } = new URL(url);

  const round = async () => {
    const each = async () => {
      const socket = rawConnection(Number(port));
      for (let count = 0; count < REQUESTS / CONNECTIONS; count++) {
        const { status } = await askOver(socket, own, `/to/${upstream.host}/`, headers);
        if (status !== 200) throw new Error(`status ${status}`);
      }
      socket.destroy();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, each));
    upstream.asked.length = 0;
    return residentMb(proxy.child.pid ?? 0);
  };
  const sizes = [await round(), await round(), await round(), await round()];
  console.log(`MB after ${REQUESTS} requests each: ${sizes.map(Math.round).join(', ')}`);
  expect(Math.max(...sizes.slice(2))).toBeLessThan((sizes[1] ?? 0) + 24);
});

/** What a process holds of memory, by proc(5). */
function residentMb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1_024;
}

describe('a response', () => {
  it('that is 200 MB once it is decoded passes through without being held', async () => {
    const bomb = gzipSync(Buffer.alloc(200 << 20));
    const upstream = await host((_, response) => response.setHeader('Content-Encoding', 'gzip').end(bomb));
    const proxy = await testProxy([
      secret('API_KEY', 'correct-horse-battery', { hosts: [upstream.host], as: 'bearer' }),
    ]);
    const answer = await fetch(`${proxy.url}/to/${upstream.host}/`, {
      headers: { 'X-Zephr-Token': proxy.token },
    });
    const before = process.memoryUsage().rss;
    let [most, length] = [0, 0];
    for await (const chunk of answer.body ?? []) {
      length += chunk.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    expect(length).toBe(200 << 20);
    expect((most - before) / (1 << 20)).toBeLessThan(120);
  });

  it('whose reader takes nothing is read no further', async () => {
    let sent = 0;
    const upstream = await host((_, response) => {
      const piece = Buffer.alloc(65_536, 'x');
      const more = () => {
        while (sent < 64 << 20 && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const proxy = await testProxy([
      secret('API_KEY', 'correct-horse-battery', { hosts: [upstream.host], as: 'bearer' }),
    ]);
    const answer = await fetch(`${proxy.url}/to/${upstream.host}/`, {
      headers: { 'X-Zephr-Token': proxy.token },
    });
    // It stands still: what the system holds for both sides is some megabytes.
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = before === sent;
          before = sent;
          return isStill;
        },
        { interval: 300, timeout: 20_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(48 << 20);
    await answer.body?.cancel();
    await expect
      .poll(async () => (await proxy.entries()).map(({ decision }) => decision))
      .toEqual(['allowed', 'failed']);
  });
});
