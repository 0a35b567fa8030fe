/** What the sender of a version 2 secret says about it, encrypted with it (core/protocol/PROTOCOL.md section 3). */

import { type Bytes, decodeUtf8, encodeUtf8 } from '../bytes.js';
import { decryptionFailed, ValidationError } from '../errors.js';
import { checkFiles, type FileEntry, nameProblem } from './file-list.js';

/** Every member is optional. The sender chose them: they are authentic, but need not be true. */
export interface Meta {
  /** A file's base name: no `/`, `\` or control character, not `.` or `..`, not empty. */
  readonly name?: string;
  /** A media type (RFC 6838), not checked. */
  readonly type?: string;
  /** A message to the reader. It may hold any character: escape it before it goes to a terminal. */
  readonly message?: string;
  /** The files that come with the secret, in the order of their stream. */
  readonly files?: readonly FileEntry[];
}

/** The longest encoded meta, in bytes: a frame states its length in 16 bits. */
export const MAX_META_BYTES = 0xffff;

const TEXTS = ['name', 'type', 'message'] as const satisfies (keyof Meta)[];

/**
 * `meta` as it stands in a frame: JSON in UTF-8, or no bytes when it has no members. Other members than those of
 * {@link Meta} are left out.
 * @throws ValidationError `INVALID_META` for a member that breaks its rule, or for more than 65,535 bytes.
 */
export function encodeMeta(meta: Meta): Bytes {
  const { known, problem } = inspect(meta);
  if (problem !== null) throw new ValidationError(problem, 'INVALID_META');
  if (Object.keys(known).length === 0) return new Uint8Array(0);
  const encoded = encodeUtf8(JSON.stringify(known));
  if (encoded.length > MAX_META_BYTES) {
    throw new ValidationError(
      `name, type, message and files take more than ${MAX_META_BYTES} bytes together`,
      'INVALID_META',
    );
  }
  return encoded;
}

/**
 * Reads the meta of a frame. Unknown members are ignored, so that later versions can add some.
 * @throws EncryptionError for what {@link encodeMeta} would not have written.
 */
export function decodeMeta(bytes: Uint8Array): Meta {
  const json = decodeObject(bytes);
  const { known, problem } = inspect(json);
  if (problem !== null) throw decryptionFailed(problem);
  return known;
}

/**
 * The JSON object in UTF-8 that a frame begins with; an empty one for no bytes.
 * @throws EncryptionError when it is none.
 */
export function decodeObject(bytes: Uint8Array): object {
  if (bytes.length === 0) return {};
  const json = parseJson(bytes);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw decryptionFailed('the meta is not a JSON object');
  }
  return json;
}

/** What is wrong with a member that shall be a text, or null. */
export function textProblem(member: string, value: unknown): string | null {
  if (typeof value !== 'string') return `the ${member} is not a string`;
  return /\p{Surrogate}/u.test(value) ? `the ${member} is not well-formed Unicode` : null;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch {
    // The parser's own error quotes the text, which is part of the secret.
    throw decryptionFailed('the meta is not JSON in UTF-8');
  }
}

/** The members of {@link Meta} that `object` has, and what is wrong with the first one that breaks its rule. */
function inspect(object: object): { known: Meta; problem: string | null } {
  const known: { -readonly [member in keyof Meta]: Meta[member] } = {};
  for (const member of TEXTS) {
    const value: unknown = Reflect.get(object, member);
    if (value === undefined) continue;
    const problem = textProblem(member, value);
    if (problem !== null) return { known, problem };
    known[member] = String(value);
  }
  if (known.name !== undefined) {
    const problem = nameProblem(known.name);
    if (problem !== null) return { known, problem };
  }
  const files: unknown = Reflect.get(object, 'files');
  if (files === undefined) return { known, problem: null };
  const checked = checkFiles(files);
  if (checked.problem === null) known.files = checked.files;
  return { known, problem: checked.problem };
}
