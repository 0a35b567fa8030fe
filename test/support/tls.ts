/** TLS for tests: certificates made on the spot with openssl, and a front that ends TLS before a plain server. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

/** Whether there is an openssl to make certificates with. */
export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

export interface Certificates {
  /** Path of the authority's own certificate, for NODE_EXTRA_CA_CERTS. */
  readonly authority: string;
  readonly key: string;
  readonly cert: string;
}

/** A new authority, which nobody knows, and a certificate of it for localhost. */
export function makeCertificates(folder: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...newKey, '-subj', '/CN=nobody', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl('req', ...newKey.slice(0, -2), '-subj', '/CN=localhost', '-keyout', 'host.key', '-out', 'host.csr');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,DNS:zephr.test,IP:127.0.0.1\n');
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'host.csr', ...signing, '-out', 'host.pem');
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
