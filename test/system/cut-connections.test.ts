/** A reply lost on the network is not a secret lost: the connection is cut after every possible byte. */

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { createSecret } from '../../src/client/create/create.js';
import { secretStatus } from '../../src/client/status.js';
import { parseLink } from '../../src/core/links/reader.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { cuttingProxy } from '../support/hosts.js';
import { openSession } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

/** Runs at a time: most of each is waiting for the pause before the next try. */
const ABREAST = 24;

const server = sharedServer();

/** Creates a secret at the server and gives its link by way of `proxy`. */
async function createBehind(proxy: string, secret: Uint8Array, link: 'v1' | 'v2'): Promise<string> {
  const created = await createSecret(secret, { server: server.url, link });
  if (created.mode !== 'standard') throw new Error('a standard link was asked for');
  return created.fullLink.replace(server.url, proxy);
}

/** Bytes of a whole reply, headers included, to a read of a secret of this length. */
async function replyLength(secretLength: number, link: 'v1' | 'v2'): Promise<number> {
  let length = 0;
  const proxy = await cuttingProxy(server.url, (n) => (n === 0 ? Number.MAX_SAFE_INTEGER : null));
  const text = await createBehind(proxy.url, randomBytes(secretLength), link);
  const { id } = parseLink(text);
  const { connect } = await import('node:net');
  const { hostname, port } = new URL(server.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.end(
        `GET /api/secrets/${id} HTTP/1.1\r\nHost: x\r\nZephr-Claim: ${'c'.repeat(32)}\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    socket.on('end', resolve);
  });
  return length;
}

async function forEachAbreast(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
}

describe('zephr get over a connection that is cut', () => {
  it.each(['v1', 'v2'] as const)(
    'after every byte count of the reply has the exact %s secret',
    async (link) => {
      // A version 2 secret is not read without its proof, so its reply is measured from the other end: long enough.
      const upTo = link === 'v1' ? await replyLength(9, 'v1') : 1300;
      const failures: string[] = [];
      await forEachAbreast(upTo + 1, async (bytes) => {
        const secret = randomBytes(9);
        const proxy = await cuttingProxy(server.url, (n) => (n === 0 ? bytes : null));
        const text = await createBehind(proxy.url, secret, link);
        const terminal = fakeTerminal();
        const code = await main(['get', text], terminal);
        if (code !== 0 || !terminal.written('stdout').equals(secret)) {
          failures.push(`cut after ${bytes}: exit ${code}, ${terminal.written('stderr')}`);
        }
        if (link === 'v2') {
          const status = await secretStatus(parseLink(text.replace(proxy.url, server.url)));
          if (status.state !== 'read' || status.viewsLeft !== 0)
            failures.push(`cut after ${bytes}: ${status.state}`);
        }
      });
      expect(failures).toEqual([]);
    },
  );

  it('has it as a real process too', async () => {
    const { sh } = openSession();
    for (const bytes of [0, 1, 17, 150, 400, 600, 700]) {
      const secret = randomBytes(12).toString('hex');
      const proxy = await cuttingProxy(server.url, (n) => (n === 0 ? bytes : null));
      const text = await createBehind(proxy.url, Buffer.from(secret), 'v2');
      expect(await sh(`zephr get '${text}'`)).toMatchObject({ code: 0, stdout: secret });
      expect(proxy.connections()).toBeGreaterThan(1);
    }
  });

  it('has it when the first two tries are cut', async () => {
    const proxy = await cuttingProxy(server.url, (n) => (n < 2 ? 300 : null));
    const text = await createBehind(proxy.url, Buffer.from('hunter2'), 'v2');
    const terminal = fakeTerminal();
    expect(await main(['get', text], terminal)).toBe(0);
    expect(terminal.written('stdout').toString()).toBe('hunter2');
  });

  it('is exit 8 when no request arrives, and the secret still waits', async () => {
    const proxy = await cuttingProxy(server.url, () => -1);
    const text = await createBehind(proxy.url, Buffer.from('hunter2'), 'v2');
    expect(await main(['get', text], fakeTerminal())).toBe(8);
    const direct = text.replace(proxy.url, server.url);
    expect((await secretStatus(parseLink(direct))).state).toBe('waiting');
    const terminal = fakeTerminal();
    expect(await main(['get', direct], terminal)).toBe(0);
    expect(terminal.written('stdout').toString()).toBe('hunter2');
  });
});

describe('zephr over a connection that is cut', () => {
  it('creates once, however often it asks', async () => {
    for (const bytes of [0, 1, 40, 200, 400]) {
      const proxy = await cuttingProxy(server.url, (n) => (n < 2 ? bytes : null));
      const terminal = fakeTerminal({ stdin: 'hunter2', env: { ZEPHR_SERVER: proxy.url } });
      expect(await main(['--json'], terminal)).toBe(0);
      const { fullLink } = JSON.parse(terminal.written('stdout').toString());
      const reader = fakeTerminal();
      expect(await main(['get', fullLink.replace(proxy.url, server.url)], reader)).toBe(0);
      expect(reader.written('stdout').toString()).toBe('hunter2');
    }
  });
});
