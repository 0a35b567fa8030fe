/**
 * The forms in which a secret turns up in what a program prints: as it is, line by line, and in the encodings that
 * programs put credentials into (cli/CLI.md). Whoever masks looks for all of them.
 */

import { concatBytes, encodeUtf8 } from '../../core/bytes.js';

/** A shorter value is not masked: it would turn up by chance, and its absence would tell it. */
export const SHORTEST_MASKED = 6;

/** A shorter line of a longer value is not looked for by itself. */
const SHORTEST_LINE = 8;

/** RFC 3986 section 2.3. */
const UNRESERVED = /[\w.~-]/;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STANDARD = `${ALPHABET}+/`;
const URL_SAFE = `${ALPHABET}-_`;

/**
 * All forms of a value, none twice: itself and each line of 8 bytes or more, each as it is, percent-encoded, as a JSON
 * string, in hex, and in base64 at any place of a longer text. None for a value under 6 bytes.
 */
export function formsOf(value: Uint8Array): Uint8Array[] {
  if (value.length < SHORTEST_MASKED) return [];
  const forms = new Map<string, Uint8Array>();
  for (const part of [value, ...linesOf(value)]) {
    for (const form of encodingsOf(part)) forms.set(latin1(form), form);
  }
  return [...forms.values()];
}

/** The lines of a value that has more than one, without their ends. */
function linesOf(value: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start <= value.length; ) {
    const found = value.indexOf(0x0a, start);
    const end = found === -1 ? value.length : found;
    const line = value.subarray(start, value[end - 1] === 0x0d ? end - 1 : end);
    if (line.length >= SHORTEST_LINE) lines.push(line);
    start = end + 1;
  }
  return lines;
}

function* encodingsOf(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes;
  for (const text of [...percentForms(bytes), ...jsonForms(bytes)]) yield encodeUtf8(text);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  yield encodeUtf8(hex);
  yield encodeUtf8(hex.toUpperCase());
  for (const alphabet of [STANDARD, URL_SAFE]) {
    for (const before of [0, 1, 2]) {
      for (const text of base64Forms(bytes, before, alphabet)) yield encodeUtf8(text);
    }
  }
}

/** As in RFC 3986, as a form sends it, as JavaScript's two functions leave it; hex digits in either case. */
function percentForms(bytes: Uint8Array): string[] {
  const kept = [UNRESERVED, /[\w.~!'()*-]/, /[\w.~!'()*;/?:@&=+$,#-]/];
  const texts = kept.map((keep) => percentEncoded(bytes, keep));
  const all = [...texts, ...texts.map((text) => text.replaceAll('%20', '+'))];
  return [...all, ...all.map((text) => text.replaceAll(/%../g, (coded) => coded.toLowerCase()))];
}

/** The bytes percent-encoded (RFC 3986 section 2.1), but for the ASCII characters that `kept` finds. */
export function percentEncoded(bytes: Uint8Array, kept: RegExp = UNRESERVED): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    if (byte < 0x80 && kept.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** Inside a JSON string (RFC 8259 section 7): as short as may be, in ASCII only, and with the slash escaped. */
function jsonForms(bytes: Uint8Array): string[] {
  const text = textOf(bytes);
  if (text === null) return [];
  const short = JSON.stringify(text).slice(1, -1);
  const ascii = short.replaceAll(/[^ -~]/g, (unit) => unicodeEscape(unit));
  const upper = ascii.replaceAll(/\\u[0-9a-f]{4}/g, (coded) => `\\u${coded.slice(2).toUpperCase()}`);
  const texts = [short, ascii, upper];
  return [...texts, ...texts.map((one) => one.replaceAll('/', '\\/'))];
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The text that the bytes are in UTF-8, or null. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not every secret is a text, and what is none has no form in JSON.
    return null;
  }
}

/**
 * What base64 (RFC 4648) makes of the bytes behind `before` other bytes of its group of three: the characters that
 * depend on these bytes alone, and where the bytes are the last ones also the character that ends them, and the padding.
 */
function base64Forms(bytes: Uint8Array, before: number, alphabet: string): string[] {
  const all = concatBytes(new Uint8Array(before), bytes);
  const first = Math.ceil((before * 8) / 6);
  const whole = Math.floor((all.length * 8) / 6);
  const digit = (index: number) => alphabet[sextet(all, index)] ?? '';
  const text = Array.from({ length: whole - first }, (_, index) => digit(first + index)).join('');
  if (all.length % 3 === 0) return [text];
  const ended = text + digit(whole);
  return [text, ended, ended + '='.repeat(3 - (all.length % 3))];
}

/** The six bits with this index; bits behind the end are 0. */
function sextet(bytes: Uint8Array, index: number): number {
  const bit = index * 6;
  const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
  return (pair >> (10 - (bit & 7))) & 63;
}

/** The bytes as a text that is theirs alone. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
