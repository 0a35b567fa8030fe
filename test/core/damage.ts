/** Blobs that somebody changed on the way. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../src/core/base64url.js';

/** `blob` with one of its bytes replaced or taken out. */
export function damaged(blob: string): fc.Arbitrary<string> {
  const bytes = decodeBase64url(blob);
  const at = fc.nat(bytes.length - 1);
  return fc.oneof(
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([index, bits]) => {
      const other = bytes.slice();
      other[index] = (other[index] ?? 0) ^ bits;
      return encodeBase64url(other);
    }),
    at.map((index) => spliced(bytes, index, 1)),
  );
}

/** `blob` with one byte more. */
export function lengthened(blob: string): fc.Arbitrary<string> {
  const bytes = decodeBase64url(blob);
  return fc.tuple(fc.nat(bytes.length), fc.nat(255)).map(([index, byte]) => spliced(bytes, index, 0, byte));
}

function spliced(bytes: Uint8Array, index: number, remove: number, ...add: number[]): string {
  const other = [...bytes];
  other.splice(index, remove, ...add);
  return encodeBase64url(Uint8Array.from(other));
}

/** That `opening` fails, and with the error that says nothing about why. */
export async function refusedAlike(opening: Promise<unknown>): Promise<void> {
  await expect(opening).rejects.toMatchObject({
    name: 'EncryptionError',
    code: 'DECRYPTION_FAILED',
    message: 'the secret does not open: wrong key or passphrase, or it was tampered with',
    cause: expect.any(Error),
  });
}
