/** Files that hold a key, a passphrase or another secret of one line. */

import { decodeUtf8 } from '../../core/bytes.js';
import { CliError, Interrupted, usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import { askHidden } from '../terminal/prompt.js';
import type { Terminal } from '../terminal/terminal.js';
import { type BoundedRead, isStdin, readUpTo } from './bounded-read.js';

/** The longest secret in a file, in bytes. */
const MAX_BYTES = 65_536;

/**
 * The one line of a file that holds a secret. A byte order mark at the beginning and one line end at the end are not
 * part of it. The text is UTF-8, or UTF-16 where the mark says so. `-` and `/dev/stdin` are stdin; on a terminal it is
 * asked for, hidden.
 * @param what the kind of secret, for messages.
 * @throws CliError exit 2 when it cannot be read, is empty, is longer than 65,536 bytes, is no text, or has a second
 *   line: whoever types the secret could never type that; Interrupted.
 */
export async function readSecretFile(path: string, what: string, terminal: Terminal): Promise<string> {
  if (isStdin(path) && terminal.stdin.isTerminal) return askFor(path, what, terminal);
  return lineIn(await read(path, what, terminal), path, what);
}

/** The API key in a file, and what to warn of when not only its owner can read that file. */
export interface ApiKeyFile {
  readonly line: string;
  readonly warning?: string;
}

/**
 * The API key in a file, without white space around it.
 * @throws as {@link readSecretFile}, and CliError exit 2 when there is only white space.
 */
export async function readApiKeyFile(path: string, terminal: Terminal): Promise<ApiKeyFile> {
  const what = 'API key';
  if (isStdin(path) && terminal.stdin.isTerminal)
    return { line: notBlank(await askFor(path, what, terminal), path, what) };
  const file = await read(path, what, terminal);
  const line = notBlank(lineIn(file, path, what), path, what);
  // A pipe, such as a shell's <(…), has no permissions that say anything.
  const warning = file.ordinary ? permissionWarning(path, file.mode, terminal) : undefined;
  return { line, ...(warning === undefined ? {} : { warning }) };
}

async function read(path: string, what: string, terminal: Terminal): Promise<BoundedRead> {
  try {
    return await readUpTo(path, MAX_BYTES + 1, what, terminal);
  } catch (cause) {
    if (cause instanceof Interrupted || cause instanceof CliError) throw cause;
    throw unusable(path, what, systemReason(cause), cause);
  }
}

function askFor(path: string, what: string, terminal: Terminal): Promise<string> {
  const question = what.charAt(0).toUpperCase() + what.slice(1);
  const missing = { message: `no ${what} ${placed(path)}`, advice: 'pipe it in, or name a file' };
  return askHidden(terminal, question, missing);
}

function lineIn({ bytes }: BoundedRead, path: string, what: string): string {
  if (bytes.length > MAX_BYTES) throw unusable(path, what, 'it is too long');
  const line = textOf(bytes, path, what).replace(/(?:\r\n|\n|\r)$/, '');
  if (line === '') throw unusable(path, what, 'it is empty');
  if (/[\r\n]/.test(line)) throw unusable(path, what, 'it has more than one line');
  if (line.includes('\0')) throw unusable(path, what, 'it holds zero bytes: is it UTF-16 without its mark?');
  return line;
}

function textOf(bytes: Uint8Array, path: string, what: string): string {
  const [first, second, third] = bytes;
  try {
    if (first === 0xff && second === 0xfe) return decodeUtf16(bytes, 'utf-16le');
    if (first === 0xfe && second === 0xff) return decodeUtf16(bytes, 'utf-16be');
    const hasMark = first === 0xef && second === 0xbb && third === 0xbf;
    return decodeUtf8(hasMark ? bytes.subarray(3) : bytes);
  } catch (cause) {
    throw unusable(path, what, 'it is not UTF-8, nor UTF-16 with its mark', cause);
  }
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): string {
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

function notBlank(line: string, path: string, what: string): string {
  const trimmed = line.trim();
  if (trimmed === '') throw unusable(path, what, 'it is blank');
  return trimmed;
}

function unusable(path: string, what: string, why: string, cause?: unknown): CliError {
  return usageError(`no ${what} ${placed(path)}: ${why}`, undefined, cause);
}

function placed(path: string): string {
  return isStdin(path) ? 'on stdin' : `in ${path}`;
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
