/** The list of a secret's files: its rules for names and sizes (core/protocol/PROTOCOL.md section 3). */

/** A file as its sender describes it: authentic, but not necessarily true. */
export interface FileEntry {
  /** Its base name: no `/`, `\` or control character, not `.` or `..`, not empty. Missing for a stream, such as stdin. */
  readonly name?: string;
  /** A media type (RFC 6838), not checked. */
  readonly type?: string;
  /** Its length in bytes, a whole number from 0 to 2^53 - 1. */
  readonly size: number;
}

/** The most files of one secret. */
export const MAX_FILES = 100;

/** A list of files, or what is wrong with it. */
export type CheckedFiles =
  | { readonly files: readonly FileEntry[]; readonly problem: null }
  | { readonly problem: string };

/**
 * Checks a list of files, and leaves out members that {@link FileEntry} does not have. Only the first file may lack a
 * name: it is then the secret itself.
 */
export function checkFiles(list: unknown): CheckedFiles {
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_FILES) {
    return { problem: `the files are not a list of 1 to ${MAX_FILES}` };
  }
  const files: FileEntry[] = [];
  const names = new Set<string>();
  let total = 0;
  for (const [index, item] of list.entries()) {
    const checked = checkFile(item);
    if (checked.problem !== null) return checked;
    const { file } = checked;
    if (file.name === undefined && index > 0) return { problem: 'a file after the first has no name' };
    if (file.name !== undefined && names.size === names.add(folded(file.name)).size) {
      return { problem: 'two files have names that some file systems take for the same' };
    }
    total += file.size;
    if (!Number.isSafeInteger(total)) return { problem: 'the files are too large together' };
    files.push(file);
  }
  return { files, problem: null };
}

/** What is wrong with a base name, or null. */
export function nameProblem(name: string): string | null {
  if (name === '') return 'the name is empty';
  if (name === '.' || name === '..') return 'the name is a directory';
  if (/[/\\]/.test(name)) return 'the name is a path: give the base name only';
  if (/\p{Control}/u.test(name)) return 'the name holds a control character';
  return null;
}

function checkFile(
  item: unknown,
): { readonly file: FileEntry; readonly problem: null } | { readonly problem: string } {
  if (typeof item !== 'object' || item === null) return { problem: 'a file is not an object' };
  const name: unknown = Reflect.get(item, 'name');
  const type: unknown = Reflect.get(item, 'type');
  const size: unknown = Reflect.get(item, 'size');
  if (!isTextOrMissing(name)) return { problem: "a file's name is not well-formed text" };
  if (!isTextOrMissing(type)) return { problem: "a file's type is not well-formed text" };
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    return { problem: "a file's size is not a whole number of bytes" };
  }
  const problem = name === undefined ? null : nameProblem(name);
  if (problem !== null) return { problem };
  return {
    file: { ...(name !== undefined && { name }), ...(type !== undefined && { type }), size },
    problem: null,
  };
}

function isTextOrMissing(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && !/\p{Surrogate}/u.test(value));
}

/**
 * The same for names that a file system without case, or with another normalization, takes for one. Upper case first:
 * it makes two letters of one like U+00DF, and one of the two small sigmas.
 */
function folded(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
}
