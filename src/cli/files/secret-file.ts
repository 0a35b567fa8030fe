/** Files that hold a key, a passphrase or another secret of one line. */

import { decodeUtf8 } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { Interrupted, usageError } from '../exit/exit.js';
import type { Terminal } from '../terminal/terminal.js';
import { readStart } from './file-start.js';

/** The longest secret in a file, in bytes. */
const MAX_BYTES = 65_536;

/**
 * The one line of a file that holds a secret; a line end at its end is not part of it.
 * @param what the kind of secret, for what is said.
 * @throws CliError exit 2 when it cannot be read, is empty, longer than 65,536 bytes or not UTF-8.
 */
export async function readSecretFile(path: string, what: string, terminal: Terminal): Promise<string> {
  let bytes: Uint8Array;
  try {
    ({ bytes } = await readStart(path, MAX_BYTES + 1, terminal));
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    throw usageError(`no ${what} in ${path}: ${reasonOf(cause)}`, undefined, cause);
  }
  if (bytes.length > MAX_BYTES) throw usageError(`no ${what} in ${path}: it is too long`);
  const line = textOf(bytes, path, what).replace(/\r?\n$/, '');
  if (line === '') throw usageError(`no ${what} in ${path}: it is empty`);
  return line;
}

function textOf(bytes: Uint8Array, path: string, what: string): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw usageError(`no ${what} in ${path}: it is not UTF-8`, undefined, cause);
  }
}

function reasonOf(cause: unknown): string {
  if (isSystemError(cause, 'ENOENT')) return 'there is no such file';
  if (isSystemError(cause, 'EISDIR')) return 'it is a directory';
  if (isSystemError(cause, 'EACCES', 'EPERM')) return 'permission denied';
  return 'it cannot be read';
}

const READABLE_BY_OTHERS = 0o044;

/** What to do about a key that others can read. */
export const PERMISSION_ADVICE = 'let only yourself read it: chmod 600';

/**
 * What to say about the API key in a file; undefined when only its owner can read it.
 * @param mode as `stat` gives it.
 */
export function permissionWarning(path: string, mode: number, { platform }: Terminal): string | undefined {
  // Windows has no such modes.
  const exposed = platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0;
  return exposed ? `others can read the API key in ${path}` : undefined;
}
