/** `zephr doctor`: what it says of a healthy server, and what it finds wrong. */

import { chmodSync, writeFileSync } from 'node:fs';
import { request as forward } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectProxy } from '../support/connect-proxy.js';
import { deadHost, httpHost, tcpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { type CertificateOptions, HAS_OPENSSL, makeCertificates, tlsFront } from '../support/tls.js';

const KEY = `zeph_${'A'.repeat(40)}`;
const ID = 'A'.repeat(22);

const withoutOpenssl = HAS_OPENSSL ? '' : ' (skipped: there is no openssl to make certificates)';

const server = sharedServer();
const { session } = server;

/** The lines of a report as `mark name`, and what each says. */
function linesOf(stdout: string): [string, string][] {
  return [...stdout.matchAll(/^(ok|! |!!|--) {2}(.{13}) {2}(.*)$/gm)].map(([, mark, name, words]) => [
    `${mark?.trim()} ${name?.trim()}`,
    words ?? '',
  ]);
}

/** The real server behind another face: `change` may answer in its place (true), or change what it says. */
function disguised(
  change: (
    url: string,
    method: string,
    reply: { status: number; headers: Record<string, string>; body: string },
  ) => void,
): Promise<string> {
  return httpHost((request, response) => {
    const { method = '', url = '', headers } = request;
    const onward = forward(new URL(url, server.url), { method, headers }, (incoming) => {
      // Every byte as it is: chunks of files are no text.
      let body = '';
      incoming.setEncoding('latin1');
      incoming.on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('end', () => {
        const { 'content-length': _, ...kept } = incoming.headers as Record<string, string>;
        const reply = { status: incoming.statusCode ?? 0, headers: kept, body };
        change(url, method, reply);
        response
          .writeHead(reply.status, reply.headers)
          .end(reply.status === 204 ? undefined : reply.body, 'latin1');
      });
    });
    request.pipe(onward);
  });
}

/** Answers one kind of request with an error. */
function refusing(path: RegExp, status: number, code: string): Promise<string> {
  return disguised((url, _, reply) => {
    if (!path.test(url)) return;
    reply.status = status;
    reply.body = JSON.stringify({ error: { code, message: 'some words' } });
  });
}

describe('zephr doctor', () => {
  it('goes all the way, and says so', async () => {
    const { sh } = session();
    const { code, stdout, stderr } = await sh('zephr doctor');
    expect(linesOf(stdout).map(([line]) => line)).toEqual([
      'ok configuration',
      'ok permissions',
      'ok server',
      'ok network',
      'ok TLS',
      'ok clock',
      'ok protocol',
      'ok limits',
      'ok gates',
      'ok API key',
      'ok create',
      'ok status',
      'ok read',
      'ok read again',
      'ok files',
    ]);
    expect(stdout).toContain(`${server.url} (from ZEPHR_SERVER), with v2 links`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('prints nothing that is secret', async () => {
    const { sh, folder } = session();
    writeFileSync(join(folder, 'config.json'), `{"apiKey":"${KEY}"}`);
    const { stdout, stderr } = await sh('zephr doctor --config config.json; zephr doctor --json');
    expect(stdout + stderr).not.toMatch(/zeph_A|\/secret\/|v2\.[\w-]{43}|[\w-]{43}/);
  });

  it('skips the status of version 1 links', async () => {
    const { code, stdout } = await session().sh('zephr doctor --link v1');
    const lines = linesOf(stdout);
    expect(lines).toContainEqual(['-- status', 'version 1 links have none']);
    expect(lines.map(([line]) => line)).toContain('ok read again');
    expect(code).toBe(0);
  });

  it('gets along with a server that has no health to tell, as those of version 1', async () => {
    const url = await refusing(/health/, 404, 'NOT_FOUND');
    const { code, stdout } = await session().sh(`zephr doctor --server ${url} --link v1`);
    const lines = linesOf(stdout);
    expect(lines).toContainEqual(['-- protocol', 'the server does not tell: version 1 is assumed']);
    expect(lines.map(([line]) => line)).toContain('ok read again');
    expect(code).toBe(0);
  });

  it('prints one object with --json', async () => {
    const { code, stdout, stderr } = await session().sh('zephr doctor --json --link v1');
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(checks).toHaveLength(15);
    expect(checks[0]).toEqual({ name: 'configuration', state: 'ok', message: expect.any(String) });
    expect(checks).toContainEqual({ name: 'status', state: 'skipped', message: 'version 1 links have none' });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('puts what is wrong and what to do into --json, with the exit code of the first failure', async () => {
    const { code, stdout, stderr } = await session().sh(`zephr doctor --json --server ${await deadHost()}`);
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(checks).toHaveLength(15);
    expect(checks).toContainEqual({
      name: 'network',
      state: 'failed',
      message: expect.stringContaining('refused the connection'),
      hint: 'is the server running? zephr serve starts one; --server or ZEPHR_SERVER names another',
    });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining('network'),
    });
    expect(code).toBe(8);
  });
});

describe('zephr doctor finds', () => {
  const never = () => tcpHost(() => undefined);

  it.each<[string, () => Promise<string>, string, string]>([
    ['a server that is not there', deadHost, 'refused the connection', 'is the server running?'],
    ['a server that does not answer', never, 'did not answer in time', '--timeout'],
    ['a host that does not exist', async () => 'https://nowhere.invalid', 'nowhere.invalid', ''],
  ])('%s', async (_, host, words, hint) => {
    const { code, stdout, stderr } = await session().sh(`zephr doctor --timeout 2 --server ${await host()}`);
    const [, network = ''] = linesOf(stdout).find(([line]) => line === '!! network') ?? [];
    expect(network).toContain(words);
    expect(stdout).toContain(hint);
    expect(linesOf(stdout)).toContainEqual(['-- create', 'not reached']);
    expect(stderr).toContain('zephr: error: what failed: network');
    expect(code).toBe(8);
  });

  const answering = (status: number, type: string, body: string) =>
    httpHost((request, response) => {
      request.resume();
      response.writeHead(status, { 'Content-Type': type, Server: 'gateway/1' }).end(body);
    });

  it.each([
    [401, 'text/html', '<p>sign in</p>', 'network', 'a login gateway'],
    [403, 'text/html', '<p>blocked</p>', 'network', 'a login gateway or a firewall'],
    [413, 'text/html', '<p>too large</p>', 'network', 'a proxy on the way'],
    [404, 'text/html', '<p>not here</p>', 'create', 'check --server'],
    [200, 'text/html', '<p>welcome</p>', 'create', 'check --server'],
    [404, 'application/json', '{"detail":"Not Found"}', 'create', 'check --server'],
    [200, 'application/json', '{"status":"ok"}', 'create', 'check --server'],
  ])('what is no zephr server, and answers %i with %s %s', async (status, type, body, check, hint) => {
    const url = await answering(status, type, body);
    const { code, stdout } = await openSession({ ZEPHR_API_KEY: 'key' }).sh(`zephr doctor --server ${url}`);
    expect(linesOf(stdout).map(([line]) => line)).toContain(`!! ${check}`);
    expect(stdout).toContain(hint);
    expect(stdout).not.toMatch(/!! {2}API key|refused the API key|check ZEPHR_API_KEY/);
    expect(code).toBe(8);
  });

  it('a path at which there is no zephr server', async () => {
    const { code, stdout } = await session().sh(`zephr doctor --server ${server.url}/not/here`);
    expect(stdout).toContain('a zephr server answers there, but not at that path');
    expect(code).toBe(5);
  });

  it('that no server is set, where the default one cannot be reached', async () => {
    const { code, stdout } = await openSession({ HTTPS_PROXY: await deadHost() }).sh('zephr doctor');
    expect(stdout).toContain('https://zephr.io (from the default)');
    expect(stdout).toContain('no server is set: to use your own, zephr config set server');
    expect(code).toBe(8);
  });

  it('a broken config file', async () => {
    const { sh, folder } = session();
    writeFileSync(join(folder, 'config.json'), `{"apiKey":"${KEY}`);
    const { code, stdout } = await sh('zephr doctor --config config.json');
    expect(linesOf(stdout)[0]).toEqual(['!! configuration', 'the config file config.json is not JSON']);
    expect(stdout).not.toContain(KEY);
    expect(code).toBe(2);
  });

  it.each([
    ['{"expiry": "soon"}', 'the expiry is not a time'],
    ['{"link": "v3"}', 'the link version is not v1 or v2'],
    ['{"server": "http://zephr.example"}', 'plain http'],
  ])('a setting that is none: %s', async (text, words) => {
    const { sh, folder } = openSession();
    writeFileSync(join(folder, 'config.json'), text);
    const { code, stdout } = await sh('zephr doctor --config config.json');
    expect(linesOf(stdout)[0]?.[0]).toBe('!! configuration');
    expect(stdout).toContain(words);
    expect(code).toBe(2);
  });

  it('an API key that others can read, which is worth a word but no failure', async () => {
    const { sh, folder } = session();
    const config = join(folder, 'config.json');
    writeFileSync(config, `{"apiKey":"${KEY}"}`);
    chmodSync(config, 0o644);
    const { stdout } = await sh('zephr doctor --config config.json');
    expect(linesOf(stdout)[1]).toEqual(['! permissions', 'others can read the API key in config.json']);
    expect(stdout).toContain('chmod 600');
  });

  it('an API key that is refused', async () => {
    const { code, stdout } = await session().sh(`ZEPHR_API_KEY=${KEY} zephr doctor`);
    expect(linesOf(stdout).map(([line]) => line)).toContain('!! API key');
    expect(linesOf(stdout)).toContainEqual(['-- read', 'not reached']);
    expect(code).toBe(3);
  });

  it('a server that wants an API key', async () => {
    const url = await refusing(/^\/api\/secrets$/, 403, 'API_KEY_REQUIRED');
    const { code, stdout } = await session().sh(`zephr doctor --server ${url}`);
    expect(linesOf(stdout)).toContainEqual(['!! API key', 'some words']);
    expect(stdout).toContain('set ZEPHR_API_KEY');
    expect(code).toBe(4);
  });

  describe.skipIf(!HAS_OPENSSL)(`in the certificate of the server${withoutOpenssl}`, () => {
    /** Doctor for the server behind a certificate that says this. */
    async function doctorOf(said: CertificateOptions, env = '') {
      const { sh, folder } = session();
      const certificates = makeCertificates(folder, said);
      const front = await tlsFront(server.url, certificates);
      return sh(`${env} NODE_EXTRA_CA_CERTS=${certificates.authority} zephr doctor --server ${front}`);
    }
    const tls = (stdout: string) => linesOf(stdout).find(([line]) => line.endsWith(' TLS'));

    it('when it ends', async () => {
      const { stdout, code } = await doctorOf({ until: 100 });
      const until = new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10);
      expect(tls(stdout)).toEqual(['ok TLS', `the certificate is trusted, until ${until}`]);
      expect(code).toBe(0);
    });

    it.each([
      ['soon', { from: -80, until: 10.5 }, '!', 'in 10 days'],
      ['soon, for one that lives long', { from: -364, until: 1.5 }, '!', 'in 1 day'],
      ['in the last sixth of a short life', { from: -5, until: 0.6 }, '!', 'in 0 days'],
      ['in a fortnight', { from: -80, until: 14.5 }, 'ok', 'is trusted, until'],
      ['soon, for one that is short-lived and new', { from: -1, until: 5 }, 'ok', 'is trusted, until'],
    ])('that it ends %s, which is no failure', async (_, said, mark, words) => {
      const { stdout, code } = await doctorOf(said);
      expect(tls(stdout)).toEqual([`${mark} TLS`, expect.stringContaining(words)]);
      if (mark === '!') expect(stdout).toContain('it should have been renewed: tell whoever runs the server');
      expect(code).toBe(0);
    });

    it('that it ended, or is for another name', async () => {
      const expired = await doctorOf({ from: -90, until: -1 });
      expect(tls(expired.stdout)).toEqual(['!! TLS', expect.stringContaining('(CERT_HAS_EXPIRED)')]);
      expect(expired.stdout).toContain('its certificate has expired: tell whoever runs the server');
      expect(expired.code).toBe(8);
      const other = await doctorOf({ names: 'DNS:other.example' });
      expect(other.stdout).toContain('its certificate is for another name: check the name of the server');
      expect(other.code).toBe(8);
    });

    it('through a proxy too', async () => {
      const proxy = await connectProxy();
      const { stdout } = await doctorOf({}, `HTTPS_PROXY=${proxy.url}`);
      expect(tls(stdout)?.[1]).toContain('the certificate is trusted, until');
      // Health, the certificate, create, status, read, acknowledgement, and the read that is refused.
      expect(proxy.requests).toHaveLength(15);
    });
  });

  it('a port that speaks no TLS', async () => {
    const { code, stdout } = await session().sh(
      `zephr doctor --server ${server.url.replace('http:', 'https:')}`,
    );
    expect(linesOf(stdout).map(([line]) => line)).toContain('ok network');
    expect(linesOf(stdout).find(([line]) => line === '!! TLS')?.[1]).toContain('no trusted TLS connection');
    expect(code).toBe(8);
  });

  it.each([
    [7200, '7,200 s behind the server'],
    [-600, '600 s ahead of the server'],
  ])('a clock that is %i s off, which is no failure', async (seconds, words) => {
    const url = await disguised((_, __, { headers }) => {
      headers.date = new Date(Date.now() + seconds * 1000).toUTCString();
    });
    const { code, stdout } = await session().sh(`zephr doctor --server ${url}`);
    const [, clock = ''] = linesOf(stdout).find(([line]) => line === '! clock') ?? [];
    // Rounded to seconds, and the server answers a moment later than it is asked.
    expect(clock.replace(/[\d,]+ s/, (found) => near(found, Math.abs(seconds)))).toBe(
      `this machine is ${words}`,
    );
    expect(code).toBe(0);
  });

  it('a server that speaks only version 1', async () => {
    const url = await disguised((path, _, reply) => {
      if (path === '/api/health') reply.body = JSON.stringify({ status: 'ok', protocol: [1] });
    });
    const { code, stdout } = await session().sh(`zephr doctor --server ${url}`);
    expect(linesOf(stdout)).toContainEqual(['!! protocol', 'the server speaks version 1, not 2']);
    expect(code).toBe(8);
  });

  it('a server that gives a secret twice', async () => {
    let first: string | undefined;
    const url = await disguised((path, method, reply) => {
      if (method !== 'GET' || !/^\/api\/secrets\/[\w-]+$/.test(path)) return;
      first ??= reply.body;
      reply.status = 200;
      reply.body = first;
    });
    const { code, stdout } = await session().sh(`zephr doctor --server ${url}`);
    expect(linesOf(stdout)).toContainEqual([
      '!! read again',
      'the server gave the same secret to two readers',
    ]);
    expect(code).toBe(8);
  });

  it('a server that says of an unread secret that it was read, and goes on', async () => {
    const url = await disguised((path, _, reply) => {
      if (path.endsWith('/status')) reply.body = reply.body.replace('waiting', 'read');
    });
    const { code, stdout } = await session().sh(`zephr doctor --server ${url}`);
    expect(linesOf(stdout).map(([line]) => line)).toContain('!! status');
    expect(linesOf(stdout).map(([line]) => line)).toContain('ok read again');
    expect(code).toBe(8);
  });

  it('something that is no zephr server', async () => {
    const url = await httpHost((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>hi</h1>'),
    );
    const { code, stdout } = await session().sh(`zephr doctor --server ${url}`);
    expect(linesOf(stdout).find(([line]) => line === '!! create')?.[1]).toContain(
      'did not answer as a zephr server',
    );
    expect(stdout).not.toContain('<h1>');
    expect(code).toBe(8);
  });

  it('control characters in what a server says, and does not pass them on', async () => {
    const url = await disguised((path, _, reply) => {
      if (path !== '/api/secrets') return;
      reply.status = 400;
      reply.body = JSON.stringify({ error: { code: 'EVIL', message: `red \u001b[31m ${ID}` } });
    });
    const { stdout } = await session().sh(`zephr doctor --server ${url}`);
    expect(stdout).toContain('red \\u{1b}[31m');
    expect(stdout).not.toContain('\u001b');
  });
});

/** `found` in the words of what was expected, if it is that within two seconds. */
function near(found: string, seconds: number): string {
  const value = Number(found.replace(/[^\d]/g, ''));
  return Math.abs(value - seconds) <= 2 ? `${seconds.toLocaleString('en')} s` : found;
}
