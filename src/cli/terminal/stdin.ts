/** Reading stdin: a whole secret within a limit, or a text. */

import { concatBytes, decodeUtf8 } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { Input, Terminal } from './terminal.js';

/** The most bytes of a text that are read: links in the wrappers of mail gateways take some thousands. */
const MAX_TEXT = 65_536;

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
 * A secret on stdin: all of it, or where it has more bytes than `limit`, a stream of it from its beginning.
 * @throws CliError exit 2 when stdin cannot be read or was taken for something else.
 */
export async function readOrStream(
  { stdin }: Terminal,
  limit: number,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  takeStdin(stdin, 'secret');
  const chunks: Uint8Array[] = [];
  for (let length = 0; length <= limit; ) {
    const chunk = await readChunk(stdin);
    if (chunk.length === 0) return concatBytes(...chunks);
    length += chunk.length;
    chunks.push(chunk);
  }
  return streamOf(stdin, chunks);
}

/** What has been read of stdin, and then what is still to come. */
export async function* streamOf(
  stdin: Input,
  read: readonly Uint8Array[] = [],
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* read;
  for (;;) {
    const chunk = await readChunk(stdin);
    if (chunk.length === 0) return;
    yield chunk;
  }
}

/**
 * The text on stdin, without white space around it: all of it, or what came by the end of a line when it was enough, so
 * that the pipe may stay open.
 * @param what the text is, in words.
 * @param isEnough whether nothing more has to follow this text.
 * @throws CliError exit 2 when stdin cannot be read, is no text, or was taken for something else.
 */
export async function readText(
  { stdin }: Terminal,
  what: string,
  isEnough: (text: string) => boolean,
): Promise<string> {
  takeStdin(stdin, what);
  let bytes: Uint8Array = new Uint8Array();
  for (;;) {
    const chunk = await readChunk(stdin);
    bytes = concatBytes(bytes, chunk);
    const isEnd = chunk.length === 0 || bytes.length > MAX_TEXT;
    if (isEnd) return textOf(bytes.subarray(0, MAX_TEXT));
    if (bytes.at(-1) === 0x0a && isEnough(textOf(bytes))) return textOf(bytes);
  }
}

function textOf(bytes: Uint8Array): string {
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
