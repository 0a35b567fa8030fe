/** A proxy that programs were told of: tunnels that end in it, those that pass, and what stands in for secrets. */

import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makePlaceholder } from '../../../src/broker/requests/placeholders.js';
import { encodeUtf8 } from '../../../src/core/bytes.js';
import { Trust } from '../../../src/net/trust.js';
import type { Policy } from '../../../src/vault/records.js';
import {
  ask,
  askOver,
  host,
  openTunnelTo,
  rawExchange,
  secret,
  secureHost,
  secureTunnelTo,
  type TestProxy,
  testProxy,
} from '../../support/proxy.js';

const VALUE = 'sk_live_Ab1cDe2fGh3iJk4lMn5o';
const PLACEHOLDER = makePlaceholder(encodeUtf8(VALUE));

/** A proxy whose one secret is bound to a host that says what it was asked. */
async function echoing(policy: Policy = {}, value = VALUE, placeholder = PLACEHOLDER) {
  const upstream = await secureHost((message, response) => {
    message
      .setEncoding('latin1')
      .toArray()
      .then((chunks) => {
        response.end(JSON.stringify([message.method, message.url, message.rawHeaders, chunks.join('')]));
      });
  });
  const secrets = [secret('API_KEY', value, { hosts: [upstream.host], ...policy }, placeholder)];
  const proxy = await testProxy(secrets, { trust: upstream.trust });
  return { upstream, proxy };
}

