/** A proxy that has passed on thousands of requests takes no more memory than one that has passed on some. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inBackground } from '../support/background.js';
import { askOver, host, rawConnection } from '../support/proxy.js';
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
