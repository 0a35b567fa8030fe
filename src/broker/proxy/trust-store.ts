/**
 * Certificates to trust, as Java reads them: PKCS #12 (RFC 7292) without a password, for nothing in it is secret. Java
 * takes a certificate for a trusted one by an attribute of its own.
 */

import { context, integer, objectIdentifier, octetString, sequence, set } from './der.js';

/** Object identifiers: RFC 7292 for the first three, RFC 5280 for the last, and Java's own. */
const ID = {
  data: '1.2.840.113549.1.7.1',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
  anyExtendedKeyUsage: '2.5.29.37.0',
} as const;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** A store with all certificates of a text in PEM. */
export function trustStoreOf(pem: string): Uint8Array {
  const bags = [...pem.matchAll(CERTIFICATE)].map(([, base64 = '']) => bagOf(Buffer.from(base64, 'base64')));
  const contents = sequence(dataOf(sequence(...bags)));
  return sequence(integer(3), dataOf(contents));
}

function dataOf(content: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(ID.data), context(0, octetString(content)));
}

function bagOf(certificate: Uint8Array): Uint8Array {
  const inside = sequence(objectIdentifier(ID.x509Certificate), context(0, octetString(certificate)));
  const trusted = sequence(
    objectIdentifier(ID.trustedKeyUsage),
    set(objectIdentifier(ID.anyExtendedKeyUsage)),
  );
  return sequence(objectIdentifier(ID.certificateBag), context(0, inside), set(trusted));
}