describe('a tunnel to a bound host', () => {
  it.each<[string, Record<string, string>, string, (rawHeaders: string[], url: string) => unknown, unknown]>([
    [
      'a bearer token',
      { Authorization: `Bearer ${PLACEHOLDER}` },
      '/',
      (h) => h[h.indexOf('Authorization') + 1],
      `Bearer ${VALUE}`,
    ],
    ['a header', { 'X-aPi-Key': PLACEHOLDER }, '/', (h) => h[h.indexOf('X-aPi-Key') + 1], VALUE],
    [
      'a part of a header',
      { Authorization: `token ${PLACEHOLDER}` },
      '/',
      (h) => h[h.indexOf('Authorization') + 1],
      `token ${VALUE}`,
    ],
    [
      'the password of a pair',
      { Authorization: `Basic ${btoa(`x:${PLACEHOLDER}`)}` },
      '/',
      (h) => h[h.indexOf('Authorization') + 1],
      `Basic ${btoa(`x:${VALUE}`)}`,
    ],
    ['a parameter', {}, `/a?b=1&key=${PLACEHOLDER}&c=2`, (_, url) => url, `/a?b=1&key=${VALUE}&c=2`],
    [
      'its name in a header',
      { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' },
      '/',
      (h) => h[h.indexOf('Authorization') + 1],
      `Bearer ${VALUE}`,
    ],
    ['its other name', { 'X-Key': 'AS_SECRET_API_KEY' }, '/', (h) => h[h.indexOf('X-Key') + 1], VALUE],
  ])('carries the secret for a placeholder in %s, and not back', async (_, headers, path, seen, value) => {
    const { upstream, proxy } = await echoing();
    const socket = await secureTunnelTo(proxy, upstream.host);
    expect(socket.alpnProtocol).toBe(false);
    const answer = await askOver(socket, upstream.host, path, headers);
    const [message] = upstream.asked;
    expect(seen([...(message?.rawHeaders ?? [])], message?.url ?? '')).toBe(value);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('[masked API_KEY]');
    expect(answer.body).not.toContain(VALUE.slice(8));
    expect((await proxy.entries()).map(({ decision }) => decision)).toEqual(['allowed', 'done']);
  });

  it.each<[string, Policy, string, string, string]>([
    [
      'JSON',
      { as: 'body:auth.key' },
      'application/json',
      `{"n": 1.0, "auth":{"key":"${PLACEHOLDER}"}}`,
      `{"n": 1.0, "auth":{"key":"${VALUE}"}}`,
    ],
    [
      'a form',
      { as: 'form:key' },
      'application/x-www-form-urlencoded',
      `a=b&key=${PLACEHOLDER}`,
      `a=b&key=${VALUE}`,
    ],
  ])('fills in %s where the binding names the place', async (_, policy, type, body, sent) => {
    const { upstream, proxy } = await echoing(policy);
    const socket = await secureTunnelTo(proxy, upstream.host);
    const answer = await askOver(
      socket,
      upstream.host,
      '/',
      { 'Content-Type': type },
      { method: 'POST', body },
    );
    expect(JSON.parse(answer.body)[3]).toBe(sent.replace(VALUE, '[masked API_KEY]'));
  });

  it.each<[string, Policy, string]>([
    ['without a place of its own', {}, `{"text":"${PLACEHOLDER}"}`],
    ['for another place', { as: 'bearer' }, `{"text":"${PLACEHOLDER}"}`],
    [
      'for a place, when the text stands in two',
      { as: 'body:text' },
      `{"text":"${PLACEHOLDER}","b":"${PLACEHOLDER}"}`,
    ],
  ])('fills in no body for a secret %s', async (_, policy, body) => {
    const { upstream, proxy } = await echoing(policy);
    const socket = await secureTunnelTo(proxy, upstream.host);
    const headers = { 'Content-Type': 'application/json' };
    const answer = await askOver(socket, upstream.host, '/', headers, { method: 'POST', body });
    expect(JSON.parse(answer.body)[3]).toBe(body);
    expect(await proxy.entries()).toEqual([]);
  });

  it.each<[string, Policy, Record<string, string>, string, number, string]>([
    [
      'another slot',
      { as: 'header:X-Key' },
      { Authorization: `Bearer ${PLACEHOLDER}` },
      '/',
      403,
      'SLOT_NOT_ALLOWED',
    ],
    ['another method', { methods: ['POST'] }, { 'X-Key': PLACEHOLDER }, '/', 403, 'METHOD_NOT_ALLOWED'],
    ['a path', {}, {}, `/bot${PLACEHOLDER}/x`, 400, 'AMBIGUOUS_REQUEST'],
    ['a name that is not there', {}, { 'X-Key': 'ZEPHR_SECRET_OTHER' }, '/', 502, 'NO_SUCH_NAME'],
    [
      'a Host of another host',
      {},
      { Host: 'evil.example', 'X-Key': PLACEHOLDER },
      '/',
      400,
      'AMBIGUOUS_REQUEST',
    ],
    ['a whole URL', {}, { 'X-Key': PLACEHOLDER }, 'https://evil.example/', 400, 'AMBIGUOUS_REQUEST'],
  ])('refuses %s', async (_, policy, headers, path, status, code) => {
    const { upstream, proxy } = await echoing(policy);
    const socket = await secureTunnelTo(proxy, upstream.host);
    const answer = await askOver(socket, upstream.host, path, headers);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ code });
    expect(upstream.asked).toEqual([]);
  });

  it('refuses a client that asks TLS for another host', async () => {
    const { upstream, proxy } = await echoing();
    const refused = secureTunnelTo(proxy, upstream.host, {
      servername: 'evil.example',
      checkServerIdentity: () => undefined,
    }).then((socket) => once(socket, 'close'));
    await refused.catch(() => undefined);
    expect(upstream.asked).toEqual([]);
  });

  it('speaks HTTP/1.1 where a client speaks more', async () => {
    const { upstream, proxy } = await echoing();
    const socket = await secureTunnelTo(proxy, upstream.host, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
  });

  it('presents a certificate for that host alone, of an authority that can vouch for hosts only', async () => {
    const { upstream, proxy } = await echoing();
    const socket = await secureTunnelTo(proxy, upstream.host);
    const authority = new X509Certificate(proxy.certificate);
    const shown = new X509Certificate(socket.getPeerCertificate().raw);
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(shown.ca).toBe(false);
    expect(shown.subjectAltName).toBe('IP Address:127.0.0.1');
    expect(shown.verify(authority.publicKey)).toBe(true);
    expect(shown.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(Date.parse(shown.validTo) - Date.now()).toBeLessThan(32 * 86_400_000);
  });

  it('uses one connection to the host for one of the client', async () => {
    const { upstream, proxy } = await echoing();
    let connections = 0;
    upstream.server.on('secureConnection', () => {
      connections += 1;
    });
    const socket = await secureTunnelTo(proxy, upstream.host);
    for (let count = 0; count < 3; count++) {
      const answer = await askOver(socket, upstream.host, '/', {
        'X-Key': PLACEHOLDER,
        Connection: 'keep-alive',
      });
      expect(answer.status).toBe(200);
    }
    expect(connections).toBe(1);
  });

  it('does not trust a host that the user does not', async () => {
    const { upstream } = await echoing();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] }, PLACEHOLDER)], {
      trust: Trust.only(''),
    });
    const socket = await secureTunnelTo(proxy, upstream.host);
    const answer = await askOver(socket, upstream.host, '/', { 'X-Key': PLACEHOLDER });
    expect(answer.status).toBe(502);
    expect(upstream.asked).toEqual([]);
  });

  it('goes to no private address by a public name, whatever a name server says the second time', async () => {
    const resolved: string[] = [];
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: ['rebind.example'] }, PLACEHOLDER)], {
      resolve: async (name) => {
        resolved.push(name);
        return [{ address: resolved.length === 1 ? '127.0.0.1' : '93.184.215.14', family: 4 }];
      },
    });
    const socket = await secureTunnelTo(proxy, 'rebind.example:443', { servername: 'rebind.example' });
    const answer = await askOver(socket, 'rebind.example', '/', { 'X-Key': PLACEHOLDER });
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'ssrf_protection_blocked' });
    expect(resolved).toEqual(['rebind.example']);
  });
});

