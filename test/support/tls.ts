/** TLS for tests: certificates made on the spot with openssl, and a front that ends TLS before a plain server. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { opensslDate } from './self-signed.js';

/** Whether there is an openssl to make certificates with. */
export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

export interface Certificates {
  /** Path of the authority's own certificate, for NODE_EXTRA_CA_CERTS. */
  readonly authority: string;
  readonly key: string;
  readonly cert: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** Days from now, negative for days ago. */
  readonly from?: number;
  readonly until?: number;
  /** The names it is for, as openssl writes them. */
  readonly names?: string;
}

/** What `openssl ca` wants to be told. */
const AUTHORITY = `
[ca]
default_ca = authority
[authority]
database = index
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = subject
[subject]
commonName = supplied
`;

/** A new authority, which nobody knows, and a certificate of it for localhost. */
export function makeCertificates(folder: string, said: CertificateOptions = {}): Certificates {
  const { from = -1, until = 365, names = 'DNS:localhost,DNS:zephr.test,IP:127.0.0.1' } = said;
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '365',
    '-subj',
    '/CN=nobody',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl('req', ...newKey, '-subj', '/CN=localhost', '-keyout', 'host.key', '-out', 'host.csr');
  for (const [name, text] of Object.entries({
    names: `subjectAltName=${names}\n`,
    config: AUTHORITY,
    index: '',
  }))
    writeFileSync(join(folder, name), text);
  const dates = ['-startdate', opensslDate(from), '-enddate', opensslDate(until)];
  const signing = ['-batch', '-notext', '-config', 'config', '-extfile', 'names', ...dates];
  openssl('ca', ...signing, '-cert', 'ca.pem', '-keyfile', 'ca.key', '-in', 'host.csr', '-out', 'host.pem');
  return {
    authority: join(folder, 'ca.pem'),
    key: readFileSync(join(folder, 'host.key'), 'utf8'),
    cert: readFileSync(join(folder, 'host.pem'), 'utf8'),
  };
}

/** Ends TLS on localhost and passes on to `target`, until the test ends. @returns its https URL. */
export async function tlsFront(target: string, { key, cert }: Certificates): Promise<string> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<TLSSocket>();
  const server = createServer({ key, cert }, (near) => {
    sockets.add(near);
    const far = connect(Number(port), hostname);
    // Either side may go at any time.
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => {
      sockets.delete(near);
      far.destroy();
    });
    near.pipe(far).pipe(near);
  });
  // A client that does not trust it leaves in the middle of the handshake.
  server.on('tlsClientError', () => undefined);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}
