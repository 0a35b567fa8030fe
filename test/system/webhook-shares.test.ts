/**
 * An attack on the webhooks of a real server: one caller names many hosts, none of which ever answers. The others' must
 * not wait for them. Linux has all of 127.0.0.0/8 on loopback, so each address is another host.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const ATTACKS = 300;
const OTHERS = 10;

/** Everything that a receiver on every loopback address learns. Requests for `/slow` are left without an answer. */
async function receiver() {
  const open = { now: 0, most: 0 };
  const quick = new Set<string>();
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/quick') === true) {
      quick.add(request.url);
      response.writeHead(204).end();
      return;
    }
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    response.on('close', () => {
      open.now -= 1;
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return { open, quick, port: (server.address() as AddressInfo).port };
}

/** Resolves when a condition holds. A test that waits in vain fails by its timeout. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(process.platform !== 'linux')('receivers that hang', () => {
  it(`delay nobody else: ${ATTACKS} webhooks of one caller to as many hosts`, async () => {
    const session = openSession();
    const store = join(session.folder, 'zephr.db');
    const server = await startServerProcess({ store, args: ['--allow-private-callbacks'] });
    onTestFinished(() => void server.stop());
    const { open, quick, port } = await receiver();
    const { stdout: key } = await session.sh(`zephr keys new -q --store ${store} --tier pro --name slow`);

    /** Creates a secret of version 1 and reads it, which its callback is told of. */
    const announce = async (callback: string, headers: Record<string, string> = {}) => {
      const created = await fetch(`${server.url}/api/secrets`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify({
          encrypted_blob: 'AAAA',
          expiry: 60,
          split_url_mode: false,
          callback_url: callback,
          callback_secret: 'signs',
        }),
      });
      expect(created.status).toBe(201);
      const { id } = (await created.json()) as { id: string };
      expect((await fetch(`${server.url}/api/secrets/${id}`)).status).toBe(200);
    };

    const attacker = { Authorization: `Bearer ${key.trim()}` };
    for (let host = 1; host <= ATTACKS; host += 1) {
      await announce(`http://127.1.${host >> 8}.${host & 255}:${port}/slow`, attacker);
    }
    await until(() => open.now > 8);
    for (let other = 1; other <= OTHERS; other += 1) {
      await announce(`http://127.0.0.1:${port}/quick/${other}`);
    }
    await until(() => quick.size === OTHERS);
    // A quarter of all places, which are 64.
    expect(open.most).toBeLessThanOrEqual(16);
  });
});
