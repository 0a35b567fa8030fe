/** What a create sends: the secret, from stdin or typed, and the files that go with it. */

import { MAX_BLOB_SECRET_BYTES } from '../../../client/create/posting.js';
import { concatBytes } from '../../../core/bytes.js';
import { maxSecretBytesV1 } from '../../../core/crypto/seal-v1.js';
import { MAX_V1_BLOB_LENGTH } from '../../../core/protocol/limits.js';
import type { LinkVersion } from '../../../core/protocol/link-versions.js';
import { usageError } from '../../exit/cli-error.js';
import { isStdin } from '../../files/bounded-read.js';
import { askHidden } from '../../terminal/prompt.js';
import { readAll, readOrStream } from '../../terminal/stdin.js';
import type { Terminal } from '../../terminal/terminal.js';
import type { Sources } from '../../transfer/sources.js';

export interface SecretFlags {
  readonly attach?: readonly string[];
  readonly name?: string;
  /** Leaves out one final line end. */
  readonly trim?: boolean;
}

/** A secret as it came: whole, or where it is long, as a stream. */
export type SecretBytes = Uint8Array | AsyncIterable<Uint8Array>;

/** A secret, and its files where there are some. */
export interface Given {
  readonly secret: SecretBytes;
  readonly sources: Sources | null;
  /** The name that goes with the secret itself. */
  readonly name: string | undefined;
}

/**
 * Takes the secret that a create sends. Without files it is what comes on stdin or is typed. With files stdin is read
 * only where it is said to be the text beside them, or one of them.
 * @param takesText whether a lone `-` says so.
 * @param advice what to do where there is none.
 * @throws CliError exit 2 when there is nothing, or a file cannot be sent.
 */
export async function takeSecret(
  flags: SecretFlags,
  takesText: boolean,
  link: LinkVersion,
  terminal: Terminal,
  advice = PIPE_IT_IN,
): Promise<Given> {
  const given = await takeAll(flags, takesText, link, terminal, advice);
  return flags.trim ? { ...given, secret: withoutLineEnd(given.secret) } : given;
}

async function takeAll(
  { attach, name }: SecretFlags,
  takesText: boolean,
  link: LinkVersion,
  terminal: Terminal,
  advice: string,
): Promise<Given> {
  if (attach === undefined) return { secret: await takeAlone(link, terminal, advice), sources: null, name };
  const { openSources } = await import('../../transfer/sources.js');
  const sources = await openSources(attach, name, terminal);
  if (name !== undefined && !attach.some(isStdin))
    throw usageError('--name is for a file that comes on stdin', 'send stdin as a file with -a -');
  const secret = takesText ? await takeText(terminal, advice) : new Uint8Array();
  return { secret, sources: takesText ? { ...sources, paths: null } : sources, name: undefined };
}

/** The secret itself: in version 2 it can be a stream of any length. */
async function takeAlone(link: LinkVersion, terminal: Terminal, advice: string): Promise<SecretBytes> {
  if (link === 'v1' || terminal.stdin.isTerminal) return obtainSecret(link, terminal, advice);
  return notBlank(await readOrStream(terminal, MAX_BLOB_SECRET_BYTES), advice);
}

const PIPE_IT_IN = 'pipe a secret in: printf %s "$PASSWORD" | zephr';

/**
 * The secret from stdin or from a hidden prompt, no larger than a blob of this version can carry.
 * @param advice what to do where there is none.
 * @throws CliError exit 2 where there is none, exit 4 where it is larger.
 */
async function obtainSecret(link: LinkVersion, terminal: Terminal, advice: string): Promise<Uint8Array> {
  if (terminal.stdin.isTerminal) return notBlank(await askForSecret(terminal, advice), advice);
  const limit = link === 'v1' ? maxSecretBytesV1(MAX_V1_BLOB_LENGTH) : MAX_BLOB_SECRET_BYTES;
  return notBlank(await readAll(terminal, limit), advice);
}

/** The text beside files. */
async function takeText(terminal: Terminal, advice: string): Promise<SecretBytes> {
  if (terminal.stdin.isTerminal) return askForSecret(terminal, advice);
  return readOrStream(terminal, MAX_BLOB_SECRET_BYTES);
}

/** A secret without one final line end, `\n` or `\r\n`. */
function withoutLineEnd(secret: SecretBytes): SecretBytes {
  if (secret instanceof Uint8Array) return secret.subarray(0, secret.length - lineEndOf(secret));
  return trimmed(secret);
}

/** The same of a stream: its last two bytes are held back until it is known that more follow. */
async function* trimmed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    const known = concatBytes(held, piece);
    const end = Math.max(0, known.length - 2);
    if (end > 0) yield known.subarray(0, end);
    held = known.slice(end);
  }
  yield held.subarray(0, held.length - lineEndOf(held));
}

/** Bytes of the line end that they end with. */
function lineEndOf(bytes: Uint8Array): number {
  if (bytes.at(-1) !== 0x0a) return 0;
  return bytes.at(-2) === 0x0d ? 2 : 1;
}

function notBlank<Content>(secret: Content, advice: string): Content {
  if (!(secret instanceof Uint8Array) || !secret.every(isWhitespace)) return secret;
  throw usageError(
    secret.length === 0 ? 'the secret is empty' : 'the secret is nothing but white space',
    advice,
  );
}

async function askForSecret(terminal: Terminal, advice: string): Promise<Uint8Array> {
  const missing = { message: 'there is no secret', advice };
  return new TextEncoder().encode(await askHidden(terminal, 'Secret (hidden)', missing));
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
