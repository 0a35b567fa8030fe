/**
 * A certificate authority for one proxy, in memory: it vouches for the hosts that the proxy stands in for, to programs
 * that are told to trust it. Its key is never written anywhere, and ends with the process. Certificates are as in RFC
 * 5280. The packages that write them are thirty times the size of this file and of der.ts; OpenSSL, in Node, signs.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import {
  bitString,
  context,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  trueValue,
  utf8String,
} from './der.js';

/** How long certificates are valid, in milliseconds: a proxy runs for 30 days at most. */
const VALID_MS = 31 * 86_400_000;

/** Clocks of programs may be behind by as much. */
const BEFORE_MS = 3_600_000;

/** Object identifiers: RFC 5758 section 3.2 for the first, RFC 5280 for all others. */
const ID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** The one bit of a key's usage (RFC 5280 section 4.2.1.3). */
const USAGE = {
  digitalSignature: () => bitString(Uint8Array.of(0x80), 7),
  keyCertSign: () => bitString(Uint8Array.of(0x04), 2),
};

/** Bytes of a point on the curve P-256, which a public key ends with. */
const POINT_BYTES = 65;

/** A key pair on the curve P-256, and the public key as certificates have it. */
interface Keys {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** SHA-1 of the public key, which names it (RFC 5280 section 4.2.1.2). It proves nothing. */
  readonly id: Uint8Array;
}

export class Authority {
  readonly #keys = makeKeys();
  /** All hosts share a key: whoever had it could stand in for each of them here anyway. */
  readonly #hostKeys = makeKeys();
  /** Told apart from those of other proxies, which have other keys. */
  readonly #name = nameOf(`zephr proxy ${randomBytes(4).toString('hex')}`);
  readonly #now: number;
  readonly #contexts = new Map<string, SecureContext>();
  /** The authority's own certificate, in PEM. */
  readonly certificate: string;

  /** @param now milliseconds since 1970. */
  constructor(now: number) {
    this.#now = now;
    this.certificate = this.#issue(this.#name, this.#keys, [
      critical(ID.basicConstraints, sequence(trueValue(), integer(0))),
      critical(ID.keyUsage, USAGE.keyCertSign()),
      extension(ID.subjectKeyIdentifier, octetString(this.#keys.id)),
    ]);
  }

  /** What a TLS server at this host, a name or an address, presents. */
  contextFor(host: string): SecureContext {
    let known = this.#contexts.get(host);
    if (known === undefined) {
      const key = this.#hostKeys.privateKey.export({ type: 'pkcs8', format: 'pem' });
      known = createSecureContext({ key, cert: this.#certificateFor(host) });
      this.#contexts.set(host, known);
    }
    return known;
  }

  #certificateFor(host: string): string {
    const name = isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressBytes(host));
    return this.#issue(nameOf('zephr proxy'), this.#hostKeys, [
      critical(ID.basicConstraints, sequence()),
      critical(ID.keyUsage, USAGE.digitalSignature()),
      extension(ID.extKeyUsage, sequence(objectIdentifier(ID.serverAuth))),
      extension(ID.subjectAltName, sequence(name)),
      extension(ID.subjectKeyIdentifier, octetString(this.#hostKeys.id)),
      extension(ID.authorityKeyIdentifier, sequence(implicit(0, this.#keys.id))),
    ]);
  }

  #issue(subject: Uint8Array, { publicKey }: Keys, extensions: readonly Uint8Array[]): string {
    const algorithm = sequence(objectIdentifier(ID.ecdsaWithSha256));
    const [first = 0, ...serial] = randomBytes(16);
    const signed = sequence(
      // Version 3.
      context(0, integer(2)),
      integer((first & 0x3f) | 0x40, ...serial),
      algorithm,
      this.#name,
      sequence(time(this.#now - BEFORE_MS), time(this.#now + VALID_MS)),
      subject,
      publicKey,
      context(3, sequence(...extensions)),
    );
    return pemOf(sequence(signed, algorithm, bitString(sign('sha256', signed, this.#keys.privateKey))));
  }
}

function makeKeys(): Keys {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha1').update(publicKey.subarray(-POINT_BYTES)).digest();
  return { privateKey: pair.privateKey, publicKey, id };
}

function nameOf(text: string): Uint8Array {
  return sequence(set(sequence(objectIdentifier(ID.commonName), utf8String(text))));
}

function extension(id: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), octetString(value));
}

/** One that whoever does not know it has to refuse. */
function critical(id: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), trueValue(), octetString(value));
}

/** The 4 or 16 bytes of an address as a WHATWG URL spells it: IPv6 in groups, none of them as IPv4. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number);
  const [before = [], after] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = after === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...(after ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** RFC 7468. */
function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
