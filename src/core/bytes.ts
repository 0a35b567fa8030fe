/** Bytes: random ones, joined ones, and those of a text in UTF-8. */

import { webCrypto } from './web-crypto.js';

/** Bytes that are not in shared memory, which WebCrypto refuses. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Gives `length` cryptographically random bytes. An argument, so that a test can have known ones. */
export type RandomBytes = (length: number) => Bytes;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** WebCrypto's generator of random bytes: at most 65,536 in one call. */
export const randomBytes: RandomBytes = (length) => webCrypto().getRandomValues(new Uint8Array(length));

/** `text` as UTF-8. A lone surrogate becomes U+FFFD (Encoding Standard). */
export function encodeUtf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * The text of UTF-8 `bytes`, exactly: a leading U+FEFF is kept.
 * @throws TypeError if the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The parts, one after the other, in a new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes. The time it takes depends on them, so it is not for comparing secrets. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** A view of the same memory, or a copy of shared memory, which WebCrypto refuses. */
export function unshared(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
}
