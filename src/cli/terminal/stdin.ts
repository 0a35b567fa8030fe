/** Reading stdin: a whole secret within a limit, or one line. */

import { concatBytes, decodeUtf8 } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { Input, Terminal } from './terminal.js';

/** A link and its line end are shorter than this, in bytes. */
const MAX_LINE = 8192;

/** What stdin was taken for, in words. */
const takenFor = new WeakMap<Input, string>();

/**
 * Takes stdin for one purpose: what came on it cannot be read a second time.
 * @param what the purpose, such as `passphrase`.
 * @throws CliError exit 2 when it was taken for another one.
 */
export function takeStdin(stdin: Input, what: string): void {
  const other = takenFor.get(stdin);
  if (other !== undefined) {
    throw usageError(`stdin cannot be the ${other} and the ${what} as well`, 'put one of them into a file');
  }
  takenFor.set(stdin, what);
}

/**
 * Everything on stdin, exactly.
 * @param limit the most bytes; one more ends the reading at once, however many would follow.
 * @throws CliError exit 4 past the limit, exit 2 when stdin cannot be read or was taken for something else.
 */
export async function readAll({ stdin }: Terminal, limit: number): Promise<Uint8Array> {
  takeStdin(stdin, 'secret');
  const chunks: Uint8Array[] = [];
  for (let length = 0; ; ) {
    const chunk = await readChunk(stdin);
    if (chunk.length === 0) return concatBytes(...chunks);
    length += chunk.length;
    if (length > limit) {
      const message = `the secret is larger than ${limit.toLocaleString('en')} bytes, the most a link can carry`;
      throw new CliError(EXIT.notAllowed, 'SECRET_TOO_LARGE', message, {
        advice: 'compress it, or send it in parts',
      });
    }
    chunks.push(chunk);
  }
}

/**
 * The first line on stdin without its line end and other white space around it. What follows is not waited for, so
 * that the pipe may stay open.
 * @param what the line is, in words.
 * @throws CliError exit 2 when stdin cannot be read, is no text, or was taken for something else.
 */
export async function readLine({ stdin }: Terminal, what: string): Promise<string> {
  takeStdin(stdin, what);
  let bytes: Uint8Array = new Uint8Array();
  for (;;) {
    const end = bytes.indexOf(0x0a);
    if (end >= 0 || bytes.length > MAX_LINE) return lineText(bytes.subarray(0, end < 0 ? MAX_LINE : end));
    const chunk = await readChunk(stdin);
    if (chunk.length === 0) return lineText(bytes);
    bytes = concatBytes(bytes, chunk);
  }
}

function lineText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes).trim();
  } catch (cause) {
    throw usageError('what came on stdin is not text', undefined, cause);
  }
}

async function readChunk(stdin: Input): Promise<Uint8Array> {
  try {
    return await stdin.read();
  } catch (cause) {
    if (isSystemError(cause, 'EISDIR')) throw usageError('stdin is a directory', 'pipe a secret in', cause);
    // A descriptor that was closed, or is only for writing, has nothing to read.
    if (isSystemError(cause, 'EBADF')) return new Uint8Array();
    throw cause;
  }
}
