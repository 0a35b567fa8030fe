/** Connections that nobody uses, and handshakes that nobody finishes: others are served beside them, over TLS too. */

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../support/self-signed.js';
import { startServerProcess } from '../support/server.js';
import { HAS_OPENSSL } from '../support/tls.js';

const HEALTH = 'GET /api/health HTTP/1.1\r\nHost: zephr\r\n\r\n';
const HALF_A_BODY =
  'POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n' +
  'Content-Length: 100\r\n\r\n{';

/** A server, and a function that connects to it from one of 250 addresses. */
async function start(secure: boolean, args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-connections-'));
  const pair = secure ? makeCertificate(folder, 'zephr') : undefined;
  const tls = pair === undefined ? [] : ['--tls-cert', pair.cert, '--tls-key', pair.key];
  const server = await startServerProcess({ args: [...tls, ...args] });
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const port = Number(new URL(server.url).port);
  const tcp = async (host: number): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + host}` });
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    return socket;
  };
  /** Sends `text`, and gives what comes first, or nothing if the connection is closed. */
  const ask = async (host: number, text: string): Promise<string> => {
    const raw = await tcp(host);
    const socket = secure ? connectTls({ socket: raw, rejectUnauthorized: false }) : raw;
    socket.on('error', () => undefined);
    socket.write(text);
    return new Promise((resolve) => {
      socket.once('data', (chunk) => resolve(String(chunk)));
      socket.once('close', () => resolve(''));
    });
  };
  return { tcp, ask };
}

describe.runIf(HAS_OPENSSL)('(needs openssl)', () => {
  describe.each([
    ['over HTTP', false],
    ['over TLS', true],
  ])('%s', (_, secure) => {
    it('1,100 connections that were opened and left keep nobody out', async () => {
      const { tcp, ask } = await start(secure, []);
      for (let index = 0; index < 1_100; index += 1) await tcp(index % 200);
      for (let tries = 0; tries < 20; tries += 1) expect(await ask(240, HEALTH)).toMatch(/^HTTP\/1\.1 200 /);
      console.log('1100 idle connections, 20 requests beside them, all answered');
    });

    it('a request above the limit is told when to come again', async () => {
      const { ask } = await start(secure, ['--max-connections', '20']);
      for (let index = 0; index < 20; index += 1)
        expect(await ask(index, HALF_A_BODY)).toContain('100 Continue');
      for (let tries = 0; tries < 20; tries += 1) {
        expect(await ask(240, HEALTH)).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n/i);
      }
      console.log('20 busy connections, 20 requests beside them, all told to wait');
    });

    it('one address has its share, and others theirs', async () => {
      const { ask } = await start(secure, []);
      for (let index = 0; index < 256; index += 1)
        expect(await ask(0, HALF_A_BODY)).toContain('100 Continue');
      expect(await ask(0, HEALTH)).toMatch(/^HTTP\/1\.1 503 /);
      expect(await ask(240, HEALTH)).toMatch(/^HTTP\/1\.1 200 /);
      console.log('256 busy connections of one address, then one more of it, and one of another');
    });
  });
});
