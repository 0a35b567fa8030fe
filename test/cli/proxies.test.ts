/** Proxies and private authorities, over real tunnels and real TLS. */

import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/net/proxy.js';
import { connectProxy } from '../support/connect-proxy.js';
import { deadHost, tcpHost } from '../support/hosts.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession, type Session } from '../support/session.js';
import { type Certificates, HAS_OPENSSL, makeCertificates, tlsFront } from '../support/tls.js';

const because = HAS_OPENSSL ? '' : ' (skipped: there is no openssl to make certificates)';

let server: ServerProcess;
let folder: string;
let certificates: Certificates;

beforeAll(async () => {
  server = await startServerProcess();
  folder = mkdtempSync(join(tmpdir(), 'zephr-tls-'));
  if (HAS_OPENSSL) certificates = makeCertificates(folder);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A session whose server is behind TLS, of an authority that Node is told of. */
async function trusting(env: NodeJS.ProcessEnv = {}): Promise<Session> {
  return openSession({
    ZEPHR_SERVER: await tlsFront(server.url, certificates),
    NODE_EXTRA_CA_CERTS: certificates.authority,
    ...env,
  });
}

const ROUND_TRIP = 'echo hunter2 | zephr -q > link && zephr status < link && zephr get -q < link';

describe.skipIf(!HAS_OPENSSL)(`over TLS${because}`, () => {
  it('an unknown authority is exit 8, and NODE_EXTRA_CA_CERTS is the way out', async () => {
    const one = await trusting();
    const { stderr, stdout, code } = await one.sh('echo hunter2 | NODE_EXTRA_CA_CERTS= zephr');
    expect(stderr).toMatch(/zephr: error: no trusted TLS connection to localhost:\d+ \(UNABLE_TO_/);
    expect(stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(stdout).toBe('');
    expect(code).toBe(8);
    expect(await one.sh(ROUND_TRIP)).toMatchObject({ code: 0, stdout: expect.stringMatching(/hunter2\n$/) });
  });

  it.each(['HTTPS_PROXY', 'https_proxy'])('%s is the way everything goes', async (name) => {
    const proxy = await connectProxy();
    const one = await trusting({ [name]: proxy.url });
    expect(await one.sh(ROUND_TRIP)).toMatchObject({ code: 0, stdout: expect.stringMatching(/hunter2\n$/) });
    const host = new URL(one.env.ZEPHR_SERVER ?? '').host;
    // A create, a status, a read and its acknowledgement.
    expect(proxy.requests).toEqual(Array(4).fill({ target: host, authorization: undefined }));
  });

  it('an unknown authority behind a proxy is the same exit 8', async () => {
    const proxy = await connectProxy();
    const one = await trusting({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: '' });
    const { stderr, code } = await one.sh('echo hunter2 | zephr');
    expect(stderr).toMatch(/no trusted TLS connection to localhost:\d+ \(UNABLE_TO_/);
    expect(code).toBe(8);
  });

  it('the proxy looks up the name of the server', async () => {
    const front = await tlsFront(server.url, certificates);
    const proxy = await connectProxy(undefined, () => new URL(front).host.replace('localhost', '127.0.0.1'));
    const one = await trusting({ HTTPS_PROXY: proxy.url, ZEPHR_SERVER: 'https://zephr.test' });
    expect((await one.sh(ROUND_TRIP)).code).toBe(0);
    expect(proxy.requests[0]?.target).toBe('zephr.test:443');
  });

  it('without any settings the server is https://zephr.io, with version 1 links', async () => {
    const folder = openSession().folder;
    const zephrIo = makeCertificates(folder, { names: 'DNS:zephr.io' });
    const front = new URL(await tlsFront(server.url, zephrIo)).host.replace('localhost', '127.0.0.1');
    const proxy = await connectProxy(undefined, () => front);
    const one = openSession({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: zephrIo.authority });
    const { stdout } = await one.sh('echo hunter2 | zephr -q > link; cat link; zephr get -q < link');
    expect(stdout).toMatch(/^https:\/\/zephr\.io\/secret\/[\w-]{22}#v1\.[\w-]{43}\nhunter2\n$/);
  });

  it('user name and password of the proxy are taken from its URL', async () => {
    const expected = `Basic ${Buffer.from('me@work:p%ss:word').toString('base64')}`;
    const proxy = await connectProxy((authorization) => (authorization === expected ? 200 : 407));
    const address = proxy.url.replace('//', '//me%40work:p%25ss:word@');
    expect((await (await trusting({ HTTPS_PROXY: address })).sh(ROUND_TRIP)).code).toBe(0);
  });

  it.each([
    [407, 'wants a user name and password'],
    [403, 'refuses to pass this on (HTTP 403)'],
    [502, 'refuses to pass this on (HTTP 502)'],
  ])('a proxy that answers %i is exit 8 and is named, without its password', async (status, words) => {
    const proxy = await connectProxy(() => status);
    const one = await trusting({ HTTPS_PROXY: proxy.url.replace('//', '//me:hunter3@') });
    const { stderr, stdout, code } = await one.sh('echo hunter2 | zephr');
    expect(stderr).toContain(`zephr: error: the proxy ${new URL(proxy.url).host} ${words}\n`);
    expect(stderr).toContain('zephr: hint: check HTTPS_PROXY');
    expect(stderr).not.toContain('hunter');
    expect(stdout).toBe('');
    expect(code).toBe(8);
  });

  it('a proxy that is not there is exit 8 and is named, without its password', async () => {
    const dead = await deadHost();
    const one = await trusting({ HTTPS_PROXY: dead.replace('//', '//me:hunter3@') });
    const { stderr, code } = await one.sh('echo hunter2 | zephr');
    expect(stderr).toContain(`the proxy ${new URL(dead).host} cannot be reached (ECONNREFUSED)`);
    expect(stderr).not.toContain('hunter');
    expect(code).toBe(8);
  });

  it('a proxy that never answers is exit 8 in time', async () => {
    const one = await trusting({ HTTPS_PROXY: await tcpHost(() => undefined) });
    const { stderr, code } = await one.sh('echo hunter2 | zephr --timeout 1');
    expect(stderr).toContain('did not answer in time');
    expect(code).toBe(8);
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['closes the connection', (socket) => socket.end(), /closed the connection \(ECONNRESET\)/],
    ['cuts the connection', (socket) => socket.resetAndDestroy(), /closed the connection \(ECONNRESET\)/],
    ['says something else', (socket) => socket.end('SSH-2.0-x\r\n'), /did not answer as a proxy \(HPE_/],
  ])('a proxy that %s is asked once, is named, and is exit 8', async (_, answer, words) => {
    let asked = 0;
    const proxy = await tcpHost((socket) =>
      socket.once('data', () => {
        asked++;
        answer(socket);
      }),
    );
    const one = await trusting({ HTTPS_PROXY: proxy });
    const { stderr, code } = await one.sh('echo hunter2 | zephr');
    expect(stderr).toContain(`zephr: error: the proxy ${new URL(proxy).host} `);
    expect(stderr).toMatch(words);
    expect(asked).toBe(1);
    expect(code).toBe(8);
  });

  it('a proxy that passes on and is none is no TLS', async () => {
    const proxy = await tcpHost((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nhello')),
    );
    const one = await trusting({ HTTPS_PROXY: proxy });
    const { stderr, code } = await one.sh('echo hunter2 | zephr');
    expect(stderr).toMatch(/no trusted TLS connection to localhost:\d+ \(ERR_SSL_/);
    expect(code).toBe(8);
  });

  it('a proxy that itself speaks TLS is the way too, and a certificate of its own is checked', async () => {
    const proxy = await connectProxy();
    const one = await trusting({ HTTPS_PROXY: await tlsFront(proxy.url, certificates) });
    expect(await one.sh(ROUND_TRIP)).toMatchObject({ code: 0, stdout: expect.stringMatching(/hunter2\n$/) });
    expect(proxy.requests).toHaveLength(4);
    const { stderr, code } = await one.sh('echo hunter2 | NODE_EXTRA_CA_CERTS= zephr');
    expect(stderr).toMatch(/the proxy localhost:\d+ .* \(UNABLE_TO_/);
    expect(code).toBe(8);
  });

  it('a proxy that is an address and speaks TLS late ends in time, with nothing else said', async () => {
    const silent = (await tcpHost(() => undefined)).replace('http:', 'https:');
    const one = await trusting({ HTTPS_PROXY: silent });
    const { stderr } = await one.sh('time -p zephr --timeout 1 < /proc/self/comm', {});
    expect(stderr).toMatch(/^zephr: error: localhost:\d+ did not answer in time\nzephr: hint: /);
    expect(Number(/^real (.*)$/m.exec(stderr)?.[1])).toBeLessThan(8);
  });

  it.each(['NO_PROXY', 'no_proxy'])('%s is the way around it', async (name) => {
    const one = await trusting({ HTTPS_PROXY: await deadHost(), [name]: 'example.com, localhost' });
    expect((await one.sh(ROUND_TRIP)).code).toBe(0);
  });

  it.each(['ALL_PROXY', 'all_proxy'])('%s is the way where HTTPS_PROXY is not set', async (name) => {
    const proxy = await connectProxy();
    const one = await trusting({ [name]: proxy.url });
    expect((await one.sh(ROUND_TRIP)).code).toBe(0);
    expect(proxy.requests).toHaveLength(4);
    expect((await one.sh(ROUND_TRIP, { env: { HTTPS_PROXY: (await connectProxy()).url } })).code).toBe(0);
    expect(proxy.requests).toHaveLength(4);
    expect((await one.sh(ROUND_TRIP, { env: { NO_PROXY: 'localhost' } })).code).toBe(0);
    expect(proxy.requests).toHaveLength(4);
  });

  it.each([
    ['HTTPS_PROXY', 'socks5://me:hunter3@localhost:1080', 'names a SOCKS proxy'],
    ['ALL_PROXY', 'socks5h://me:hunter3@localhost:1080', 'names a SOCKS proxy'],
    ['all_proxy', 'SOCKS4://me:hunter3@localhost:1080', 'names a SOCKS proxy'],
    ['HTTPS_PROXY', 'ftp://me:hunter3@localhost:21', 'is not the URL of an http or https proxy'],
  ])('%s=%s is exit 2, and is not repeated', async (name, value, words) => {
    const one = await trusting({ [name]: value });
    const { stderr, code } = await one.sh('echo hunter2 | zephr');
    expect(stderr).toContain(`zephr: error: ${name.toUpperCase()} ${words}`);
    expect(stderr).not.toContain('hunter3');
    expect(code).toBe(2);
  });
});

describe('over plain http, which is for this machine', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])(
    '%s is the way when the proxy is on this machine too',
    async (name) => {
      const proxy = await connectProxy();
      const one = openSession({ ZEPHR_SERVER: server.url, [name]: proxy.url });
      expect(await one.sh(ROUND_TRIP)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/hunter2\n$/),
      });
      expect(proxy.requests.map(({ target }) => target)).toEqual(Array(4).fill(new URL(server.url).host));
    },
  );

  it('a proxy elsewhere is told nothing', async () => {
    const one = openSession({ ZEPHR_SERVER: server.url, HTTP_PROXY: 'http://proxy.invalid:3128' });
    expect((await one.sh(ROUND_TRIP)).code).toBe(0);
  });

  it('HTTPS_PROXY does not count', async () => {
    const one = openSession({ ZEPHR_SERVER: server.url, HTTPS_PROXY: await deadHost() });
    expect((await one.sh(ROUND_TRIP)).code).toBe(0);
  });
});

describe('NO_PROXY', () => {
  const proxied = (target: string, list: string) =>
    proxyFor(target, { HTTPS_PROXY: 'proxy.example:3128', NO_PROXY: list }) !== null;

  it.each([
    ['*', 'https://zephr.io'],
    ['zephr.io', 'https://zephr.io'],
    ['zephr.io', 'https://eu.zephr.io'],
    ['.zephr.io', 'https://eu.zephr.io'],
    ['*.zephr.io', 'https://eu.zephr.io'],
    ['ZEPHR.io', 'https://zephr.io'],
    ['a.example zephr.io', 'https://zephr.io'],
    ['a.example, zephr.io', 'https://zephr.io'],
    ['zephr.io:443', 'https://zephr.io'],
    ['zephr.io:8443', 'https://zephr.io:8443'],
    ['10.0.0.1', 'https://10.0.0.1'],
    ['::1', 'https://[::1]'],
    ['[::1]:8443', 'https://[::1]:8443'],
  ])('%s names %s', (list, target) => {
    expect(proxied(target, list)).toBe(false);
  });

  it.each([
    ['', 'https://zephr.io'],
    ['other.io', 'https://zephr.io'],
    ['ephr.io', 'https://zephr.io'],
    ['eu.zephr.io', 'https://zephr.io'],
    ['zephr.io:8443', 'https://zephr.io'],
    ['zephr.io', 'https://zephr.io.example'],
    ['::2', 'https://[::1]'],
  ])('%s does not name %s', (list, target) => {
    expect(proxied(target, list)).toBe(true);
  });

  it('in lower case comes first', () => {
    const env = { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*', no_proxy: 'other.io' };
    expect(proxyFor('https://zephr.io', env)?.host).toBe('a:1');
    expect(proxyFor('https://zephr.io', { ...env, https_proxy: 'https://b:2' })?.href).toBe('https://b:2/');
  });
});
