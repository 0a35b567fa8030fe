/** Reads the server's certificate and key from two files, and checks that they are usable. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ZephrError } from '../../core/errors.js';

/** Paths of PEM files. That of the certificate may hold the certificates of its authorities after it. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The contents of the files. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its key.
 * @throws ZephrError `TLS_NOT_READABLE` or `TLS_NOT_USABLE`, whose message names the file that is wrong.
 */
export async function readTls(files: TlsFiles): Promise<TlsPair> {
  const pair = { cert: await readPart(files.cert), key: await readPart(files.key) };
  const certificate = orThrow(
    () => new X509Certificate(pair.cert),
    `${files.cert} is not a certificate in PEM`,
  );
  const key = orThrow(
    () => createPrivateKey(pair.key),
    `${files.key} is not a private key in PEM, without a passphrase`,
  );
  if (!certificate.checkPrivateKey(key)) {
    throw new ZephrError(`${files.key} is not the key of the certificate ${files.cert}`, 'TLS_NOT_USABLE');
  }
  orThrow(() => createSecureContext(pair), `${files.cert} and its key are not usable for TLS`);
  return pair;
}

/** Until when a certificate is valid, as the certificate spells it. */
export function validUntil({ cert }: TlsPair): string {
  return new X509Certificate(cert).validTo;
}

async function readPart(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ZephrError(`${path} cannot be read: check the path and its permissions`, 'TLS_NOT_READABLE', {
      cause,
    });
  }
}

function orThrow<T>(make: () => T, message: string): T {
  try {
    return make();
  } catch (cause) {
    throw new ZephrError(message, 'TLS_NOT_USABLE', { cause });
  }
}
