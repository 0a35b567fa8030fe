/** WebCrypto of the runtime: all ciphers, hashes, signatures and random numbers come from it. */

import { ZephrError } from './errors.js';

/**
 * `globalThis.crypto`. Asked for when it is used: a program that only loads zephr does not need it.
 * @throws ZephrError `NO_WEBCRYPTO` where there is none: in Node before 23 when it is switched off, and in pages that
 *   came over plain http (Secure Contexts, https://www.w3.org/TR/secure-contexts/).
 */
export function webCrypto(): Crypto {
  // Where it is missing, the global is no property at all, whatever its type says.
  const found: Partial<Crypto> | undefined = Reflect.get(globalThis, 'crypto');
  if (found?.subtle === undefined) {
    throw new ZephrError(
      'there is no WebCrypto here: run Node without --no-experimental-global-webcrypto, or open the page over https',
      'NO_WEBCRYPTO',
    );
  }
  return globalThis.crypto;
}

/** SHA-256 (FIPS 180-4) of `bytes`: 32 bytes. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await webCrypto().subtle.digest('SHA-256', bytes));
}
