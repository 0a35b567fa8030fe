/**
 * Which certificate authorities are trusted: those that Node brings along, with NODE_EXTRA_CA_CERTS, and those of the
 * system; or the ones that a person names, and no others. Reading the system's takes longer than a create, so that
 * happens only once a certificate was met that Node's own do not explain. Nothing has been sent then: a connection
 * whose certificate is not trusted carries no request.
 */

import { errorCode } from '../core/errors.js';

/** Certificates in PEM, as node:tls takes them; undefined for those that Node trusts by itself. */
export type Authorities = readonly string[] | undefined;

/** What OpenSSL says of a chain that ends at an authority it does not know. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The authorities of one run, more of them as they are needed. */
export class Trust {
  #authorities: Authorities;
  #widening: Promise<Authorities> | undefined;
  readonly #more: () => Promise<Authorities>;

  private constructor(authorities: Authorities, more: () => Promise<Authorities>) {
    this.#authorities = authorities;
    this.#more = more;
  }

  /** Trusts Node's authorities, and the system's once they are needed. */
  static ofSystem(env: Readonly<Record<string, string | undefined>>): Trust {
    return Trust.asking(async () => {
      const { systemAuthorities } = await import('./system-certificates.js');
      return systemAuthorities(env);
    });
  }

  /** Trusts Node's authorities, and once they are needed those that `more` gives. It is asked once. */
  static asking(more: () => Promise<Authorities>): Trust {
    return new Trust(undefined, more);
  }

  /** Trusts the authorities in `pem` and no others. */
  static only(pem: string): Trust {
    return new Trust([pem], async () => undefined);
  }

  /** For a connection that begins. */
  get authorities(): Authorities {
    return this.#authorities;
  }

  /**
   * Whether a connection that failed may succeed with the authorities that there are afterwards.
   * @param tried those that it was made with.
   */
  async widenAfter(error: unknown, tried: Authorities): Promise<boolean> {
    if (!isUnknownAuthority(error)) return false;
    this.#widening ??= this.#more();
    this.#authorities = (await this.#widening) ?? this.#authorities;
    return this.#authorities !== tried;
  }
}

/** Whether a certificate, perhaps that of a proxy, is of an authority that is not known. */
function isUnknownAuthority(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return UNKNOWN_AUTHORITY.has(errorCode(error) ?? '') || isUnknownAuthority(error.cause);
}