describe('a WebSocket', () => {
  it('is opened with the secret, and masked without a change of length', async () => {
    const { upstream, proxy } = await echoing();
    upstream.server.on('upgrade', (message, socket) => {
      const seen = String(message.headers.authorization);
      const frame = Buffer.concat([Buffer.of(0x81, seen.length), Buffer.from(seen)]);
      socket.write(
        `HTTP/1.1 101 Switching ${VALUE}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Echo: ${seen}\r\n\r\n`,
      );
      for (const byte of frame) socket.write(Buffer.of(byte));
      socket.on('data', (chunk: Buffer) => socket.end(chunk));
    });
    const socket = await secureTunnelTo(proxy, upstream.host);
    socket.write(
      `GET /chat HTTP/1.1\r\nHost: ${upstream.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Extensions: permessage-deflate\r\nAuthorization: Bearer ${PLACEHOLDER}\r\n\r\n`,
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    await expect.poll(() => text).toMatch(/\r\n\r\n.{37}/s);
    expect(text).toMatch(
      /^HTTP\/1\.1 101 Switching \[masked API_KEY\]\r\nX-Echo: Bearer \[masked API_KEY\]\r\n/,
    );
    expect(text.split('\r\n\r\n')[1]).toBe(`\x81\x23Bearer ${'*'.repeat(VALUE.length)}`);
    socket.write('bye');
    await expect.poll(() => text.endsWith('bye')).toBe(true);
    expect((await proxy.entries()).at(-1)).toMatchObject({ decision: 'done', status: 101 });
  });

  it('that the host does not want is its answer', async () => {
    const { upstream, proxy } = await echoing();
    const socket = await secureTunnelTo(proxy, upstream.host);
    const asking = { Upgrade: 'websocket', Connection: 'Upgrade', 'X-Key': PLACEHOLDER };
    const answer = await askOver(socket, upstream.host, '/', asking);
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('[masked API_KEY]') });
  });

  it('is the only other protocol: a request for one is answered as it is', async () => {
    const { upstream, proxy } = await echoing();
    const socket = await secureTunnelTo(proxy, upstream.host);
    const asking = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'x' };
    const answer = await askOver(socket, upstream.host, '/', asking);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toMatch(/h2c|HTTP2/);
  });
});

