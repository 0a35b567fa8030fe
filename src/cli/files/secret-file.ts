/** Files that hold a key, a passphrase or another secret of one line. */

import { decodeUtf8 } from '../../core/bytes.js';
import { Interrupted, usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import type { Terminal } from '../terminal/terminal.js';
import { readUpTo } from './bounded-read.js';

/** The longest secret in a file, in bytes. */
const MAX_BYTES = 65_536;

/**
 * The one line of a file that holds a secret; a line end at its end is not part of it.
 * @param what the kind of secret, for messages.
 * @throws CliError exit 2 when it cannot be read, is empty, longer than 65,536 bytes or not UTF-8; Interrupted.
 */
export async function readSecretFile(path: string, what: string, terminal: Terminal): Promise<string> {
  const bytes = await readBytes(path, what, terminal);
  if (bytes.length > MAX_BYTES) throw usageError(`no ${what} in ${path}: it is too long`);
  const line = textOf(bytes, path, what).replace(/\r?\n$/, '');
  if (line === '') throw usageError(`no ${what} in ${path}: it is empty`);
  return line;
}

async function readBytes(path: string, what: string, terminal: Terminal): Promise<Uint8Array> {
  try {
    return (await readUpTo(path, MAX_BYTES + 1, terminal)).bytes;
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    throw usageError(`no ${what} in ${path}: ${systemReason(cause)}`, undefined, cause);
  }
}

function textOf(bytes: Uint8Array, path: string, what: string): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw usageError(`no ${what} in ${path}: it is not UTF-8`, undefined, cause);
  }
}

const READABLE_BY_OTHERS = 0o044;

/** What to do about an API key that others can read. */
export const PERMISSION_ADVICE = 'let only yourself read it: chmod 600';

/**
 * The warning about a file with an API key; undefined when only its owner can read it.
 * @param mode as `stat` gives it.
 */
export function permissionWarning(path: string, mode: number, { platform }: Terminal): string | undefined {
  // Windows has no such modes.
  const readableByOthers = platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0;
  return readableByOthers ? `others can read the API key in ${path}` : undefined;
}
