/**
 * Padmé: lengths rounded up, so that a ciphertext's length tells little about its plaintext
 * (core/protocol/PROTOCOL.md section 3; Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
 * Communication with PURBs", 2019, section 4).
 */

/** The shortest frame, in bytes: all secrets that fit in it look the same. */
const SHORTEST_FRAME = 256;

/** `length`, a whole number from 0 to 2^53 - 1, rounded up to a multiple of its step: at most 12 % more. */
export function padme(length: number): number {
  const step = stepAt(length);
  return Math.ceil(length / step) * step;
}

/** The length of a frame with its padding, in bytes; `length` is without. */
export function paddedLength(length: number): number {
  return Math.max(SHORTEST_FRAME, padme(length));
}

/** The longest frame without padding, in bytes, that takes at most `room` bytes with it; 0 when there is none. */
export function longestUnpadded(room: number): number {
  if (room < SHORTEST_FRAME) return 0;
  // The next power of two is a multiple of the step too, so nothing between this multiple and `room` fits.
  const step = stepAt(room);
  return Math.floor(room / step) * step;
}

/** 2^(e - s), where e = floor(log2 length) and s = floor(log2 e) + 1. */
function stepAt(length: number): number {
  if (length < 2) return 1;
  const exponent = floorLog2(length);
  return 2 ** (exponent - floorLog2(exponent) - 1);
}

/** Exact, as Math.log2 is not: it takes 2^49 - 1 for 2^49. */
function floorLog2(value: number): number {
  return value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / 2 ** 32);
}