it('that a page of a browser asks through carries no secret', async () => {
  const { upstream, proxy } = await echoing();
  const socket = await secureTunnelTo(proxy, upstream.host);
  const page = { Authorization: 'Bearer ZEPHR_SECRET_API_KEY', 'Sec-Fetch-Site': 'cross-site' };
  const { status, body } = await askOver(socket, upstream.host, '/', page);
  expect([status, JSON.parse(body)]).toMatchObject([403, { code: 'WEB_PAGE' }]);
  expect(upstream.asked).toEqual([]);
});

/** Asks a proxy for a tunnel, and prints the status. */
const ASK_FOR_TUNNEL = `const [, port, path, token] = process.argv;
const headers = token === undefined ? {} : { 'Proxy-Authorization': 'Bearer ' + token };
require('node:http').request({ port, host: '127.0.0.1', method: 'CONNECT', path, headers })
  .on('connect', ({ statusCode }) => { console.log(statusCode); process.exit(); }).end();`;

it.skipIf(process.platform !== 'linux')('a program of the command needs to show no token', async () => {
  const upstream = await secureHost();
  const secrets = [secret('API_KEY', VALUE, { hosts: [upstream.host] })];
  const own = await testProxy(secrets, { startedBy: process.pid });
  const others = await testProxy(secrets, { startedBy: process.ppid + 4_000_000 });
  const asked = async ({ port }: TestProxy, ...token: string[]) => {
    const args = ['-e', ASK_FOR_TUNNEL, String(port), upstream.host, ...token];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return Number(stdout);
  };
  expect(await asked(own)).toBe(200);
  // Not through a shell alone: a program that was started by one that was.
  const line = `"$0" -e "$1" ${own.port} ${upstream.host} & wait`;
  const deeper = await promisify(execFile)('sh', ['-c', line, process.execPath, ASK_FOR_TUNNEL]);
  expect(deeper.stdout).toBe('200\n');
  expect(await asked(own, 'wrong')).toBe(407);
  expect(await asked(others)).toBe(407);
  // This process is not one that it has started itself.
  await expect(openTunnelTo(own, upstream.host, [])).rejects.toThrow('407');
  expect((await ask(`${own.url}/health`)).status).toBe(401);
});

