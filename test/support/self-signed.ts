/** Self-signed certificates for loopback, made by openssl when a test needs them. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of two PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is like. */
export interface SelfSignedOptions {
  /** As openssl names the kind of key. Default an EC key of P-256. */
  readonly key?: readonly string[];
  /** Days from now, negative for days ago. Default now, and in two days. */
  readonly from?: number;
  readonly until?: number;
}

const P256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** Makes a self-signed certificate for 127.0.0.1. @param name of the files, and the subject's common name. */
export function makeCertificate(
  folder: string,
  name: string,
  options: SelfSignedOptions = {},
): CertificateFiles {
  const { key = P256, from = 0, until = 2 } = options;
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const request = join(folder, `${name}.csr`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore', cwd: folder });
  openssl('req', '-newkey', ...key, '-nodes', '-subj', `/CN=${name}`, '-keyout', files.key, '-out', request);
  writeFileSync(join(folder, `${name}.names`), 'subjectAltName=IP:127.0.0.1\n');
  writeFileSync(join(folder, `${name}.index`), '');
  writeFileSync(join(folder, `${name}.conf`), authority(name));
  const signing = ['-batch', '-notext', '-selfsign', '-config', `${name}.conf`, '-extfile', `${name}.names`];
  const dates = ['-startdate', opensslDate(from), '-enddate', opensslDate(until)];
  openssl('ca', ...signing, ...dates, '-keyfile', files.key, '-in', request, '-out', files.cert);
  return files;
}

/** What `openssl ca` wants to be told: of all openssl's commands only that one takes dates. */
function authority(name: string): string {
  return `[ca]
default_ca = authority
[authority]
database = ${name}.index
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = subject
[subject]
commonName = supplied
`;
}

/** Days from now as openssl writes a time: `20260131235959Z`. */
export function opensslDate(days: number): string {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${iso.slice(0, 19).replace(/[-T:]/g, '')}Z`;
}
