/** Writing DER (X.690), as much of it as a certificate has: each function gives one value with its tag and length. */

type Der = Uint8Array<ArrayBufferLike>;

/** Tags that are used here (X.680 section 8.6). */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A value with any tag. */
export function tagged(tag: number, ...parts: readonly Der[]): Der {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

export const sequence = (...parts: readonly Der[]) => tagged(TAG.sequence, ...parts);

export const set = (...parts: readonly Der[]) => tagged(TAG.set, ...parts);

export const octetString = (bytes: Der) => tagged(TAG.octetString, bytes);

export const utf8String = (text: string) => tagged(TAG.utf8String, Buffer.from(text));

export const trueValue = () => tagged(TAG.boolean, Uint8Array.of(0xff));

/** A whole number from its bytes, the most significant first: the first is 1 to 127, or it is the only one. */
export const integer = (...bytes: readonly number[]) => tagged(TAG.integer, Uint8Array.from(bytes));

/** @param unused how many bits of the last byte do not count. */
export const bitString = (bytes: Der, unused = 0) => tagged(TAG.bitString, Uint8Array.of(unused), bytes);

/** In a context, as X.509 numbers its optional parts: `[n]`, which holds other values or stands for one. */
export const context = (number: number, ...parts: readonly Der[]) => tagged(0xa0 + number, ...parts);

/** As {@link context}, in place of the tag of a primitive value. */
export const implicit = (number: number, bytes: Der) => tagged(0x80 + number, bytes);

/** From its dotted form, such as `2.5.29.17`. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(TAG.objectIdentifier, Uint8Array.from([first * 40 + second, ...rest].flatMap(inSevens)));
}

/** A moment to the second, in the form that its century takes (RFC 5280 section 4.1.2.5). */
export function time(milliseconds: number): Der {
  const digits = `${new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
  const isEarly = Number(digits.slice(0, 4)) < 2050;
  return isEarly
    ? tagged(TAG.utcTime, Buffer.from(digits.slice(2)))
    : tagged(TAG.generalizedTime, Buffer.from(digits));
}

/** Below 128 the length itself, else how many bytes it has, and those. */
function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return [0x80 + bytes.length, ...bytes];
}

/** Seven bits a byte; all but the last have the eighth. */
function inSevens(number: number): number[] {
  const bytes = [number & 0x7f];
  for (let left = number >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}