describe('any other host', () => {
  /** A host that speaks no protocol that we know. */
  async function foreign(): Promise<string> {
    const server = createServer((socket: Socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('is passed through untouched', async () => {
    const target = await foreign();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: ['a.example'] }, PLACEHOLDER)]);
    const socket = await openTunnelTo(proxy, target);
    socket.write(PLACEHOLDER);
    expect(String(await once(socket, 'data'))).toBe(PLACEHOLDER);
  });

  it('is refused where egress is strict, which the log says', async () => {
    const target = await foreign();
    const proxy = await testProxy([], { isStrict: true });
    await expect(openTunnelTo(proxy, target)).rejects.toThrow('HTTP/1.1 403 Forbidden');
    const plain = await host();
    const answer = await rawExchange(
      proxy.port,
      `GET ${plain.url}/ HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Bearer ${proxy.token}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*EGRESS_REFUSED/s);
    expect(plain.asked).toEqual([]);
    expect((await proxy.entries()).map(({ host: to, reason }) => [to, reason])).toEqual([
      [target, 'EGRESS_REFUSED'],
      [plain.host, 'EGRESS_REFUSED'],
    ]);
  });

  it('that nobody is at is a 502', async () => {
    const proxy = await testProxy([]);
    await expect(openTunnelTo(proxy, '127.0.0.1:1')).rejects.toThrow('HTTP/1.1 502 Bad Gateway');
  });

  it.each([
    ['without a token', [], 407],
    ['with another token', ['Proxy-Authorization: Basic eDp5'], 407],
    ['of a page', ['Origin: https://a.example', 'Proxy-Authorization: Basic eDp5'], 403],
  ])('%s is refused', async (_, headers, status) => {
    const proxy = await testProxy([]);
    await expect(openTunnelTo(proxy, '127.0.0.1:1', headers)).rejects.toThrow(`HTTP/1.1 ${status} `);
  });
});

describe('plain http', () => {
  const ask = (port: number, token: string, url: string, headers = '', body = '') =>
    rawExchange(
      port,
      `POST ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Bearer ${token}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`,
    );

  it('carries secrets on this machine', async () => {
    const upstream = await host(({ rawHeaders, body }, response) =>
      response.end(rawHeaders.join('|') + body),
    );
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] }, PLACEHOLDER)]);
    const answer = await ask(
      proxy.port,
      proxy.token,
      `${upstream.url}/x`,
      `X-Key: ${PLACEHOLDER}\r\n`,
      'abc',
    );
    expect(upstream.asked[0]?.rawHeaders).toContain(VALUE);
    expect(upstream.asked[0]?.rawHeaders.join()).not.toContain(proxy.token);
    expect(upstream.asked[0]?.body).toBe('abc');
    expect(answer).toContain('[masked API_KEY]');
  });

  it('carries none elsewhere, and says so', async () => {
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: ['a.example:80'] }, PLACEHOLDER)]);
    for (const url of ['http://a.example/', 'http://b.example/']) {
      const answer = await ask(proxy.port, proxy.token, url, `X-Key: ${PLACEHOLDER}\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 403 .*NOT_HTTPS/s);
    }
  });

  it('without a secret passes as it is', async () => {
    const upstream = await host(({ rawHeaders, body }, response) =>
      response.end(rawHeaders.join('|') + body),
    );
    const proxy = await testProxy([]);
    const answer = await ask(proxy.port, proxy.token, `${upstream.url}/x`, 'X-One: a\r\nX-One: b\r\n', 'abc');
    expect(answer).toMatch(/X-One\|a\|X-One\|b.*abc/s);
    expect(answer).not.toContain(proxy.token);
    expect(await proxy.entries()).toEqual([]);
  });

  it('goes through a tunnel too', async () => {
    const upstream = await host(({ rawHeaders }, response) => response.end(rawHeaders.join('|')));
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] }, PLACEHOLDER)]);
    const socket = await openTunnelTo(proxy, upstream.host);
    const answer = await askOver(socket, upstream.host, '/', { 'X-Key': PLACEHOLDER });
    expect(upstream.asked[0]?.rawHeaders).toContain(VALUE);
    expect(answer.body).toContain('[masked API_KEY]');
  });
});

describe('a placeholder', () => {
  it.each<[string, RegExp]>([
    ['sk_live_Ab1cDe2fGh3iJk4lMn5o', /^sk_live_[0-9A-Za-z]{20}$/],
    ['ghp_Ab1cDe2fGh3iJk4lMn5oPq6rSt7uVw8xYz90', /^ghp_[0-9A-Za-z]{36}$/],
    ['AKIAIOSFODNN7EXAMPLE', /^[0-9A-Z]{20}$/],
    ['0123456789abcdef0123456789abcdef', /^[0-9a-f]{32}$/],
    ['correct horse battery staple', /^[0-9A-Za-z]{28}$/],
    ['short', /^[0-9a-z]{16}$/],
    ['user:password', /^[0-9a-z]{16}:[0-9a-z]{16}$/],
  ])('for %s is like it, and tells nothing of it', (value, pattern) => {
    const [one, other] = [makePlaceholder(encodeUtf8(value)), makePlaceholder(encodeUtf8(value))];
    expect(one).toMatch(pattern);
    expect(one).not.toBe(other);
  });
});
