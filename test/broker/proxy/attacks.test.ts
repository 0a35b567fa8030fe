/** Requests and responses that no honest side writes: none of them gets a secret anywhere else, or out of a response. */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ask,
  host,
  openTunnelTo,
  rawExchange,
  secret,
  secureHost,
  secureTunnelTo,
  type TestProxy,
  testProxy,
} from '../../support/proxy.js';

const VALUE = 'correct-horse/battery+staple';

/** A host on loopback that answers bytes, and remembers those that came. */
async function rawHost(answer: (socket: Socket) => void): Promise<{ host: string; came: () => string }> {
  let came = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      came += chunk.toString('latin1');
      if (came.endsWith('\r\n\r\n')) answer(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  return { host: `127.0.0.1:${address.port}`, came: () => came };
}

async function bound() {
  const upstream = await host((asked, response) => response.end(JSON.stringify(asked)));
  const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
  return { upstream, proxy };
}

const headOf = ({ port, token }: TestProxy) => `Host: 127.0.0.1:${port}\r\nX-Zephr-Token: ${token}\r\n`;

describe('bytes at the port', () => {
  it.each<[string, (proxy: TestProxy, to: string) => string, RegExp]>([
    ['HTTP/0.9', (_, to) => `GET /to/${to}/\r\n\r\n`, /^HTTP\/1\.1 40[03] /],
    ['HTTP/2 by prior knowledge', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'a user in a whole URL',
      ({ token }, to) =>
        `GET http://robot:pw@${to}/ HTTP/1.1\r\nHost: ${to}\r\nProxy-Authorization: Bearer ${token}\r\nAuthorization: Bearer ZEPHR_SECRET_API_KEY\r\nConnection: close\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      'headers of 64 KB',
      (proxy, to) => `GET /to/${to}/ HTTP/1.1\r\n${headOf(proxy)}X-A: ${'a'.repeat(65_536)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    ...['+3', '0x3', '3, 3', '-1', '3 3'].map(
      (length): [string, (p: TestProxy, t: string) => string, RegExp] => [
        `a length of ${length}`,
        (proxy, to) =>
          `POST /to/${to}/ HTTP/1.1\r\n${headOf(proxy)}Content-Length: ${length}\r\n\r\nabcGET /to/${to}/x HTTP/1.1\r\n\r\n`,
        /^HTTP\/1\.1 400 /,
      ],
    ),
    ...[
      'tRANSFER-eNCODING: chunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding:\tchunked',
    ].map((coding): [string, (p: TestProxy, t: string) => string, RegExp] => [
      `a length beside ${coding}`,
      (proxy, to) =>
        `POST /to/${to}/ HTTP/1.1\r\n${headOf(proxy)}Content-Length: 4\r\n${coding}\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ]),
    [
      'line ends without a carriage return',
      (proxy, to) => `GET /to/${to}/ HTTP/1.1\n${headOf(proxy).replaceAll('\r', '')}\n`,
      /^(?:HTTP\/1\.1 400 |$)/,
    ],
    [
      'a name with a null byte',
      (proxy, to) => `GET /to/${to}/ HTTP/1.1\r\n${headOf(proxy)}X\0A: 1\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
  ])('such as %s reach nobody', async (_, bytes, answer) => {
    const { upstream, proxy } = await bound();
    expect(await rawExchange(proxy.port, bytes(proxy, upstream.host))).toMatch(answer);
    expect(upstream.asked).toEqual([]);
  });

  it('such as extensions of chunks are not passed on, and the body is', async () => {
    const { upstream, proxy } = await bound();
    const head = `POST /to/${upstream.host}/ HTTP/1.1\r\n${headOf(proxy)}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const answer = await rawExchange(proxy.port, `${head}3;a="b"\r\nabc\r\n0;x\r\nX-Trailer: t\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.asked).toMatchObject([{ body: 'abc' }]);
    expect(JSON.stringify(upstream.asked)).not.toMatch(/X-Trailer|a=/);
  });
});

describe('bytes in a tunnel', () => {
  it.each([
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /\r\n\r\n',
    `GET https://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n`,
  ])('such as %j reach nobody', async (bytes) => {
    const upstream = await secureHost();
    const policy = { hosts: [upstream.host], as: 'bearer' };
    const proxy = await testProxy([secret('API_KEY', VALUE, policy)], { trust: upstream.trust });
    for (const open of [secureTunnelTo, openTunnelTo]) {
      const socket = await open(proxy, upstream.host);
      socket.on('error', () => undefined);
      socket.end(bytes);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString()).toMatch(/^(?:HTTP\/1\.1 400 |$)/);
    }
    expect(upstream.asked).toEqual([]);
  });
});

describe('a response', () => {
  it.each<[string, string]>([
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    [
      'a folded header',
      `HTTP/1.1 200 OK\r\nX-A: ${VALUE.slice(0, 9)}\r\n ${VALUE.slice(9)}\r\nContent-Length: 0\r\n\r\n`,
    ],
    ['a protocol that nobody asked for', 'HTTP/1.1 101 OK\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw'],
    ['no headers', `${VALUE}\r\n`],
    ['no end', 'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nhalf'],
  ])('with %s is none, and the log says so', async (_, bytes) => {
    const upstream = await rawHost((socket) => socket.end(bytes, 'latin1'));
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const answer = await ask(`${proxy.url}/to/${upstream.host}/`, { 'X-Zephr-Token': proxy.token });
    expect(answer.status).toBe(502);
    expect(JSON.stringify(answer)).not.toContain(VALUE.slice(9));
    expect(upstream.came()).toContain(`Authorization: Bearer ${VALUE}`);
    expect(await proxy.entries()).toMatchObject([
      { decision: 'allowed' },
      { decision: 'failed', reason: 'UPSTREAM_FAILED' },
    ]);
  });

  it('before the response is not passed on: early hints could hold anything', async () => {
    const hints = `HTTP/1.1 103 Early Hints\r\nLink: <${VALUE}>\r\n\r\n`;
    const upstream = await rawHost((socket) =>
      socket.end(`${hints}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone`),
    );
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const head = `GET /to/${upstream.host}/ HTTP/1.1\r\n${headOf(proxy)}Connection: close\r\n\r\n`;
    const answer = await rawExchange(proxy.port, head);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK(?:.|\s)*done$/);
    expect(answer).not.toContain(VALUE);
  });
});
