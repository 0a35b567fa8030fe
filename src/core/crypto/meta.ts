/** What a version 2 secret says about itself, encrypted with it (PROTOCOL.md section 3). */

import { type Bytes, decodeUtf8, encodeUtf8 } from '../bytes.js';
import { decryptionFailed, ValidationError } from '../errors.js';

/** All of it is the sender's word, and all of it is optional. */
export interface Meta {
  /** A file's base name: no `/`, `\` or control character, not `.` or `..`, not empty. */
  readonly name?: string;
  /** A media type. */
  readonly type?: string;
  /** To the reader. May hold any character, so it is not safe to print to a terminal as it is. */
  readonly message?: string;
}

/** The most that the frame's 16 bit length can say. */
export const MAX_META_BYTES = 0xffff;

const MEMBERS = ['name', 'type', 'message'] as const satisfies (keyof Meta)[];

/**
 * `meta` as it stands in a frame: JSON in UTF-8, or nothing when it has no members. Members that are not of
 * {@link Meta} are left out.
 * @throws ValidationError `INVALID_META`.
 */
export function encodeMeta(meta: Meta): Bytes {
  const { known, fault } = inspect(meta);
  if (fault !== null) throw new ValidationError(fault, 'INVALID_META');
  if (Object.keys(known).length === 0) return new Uint8Array(0);
  const encoded = encodeUtf8(JSON.stringify(known));
  if (encoded.length > MAX_META_BYTES) {
    throw new ValidationError(
      `name, type and message take more than ${MAX_META_BYTES} bytes together`,
      'INVALID_META',
    );
  }
  return encoded;
}

/**
 * The meta of a frame. Members that this version does not know are ignored, so that later ones can add some.
 * @throws EncryptionError for what {@link encodeMeta} would not have written.
 */
export function decodeMeta(bytes: Uint8Array): Meta {
  if (bytes.length === 0) return {};
  const json = parseJson(bytes);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw decryptionFailed('the meta is not a JSON object');
  }
  const { known, fault } = inspect(json);
  if (fault !== null) throw decryptionFailed(fault);
  return known;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch {
    // The parser's own error quotes the text, which is part of the secret.
    throw decryptionFailed('the meta is not JSON in UTF-8');
  }
}

/** The members of {@link Meta} that `object` has, and what is wrong with the first that is wrong. */
function inspect(object: object): { known: Meta; fault: string | null } {
  const known: { -readonly [member in keyof Meta]: string } = {};
  for (const member of MEMBERS) {
    const value: unknown = Reflect.get(object, member);
    if (value === undefined) continue;
    if (typeof value !== 'string') return { known, fault: `the ${member} is not a string` };
    if (/\p{Surrogate}/u.test(value)) return { known, fault: `the ${member} is not well-formed Unicode` };
    known[member] = value;
  }
  return { known, fault: known.name === undefined ? null : nameFault(known.name) };
}

function nameFault(name: string): string | null {
  if (name === '') return 'the name is empty';
  if (name === '.' || name === '..') return 'the name is a directory';
  if (/[/\\]/.test(name)) return 'the name is a path: give the base name only';
  if (/\p{Control}/u.test(name)) return 'the name holds a control character';
  return null;
}
