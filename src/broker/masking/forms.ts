/**
 * The forms in which a secret turns up in what a program prints: as it is, line by line, and in the encodings that
 * programs put credentials into (cli/CLI.md). Whoever masks looks for all of them.
 */

/** A shorter value is not masked: it would turn up by chance, and its absence would tell it. */
export const SHORTEST_MASKED = 6;

/** A shorter line of a longer value is not looked for by itself. */
const SHORTEST_LINE = 8;

/** Characters that stay as they are where others are percent-encoded: the unreserved ones of RFC 3986 section 2.3. */
const UNRESERVED = /[\w.~-]/;

/** These, those of encodeURIComponent, and those of encodeURI. */
const KEPT = [UNRESERVED, /[\w.~!'()*-]/, /[\w.~!'()*;/?:@&=+$,#-]/];

/** What is written for each byte, by the characters that are kept: made when it is first needed. */
const percentCodes = new Map<RegExp, readonly string[]>();

/**
 * All forms of a value, none twice: itself and each line of 8 bytes or more, each as it is, percent-encoded, as a JSON
 * string, in hex, and in base64 at any place of a longer text. None for a value under 6 bytes.
 */
export function formsOf(value: Uint8Array): Uint8Array[] {
  if (value.length < SHORTEST_MASKED) return [];
  // As texts with a character for each byte, which a set can tell apart.
  const forms = new Set<string>();
  for (const part of [value, ...linesOf(value)]) addEncodings(part, forms);
  return Array.from(forms, (form) => Buffer.from(form, 'latin1'));
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

function addEncodings(bytes: Uint8Array, forms: Set<string>): void {
  const buffer = Buffer.from(bytes);
  const hex = buffer.toString('hex');
  forms.add(buffer.toString('latin1'));
  for (const text of percentForms(bytes)) forms.add(text);
  for (const text of jsonForms(bytes)) forms.add(Buffer.from(text).toString('latin1'));
  forms.add(hex).add(hex.toUpperCase());
  for (const before of [0, 1, 2]) {
    for (const text of base64Forms(buffer, before)) forms.add(text);
  }
}

/** Hex digits in either case, and a blank also as a form sends it. */
function* percentForms(bytes: Uint8Array): Generator<string> {
  for (const kept of KEPT) {
    const text = percentEncoded(bytes, kept);
    for (const one of [text, text.replaceAll('%20', '+')]) {
      yield one;
      yield one.replaceAll(/%../g, (coded) => coded.toLowerCase());
    }
  }
}

/** The bytes percent-encoded (RFC 3986 section 2.1), but for the ASCII characters that `kept` finds. */
export function percentEncoded(bytes: Uint8Array, kept: RegExp = UNRESERVED): string {
  const codes = percentCodes.get(kept) ?? codesFor(kept);
  percentCodes.set(kept, codes);
  let text = '';
  for (const byte of bytes) text += codes[byte];
  return text;
}

function codesFor(kept: RegExp): readonly string[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const character = String.fromCharCode(byte);
    if (byte < 0x80 && kept.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
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
 * What base64 (RFC 4648) makes of the bytes behind `before` other bytes of its group of three, in both alphabets: the
 * characters that depend on these bytes alone, and where the bytes are the last ones also the character that ends them,
 * and the padding.
 */
function* base64Forms(bytes: Buffer, before: number): Generator<string> {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  const first = Math.ceil((before * 8) / 6);
  const whole = Math.floor((all.length * 8) / 6);
  const padding = '='.repeat((3 - (all.length % 3)) % 3);
  for (const text of [all.toString('base64url'), all.toString('base64').replaceAll('=', '')]) {
    yield text.slice(first, whole);
    if (padding !== '') {
      yield text.slice(first);
      yield text.slice(first) + padding;
    }
  }
}
