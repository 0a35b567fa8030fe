/** Reads the server's certificate and key from two files, and checks that clients will accept them. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
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

/** From when until when a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** The shortest RSA key that TLS clients accept, in bits (CA/Browser Forum Baseline Requirements, section 6.1.5). */
const LEAST_RSA_BITS = 2048;

/** The elliptic curves that TLS has signatures for (RFC 8446 section 4.2.3), by OpenSSL's names. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * Reads a certificate and its key.
 * @param now milliseconds since 1970: the certificate has to be valid then.
 * @throws ZephrError `TLS_NOT_READABLE` or `TLS_NOT_USABLE`, whose message names the file that is wrong, and says why.
 */
export async function readTls(files: TlsFiles, now: number): Promise<TlsPair> {
  const pair = { cert: await readPart(files.cert), key: await readPart(files.key) };
  const certificate = parseCertificate(files.cert, pair.cert);
  const key = parseKey(files.key, pair.key);
  if (!certificate.checkPrivateKey(key)) {
    throw notUsable(`${files.key} is not the key of the certificate ${files.cert}`);
  }
  const weakness = weaknessOf(key);
  if (weakness !== null) throw notUsable(`${files.key} ${weakness}`);
  checkValidity(files.cert, validityOf(certificate), now);
  try {
    createSecureContext(pair);
  } catch (cause) {
    throw notUsable(`${files.cert} and its key are not usable for TLS`, cause);
  }
  return pair;
}

/** From when until when the certificate of a pair is valid. */
export function validity({ cert }: TlsPair): Validity {
  return validityOf(new X509Certificate(cert));
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

function parseCertificate(path: string, content: Buffer): X509Certificate {
  if (isDer(content)) {
    throw notUsable(`${path} is in DER: convert it with openssl x509 -inform DER -in FILE -out FILE.pem`);
  }
  try {
    return new X509Certificate(content);
  } catch (cause) {
    const found = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(content.toString('latin1')) ? ', but a key' : '';
    throw notUsable(`${path} is not a certificate in PEM${found}`, cause);
  }
}

function parseKey(path: string, content: Buffer): KeyObject {
  if (isDer(content)) {
    throw notUsable(`${path} is in DER: convert it with openssl pkey -inform DER -in FILE -out FILE.pem`);
  }
  const text = content.toString('latin1');
  // PKCS #8 says so in its first line (RFC 7468 section 11), older files in a header (RFC 1421 section 4.6.1.1).
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw notUsable(
      `${path} is encrypted with a passphrase: remove it with openssl pkey -in FILE -out FILE.pem`,
    );
  }
  try {
    return createPrivateKey(content);
  } catch (cause) {
    const found = text.includes('-----BEGIN CERTIFICATE-----') ? ', but a certificate' : '';
    throw notUsable(`${path} is not a private key in PEM${found}`, cause);
  }
}

/** Whether a file holds the bare ASN.1 structure of a certificate or a key, which is a SEQUENCE (ITU-T X.690, 8.9). */
function isDer(content: Buffer): boolean {
  return content[0] === 0x30 && content.length > 16 && !content.includes('-----BEGIN');
}

/** Why clients would refuse every connection under this key, as the end of a sentence; `null` if they would not. */
function weaknessOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details = {},
}: KeyObject): string | null {
  const { modulusLength: bits, namedCurve: curve } = details;
  if (bits !== undefined && bits < LEAST_RSA_BITS) {
    return `is too short: it has ${bits} bits, and TLS clients want ${LEAST_RSA_BITS} or more`;
  }
  if (curve !== undefined && !CURVES.includes(curve)) {
    return `is of the curve ${curve}, which TLS does not have: make one of prime256v1`;
  }
  if (type !== undefined && !['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448'].includes(type)) {
    return `is of the kind ${type}, which TLS does not have: make an RSA or EC key`;
  }
  return null;
}

/** @throws ZephrError when a certificate is not valid at `now`. */
function checkValidity(path: string, { from, until }: Validity, now: number): void {
  if (now >= until) throw notUsable(`${path} expired at ${isoTime(until)}: renew it`);
  if (now < from) {
    throw notUsable(`${path} is valid only from ${isoTime(from)}: check it, and the clock of this machine`);
  }
}

function validityOf({ validFrom, validTo }: X509Certificate): Validity {
  return { from: Date.parse(validFrom), until: Date.parse(validTo) };
}

/** A time to the minute, as a person reads it. */
function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function notUsable(message: string, cause?: unknown): ZephrError {
  return new ZephrError(message, 'TLS_NOT_USABLE', cause === undefined ? {} : { cause });
}
