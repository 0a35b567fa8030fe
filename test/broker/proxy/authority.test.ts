/** Certificates for hosts, as OpenSSL and Node read them. */

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Authority } from '../../../src/broker/proxy/authority.js';
import { time } from '../../../src/broker/proxy/der.js';

/** The certificate that a server with this authority presents for a host. */
async function presented(authority: Authority, host: string): Promise<X509Certificate> {
  const server = createServer((socket: Socket) => {
    new TLSSocket(socket, { isServer: true, secureContext: authority.contextFor(host) }).on(
      'error',
      () => undefined,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: authority.certificate,
    checkServerIdentity: () => undefined,
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}

describe('an authority', () => {
  it.each([
    ['api.example.com', 'DNS:api.example.com'],
    ['127.0.0.1', 'IP Address:127.0.0.1'],
    ['::1', 'IP Address:0:0:0:0:0:0:0:1'],
    ['2001:db8::2:3', 'IP Address:2001:DB8:0:0:0:0:2:3'],
    ['1:2:3:4:5:6:7:8', 'IP Address:1:2:3:4:5:6:7:8'],
  ])('vouches for %s', async (host, name) => {
    const authority = new Authority(Date.now());
    const shown = await presented(authority, host);
    expect(shown.subjectAltName).toBe(name);
    expect(shown.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  });

  it('makes certificates that OpenSSL takes, by the strict rules too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zephr-authority-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const authority = new Authority(Date.now());
    writeFileSync(join(folder, 'ca.pem'), authority.certificate);
    writeFileSync(join(folder, 'host.pem'), (await presented(authority, 'a.example')).toString());
    const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'a.example'];
    const said = execFileSync('openssl', [...verify, '-CAfile', 'ca.pem', 'host.pem'], { cwd: folder });
    expect(said.toString()).toBe('host.pem: OK\n');
    const other = ['verify', '-verify_hostname', 'b.example', '-CAfile', 'ca.pem', 'host.pem'];
    expect(() => execFileSync('openssl', other, { cwd: folder, stdio: 'pipe' })).toThrow('ostname mismatch');
  });

  it('is told apart from another', () => {
    const [one, other] = [new Authority(0), new Authority(0)].map(
      (made) => new X509Certificate(made.certificate),
    );
    expect(one?.subject).not.toBe(other?.subject);
    expect(one?.serialNumber).not.toBe(other?.serialNumber);
  });
});

it.each([
  ['2026-11-28T11:22:33Z', '261128112233Z', 0x17],
  ['2049-12-31T23:59:59Z', '491231235959Z', 0x17],
  ['2050-01-01T00:00:00Z', '20500101000000Z', 0x18],
])('the time %s is %s', (moment, text, tag) => {
  const der = Buffer.from(time(Date.parse(moment)));
  expect([der[0], der[1], der.subarray(2).toString()]).toEqual([tag, text.length, text]);
});
