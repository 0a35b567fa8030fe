/**
 * base64url without padding (RFC 4648 section 5), strict: every byte string has exactly one text, and no other text is
 * accepted. A lenient decoder would let a damaged key or blob through to the request that uses up the secret.
 */

import type { Bytes } from './bytes.js';
import { ValidationError } from './errors.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const FOREIGN = 0xff;

/** From the value of a character, 0 to 63, to its character code, and back. */
const codes = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const values = new Uint8Array(256).fill(FOREIGN);
for (const [value, code] of codes.entries()) values[code] = value;

const ascii = new TextDecoder('latin1');
const encoder = new TextEncoder();

/** The characters that `byteLength` bytes take in base64url. */
export function base64urlLength(byteLength: number): number {
  return Math.ceil((byteLength * 4) / 3);
}

/** The most bytes whose base64url has at most `characters` characters. */
export function base64urlCapacity(characters: number): number {
  return Math.floor((characters * 3) / 4);
}

/** `bytes` in base64url, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  const text = new Uint8Array(base64urlLength(bytes.length));
  const whole = bytes.length - (bytes.length % 3);
  let to = 0;
  for (let from = 0; from < whole; from += 3) {
    const group = (at(bytes, from) << 16) | (at(bytes, from + 1) << 8) | at(bytes, from + 2);
    text[to++] = at(codes, group >>> 18);
    text[to++] = at(codes, (group >>> 12) & 63);
    text[to++] = at(codes, (group >>> 6) & 63);
    text[to++] = at(codes, group & 63);
  }
  const rest = bytes.length - whole;
  if (rest > 0) {
    const group = (at(bytes, whole) << 16) | (rest === 2 ? at(bytes, whole + 1) << 8 : 0);
    text[to++] = at(codes, group >>> 18);
    text[to++] = at(codes, (group >>> 12) & 63);
    if (rest === 2) text[to++] = at(codes, (group >>> 6) & 63);
  }
  return ascii.decode(text);
}

/**
 * The bytes of base64url `text`.
 * @throws ValidationError `INVALID_BASE64URL` on padding, foreign characters, an impossible length, or trailing bits
 *   that are not zero.
 */
export function decodeBase64url(text: string): Bytes {
  const input = encoder.encode(text);
  const rest = input.length % 4;
  if (rest === 1) throw malformed();
  const whole = input.length - rest;
  const bytes = new Uint8Array((whole / 4) * 3 + (rest === 0 ? 0 : rest - 1));
  let seen = 0;
  let to = 0;
  for (let from = 0; from < whole; from += 4) {
    const a = at(values, at(input, from));
    const b = at(values, at(input, from + 1));
    const c = at(values, at(input, from + 2));
    const d = at(values, at(input, from + 3));
    seen |= a | b | c | d;
    bytes[to++] = (a << 2) | (b >>> 4);
    bytes[to++] = (b << 4) | (c >>> 2);
    bytes[to++] = (c << 6) | d;
  }
  if (rest > 0) {
    const a = at(values, at(input, whole));
    const b = at(values, at(input, whole + 1));
    const c = rest === 3 ? at(values, at(input, whole + 2)) : 0;
    const trailing = rest === 3 ? c & 0b11 : b & 0b1111;
    if (trailing !== 0) throw malformed();
    seen |= a | b | c;
    bytes[to++] = (a << 2) | (b >>> 4);
    if (rest === 3) bytes[to++] = (b << 4) | (c >>> 2);
  }
  // Every value of the alphabet is below 64, so a foreign character anywhere sets a high bit.
  if (seen > 63) throw malformed();
  return bytes;
}

/** Whether {@link decodeBase64url} would accept `text`; cheaper, as it decodes nothing. */
export function isBase64url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  const last = at(values, text.charCodeAt(text.length - 1));
  return (last & (rest === 3 ? 0b11 : 0b1111)) === 0;
}

/** `array[index]`, typed as a number: every index in this file is within the bounds. */
function at(array: Uint8Array, index: number): number {
  return array[index] as number;
}

function malformed(): ValidationError {
  return new ValidationError('not base64url', 'INVALID_BASE64URL');
}
