/**
 * A certificate authority for one proxy, in memory: it vouches for the hosts that the proxy stands in for, to programs
 * that are told to trust it. Its key is never written anywhere, and ends with the process. X.509 as in RFC 5280.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';

/** How long certificates are valid, in milliseconds: a proxy runs for 30 days at most. */
const VALID_MS = 31 * 86_400_000;

/** Clocks of programs may be behind by as much. */
const BEFORE_MS = 3_600_000;

/** ecdsa-with-SHA256 (RFC 5758 section 3.2). */
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

/** id-at-commonName (RFC 5280 appendix A). */
const COMMON_NAME = '2.5.4.3';

/** A key pair on the curve P-256, and the public key as certificates have it. */
interface Keys {
  readonly privateKey: KeyObject;
  readonly spki: x509.SubjectPublicKeyInfo;
  /** SHA-1 of the public key, which names it (RFC 5280 section 4.2.1.2). It proves nothing. */
  readonly id: Uint8Array;
}

export class Authority {
  readonly #keys = makeKeys();
  /** All hosts share a key: whoever had it could stand in for each of them here anyway. */
  readonly #hostKeys = makeKeys();
  readonly #name: x509.Name;
  readonly #now: number;
  readonly #contexts = new Map<string, SecureContext>();
  /** The authority's own certificate, in PEM. */
  readonly certificate: string;

  /** @param now milliseconds since 1970. */
  constructor(now: number) {
    this.#now = now;
    // Told apart from those of other proxies, which have other keys.
    this.#name = nameOf(`zephr proxy ${randomBytes(4).toString('hex')}`);
    this.certificate = this.#issue(this.#name, this.#keys, [
      extension(
        x509.id_ce_basicConstraints,
        new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 }),
        true,
      ),
      extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign), true),
      extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(this.#keys.id)),
    ]);
  }

  /** What a TLS server at this host, a name or an address, presents. */
  contextFor(host: string): SecureContext {
    let context = this.#contexts.get(host);
    if (context === undefined) {
      const key = this.#hostKeys.privateKey.export({ type: 'pkcs8', format: 'pem' });
      context = createSecureContext({ key, cert: this.#certificateFor(host) });
      this.#contexts.set(host, context);
    }
    return context;
  }

  #certificateFor(host: string): string {
    const name = isIP(host) === 0 ? { dNSName: host } : { iPAddress: host };
    return this.#issue(nameOf('zephr proxy'), this.#hostKeys, [
      extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: false }), true),
      extension(x509.id_ce_keyUsage, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature), true),
      extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth])),
      extension(x509.id_ce_subjectAltName, new x509.SubjectAlternativeName([new x509.GeneralName(name)])),
      extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(this.#hostKeys.id)),
      extension(
        x509.id_ce_authorityKeyIdentifier,
        new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(this.#keys.id) }),
      ),
    ]);
  }

  #issue(subject: x509.Name, { spki }: Keys, extensions: x509.Extension[]): string {
    const algorithm = () => new x509.AlgorithmIdentifier({ algorithm: ECDSA_SHA256 });
    const serial = randomBytes(16);
    // Positive, and without zeros before it (X.690 section 8.3).
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    const tbsCertificate = new x509.TBSCertificate({
      version: x509.Version.v3,
      serialNumber: bufferOf(serial),
      signature: algorithm(),
      issuer: this.#name,
      validity: new x509.Validity({
        notBefore: new Date(this.#now - BEFORE_MS),
        notAfter: new Date(this.#now + VALID_MS),
      }),
      subject,
      subjectPublicKeyInfo: spki,
      extensions: new x509.Extensions(extensions),
    });
    const signed = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), this.#keys.privateKey);
    const certificate = new x509.Certificate({
      tbsCertificate,
      signatureAlgorithm: algorithm(),
      signatureValue: bufferOf(signed),
    });
    return pemOf(Buffer.from(AsnConvert.serialize(certificate)));
  }
}

function makeKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), x509.SubjectPublicKeyInfo);
  const id = createHash('sha1').update(new Uint8Array(spki.subjectPublicKey)).digest();
  return { privateKey, spki, id };
}

function nameOf(text: string): x509.Name {
  const value = new x509.AttributeValue({ utf8String: text });
  return new x509.Name([
    new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: COMMON_NAME, value })]),
  ]);
}

function extension(extnID: string, value: object, critical = false): x509.Extension {
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** RFC 7468. */
function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
