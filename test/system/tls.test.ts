/** `zephr serve` with a certificate of its own, and with another one while it runs. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CertificateFiles, makeCertificate } from '../support/self-signed.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { logged, loggedEvent, origin } from '../support/server-log.js';
import { openSession } from '../support/session.js';

async function serve({ cert, key }: CertificateFiles): Promise<ServerProcess> {
  const server = await startServerProcess({ args: ['--tls-cert', cert, '--tls-key', key] });
  onTestFinished(() => void server.stop());
  return server;
}

/** Files that look like a certificate or a key and are of no use: each is wrong in one way. */
function makeSpecimens(folder: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  openssl('x509', '-in', 'a.crt', '-outform', 'DER', '-out', 'a.der');
  openssl('pkey', '-in', 'a.key', '-outform', 'DER', '-out', 'key.der');
  openssl('pkey', '-in', 'a.key', '-aes128', '-passout', 'pass:x', '-out', 'enc.key');
  openssl('ec', '-in', 'a.key', '-aes128', '-passout', 'pass:x', '-out', 'old.key');
  makeCertificate(folder, 'short', { key: ['rsa:1024'] });
  makeCertificate(folder, 'curve', { key: ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'] });
  const { cert, key } = makeCertificate(folder, 'past', { from: -90, until: -1 });
  copyFileSync(cert, join(folder, 'old.crt'));
  copyFileSync(key, join(folder, 'old.crt.key'));
  makeCertificate(folder, 'new', { from: 1, until: 90 });
}

/** The common name of the certificate that a new connection gets. */
function presented(url: string): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('zephr serve with a certificate', () => {
  it('hands a secret over by https, to who trusts the certificate and to nobody else', async () => {
    const session = openSession();
    const files = makeCertificate(session.folder, 'first');
    const { url } = await serve(files);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:[0-9]+$/);
    const env = { ZEPHR_SERVER: url, NODE_EXTRA_CA_CERTS: files.cert };
    const { stdout, stderr, code } = await session.sh('echo hunter2 | zephr -q | zephr get -q', { env });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'hunter2\n', stderr: '', code: 0 });
    expect((await session.sh('echo hunter2 | zephr', { env: { ZEPHR_SERVER: url } })).code).toBe(8);
  });

  it('tells browsers to stay with https, in refusals too', async () => {
    const session = openSession();
    const files = makeCertificate(session.folder, 'first');
    const { url } = await serve(files);
    const headersOf = (path: string, host: string) =>
      new Promise((resolve, reject) => {
        const options = { rejectUnauthorized: false, agent: false, headers: { host } } as const;
        request(`${url}${path}`, options, (answer) => {
          answer.resume();
          resolve(answer.headers['strict-transport-security']);
        })
          .on('error', reject)
          .end();
      });
    expect(await headersOf('/api/health', 'zephr')).toBe('max-age=31536000');
    expect(await headersOf('/nothing', 'zephr')).toBe('max-age=31536000');
    expect(await headersOf('/api/health', 'a<b')).toBe('max-age=31536000');
  });

  it('takes another certificate on SIGHUP, and keeps the one it has when that is broken', async () => {
    const { folder } = openSession();
    const [files, next] = [makeCertificate(folder, 'first'), makeCertificate(folder, 'second')];
    const server = await serve(files);
    expect(await presented(server.url)).toBe('first');

    copyFileSync(next.cert, files.cert);
    server.process.kill('SIGHUP');
    expect(await loggedEvent(server, 'certificate kept')).toMatchObject({
      level: 'error',
      code: 'TLS_NOT_USABLE',
      message: expect.stringContaining('is not the key of the certificate'),
    });
    expect(await presented(server.url)).toBe('first');

    copyFileSync(next.key, files.key);
    server.process.kill('SIGHUP');
    await loggedEvent(server, 'certificate reloaded');
    expect(await presented(server.url)).toBe('second');
    expect(await server.stop()).toBe(0);
  });

  it('keeps the pair it has when the files on SIGHUP hold one that has expired', async () => {
    const { folder } = openSession();
    const files = makeCertificate(folder, 'first');
    const server = await serve(files);
    const expired = makeCertificate(folder, 'second', { from: -90, until: -1 });
    copyFileSync(expired.cert, files.cert);
    copyFileSync(expired.key, files.key);
    server.process.kill('SIGHUP');
    expect(await loggedEvent(server, 'certificate kept')).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/first\.crt expired at .* UTC: renew it$/),
    });
    expect(await presented(server.url)).toBe('first');
    expect(server.log()).not.toContain('certificate reloaded');
  });

  it('warns of the end of its certificate from 14 days before, at the start and on SIGHUP', async () => {
    const { folder } = openSession();
    const files = makeCertificate(folder, 'first', { from: -76, until: 13.5 });
    const server = await serve(files);
    expect(await loggedEvent(server, 'certificate expires soon')).toMatchObject({ level: 'warn', days: 13 });
    const next = makeCertificate(folder, 'second', { from: -1, until: 89 });
    copyFileSync(next.cert, files.cert);
    copyFileSync(next.key, files.key);
    server.process.kill('SIGHUP');
    await loggedEvent(server, 'certificate reloaded');
    expect(logged(server).filter(({ event }) => event === 'certificate expires soon')).toHaveLength(1);
  });

  it('is not held up by who does not speak TLS, at its end neither', async () => {
    const { folder } = openSession();
    const server = await serve(makeCertificate(folder, 'first'));
    const { port } = new URL(await origin(server));
    const [silent, plain] = [connect(Number(port), '127.0.0.1'), connect(Number(port), '127.0.0.1')];
    const closed = Promise.all(
      [silent, plain].map((socket) => new Promise((done) => socket.on('close', done))),
    );
    for (const socket of [silent, plain]) socket.on('error', () => undefined);
    plain.write('GET / HTTP/1.1\r\nHost: zephr\r\n\r\n');
    expect(await presented(server.url)).toBe('first');
    expect(await server.stop()).toBe(0);
    await closed;
  });

  it.each([
    ['a certificate without its key', '--tls-cert a.crt', 'without --tls-key'],
    ['a key without its certificate', '--tls-key a.key', 'without --tls-cert'],
    ['files that are not there', '--tls-cert x --tls-key y', 'x cannot be read'],
    ['a certificate that is none', '--tls-cert junk --tls-key a.key', 'junk is not a certificate'],
    ['a key that is none', '--tls-cert a.crt --tls-key junk', 'junk is not a private key'],
    ['a key in place of a certificate', '--tls-cert a.key --tls-key a.key', 'in PEM, but a key'],
    ['a certificate in place of a key', '--tls-cert a.crt --tls-key a.crt', 'in PEM, but a certificate'],
    ['a pair that does not belong together', '--tls-cert a.crt --tls-key b.key', 'b.key is not the key of'],
    [
      'a certificate in DER',
      '--tls-cert a.der --tls-key a.key',
      'a.der is in DER: convert it with openssl x509',
    ],
    ['a key in DER', '--tls-cert a.crt --tls-key key.der', 'key.der is in DER: convert it with openssl pkey'],
    [
      'a key under a passphrase',
      '--tls-cert a.crt --tls-key enc.key',
      'enc.key is encrypted with a passphrase',
    ],
    ['an old key under one', '--tls-cert a.crt --tls-key old.key', 'old.key is encrypted with a passphrase'],
    ['a key that is too short', '--tls-cert short.crt --tls-key short.key', 'has 1024 bits'],
    ['a curve that TLS lacks', '--tls-cert curve.crt --tls-key curve.key', 'curve secp256k1'],
    ['a certificate that has expired', '--tls-cert old.crt --tls-key old.crt.key', 'old.crt expired at 20'],
    ['one that is not valid yet', '--tls-cert new.crt --tls-key new.key', 'new.crt is valid only from 20'],
  ])('refuses %s', async (_, options, words) => {
    const session = openSession();
    makeCertificate(session.folder, 'a');
    makeCertificate(session.folder, 'b');
    makeSpecimens(session.folder);
    writeFileSync(join(session.folder, 'junk'), 'junk');
    const { code, stdout, stderr } = await session.sh(`zephr serve --port 0 --store memory: ${options}`);
    expect(stderr).toMatch(/^zephr: error: /);
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
