/** Where a secret goes: stdout, a file, the clipboard, a command or the vault. Each is opened and checked before the secret is requested. */

import type { OpenedSecret } from '../../../client/open-secret.js';
import type { Reading } from '../../../client/read.js';
import { type Bytes, concatBytes, decodeUtf8 } from '../../../core/bytes.js';
import { CliError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { openOutputFile } from '../../files/output-file.js';
import { isPrintable, jsonLine } from '../../terminal/escape.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Output, Terminal } from '../../terminal/terminal.js';
import type { SecretPlaceFlags } from '../../vault/flags.js';

export interface DestinationFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly copy?: boolean;
  readonly exec?: boolean;
  /** A name in the vault. */
  readonly toVault?: string;
  readonly json?: boolean;
}

export interface Destination {
  /** What kind of place it is. */
  readonly place: 'stdout' | 'file' | 'clipboard' | 'command' | 'vault';
  /** A file that holds the secret until it has its own name. */
  readonly temporary?: string | undefined;
  /**
   * Writes the secret there.
   * @throws when it did not arrive; then it must not be acknowledged.
   */
  deliver(reading: Reading): Promise<void>;
  /**
   * Writes a secret there that is too long for the memory, as it comes. Missing where that would not do: a file is
   * complete or not there.
   */
  deliverStream?(pieces: AsyncGenerator<Bytes, void, undefined>, secret: OpenedSecret): Promise<void>;
  /**
   * False where nobody knows whether a secret that was delivered has arrived. Then it is not acknowledged, and can be read
   * again as long as the lease lasts.
   */
  readonly confirms?: boolean;
  /** Says where the secret is now. */
  report(reading: Reading, reporter: Reporter): Promise<void>;
  /** Removes what an incomplete delivery left behind. */
  discard(): Promise<void>;
}

/**
 * Opens the destination that the flags name.
 * @param commandLine the words behind `--exec --`.
 * @throws CliError exit 2 or 4 when a secret could not be written there: nothing has been sent.
 */
export async function openDestination(
  flags: DestinationFlags & SecretPlaceFlags,
  terminal: Terminal,
  commandLine?: readonly string[],
): Promise<Destination> {
  const { output, copy, exec, toVault } = flags;
  if (toVault !== undefined) {
    const { vaultDestination } = await import('./to-vault.js');
    return vaultDestination(toVault, flags, terminal, Date.now);
  }
  if (exec) return command(commandLine, terminal);
  if (copy) return clipboard(flags, terminal);
  if (output === undefined || STDOUT.includes(output)) return stdout(flags, terminal);
  return file(output, flags, terminal);
}

/** The names of stdout. As the path of an output file, each but `-` would be replaced by a new file. */
const STDOUT: readonly string[] = ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];

function stdout({ json, output }: DestinationFlags, terminal: Terminal): Destination {
  const out = terminal.stdout;
  if (out.wasClosed) {
    throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', 'stdout is closed: the secret was not asked for', {
      advice: 'use --output <file>',
    });
  }
  const deliver = async (reading: Reading) => {
    if (json) return write(out, jsonLine({ ...asJson(reading), ...aboutSecret(reading) }));
    checkTerminal(output, out, reading.bytes);
    await write(out, reading.bytes);
    if (out.isTerminal && reading.bytes.at(-1) !== 0x0a) await write(out, '\n');
  };
  return {
    place: 'stdout',
    deliver,
    async deliverStream(pieces, secret) {
      if (json) return deliver(await inMemory(pieces, secret));
      const first = await pieces.next();
      if (first.done) return;
      checkTerminal(output, out, first.value);
      await out.write(first.value);
      await write(out, pieces);
    },
    report: async () => undefined,
    discard: async () => undefined,
  };
}

/** @throws CliError exit 4 for what a terminal does not show as it is, unless that was asked for. */
export function checkTerminal(output: string | undefined, out: Output, bytes: Uint8Array): void {
  if (output !== undefined || !out.isTerminal || textOf(bytes) !== null) return;
  throw binary(
    'TERMINAL',
    'stdout is a terminal',
    'use --output <file>, or --output - to print it all the same',
  );
}

/** The most bytes that one JSON object can carry. */
const MAX_JSON_BYTES = 64 << 20;

/** A stream as a secret in memory. @throws CliError exit 10 when it is too long for that. */
async function inMemory(
  pieces: AsyncGenerator<Bytes, void, undefined>,
  { files: _, note: __, purgeAt, ...secret }: OpenedSecret,
): Promise<Reading> {
  if (secret.totalBytes > MAX_JSON_BYTES) {
    throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', 'the secret is too large for a JSON object', {
      advice: 'use --output <file>',
    });
  }
  const all: Bytes[] = [];
  for await (const piece of pieces) all.push(piece);
  return { ...secret, ...(purgeAt === undefined ? {} : { purgeAt }), bytes: concatBytes(...all) };
}

async function file(path: string, flags: DestinationFlags, terminal: Terminal): Promise<Destination> {
  const opened = await openOutputFile(path, { force: flags.force ?? false }, terminal);
  let written = path;
  // A pipe or a device, which takes what comes.
  const isSpecial = opened.temporary === undefined;
  const deliverStream: Destination['deliverStream'] = async (pieces, { name }) => {
    await opened.complete(pieces, name);
  };
  return {
    place: 'file',
    ...(isSpecial ? { deliverStream } : {}),
    temporary: opened.temporary,
    async deliver({ bytes, name }) {
      written = await opened.complete(bytes, name);
    },
    async report(reading, reporter) {
      if (flags.json) return terminal.stdout.write(jsonLine({ output: written, ...aboutSecret(reading) }));
      await reporter.info(`${reading.bytes.length.toLocaleString('en')} bytes written to ${written}`);
    },
    discard: () => opened.discard(),
  };
}

async function clipboard({ json }: DestinationFlags, terminal: Terminal): Promise<Destination> {
  const { openClipboard, whereItIs } = await import('../../terminal/clipboard/clipboard.js');
  const opened = await openClipboard(terminal);
  return {
    place: 'clipboard',
    confirms: opened.confirms,
    async deliver({ bytes }) {
      const text = textOf(bytes);
      if (text === null) throw binary('CLIPBOARD', 'a clipboard holds text', 'use --output <file>');
      await opened.write(text);
    },
    async report(reading, reporter) {
      if (json) return terminal.stdout.write(jsonLine({ copied: opened.confirms, ...aboutSecret(reading) }));
      await reporter.info(`the secret ${whereItIs(opened)}`);
    },
    discard: async () => undefined,
  };
}

async function command(commandLine: readonly string[] | undefined, terminal: Terminal): Promise<Destination> {
  const { findCommand, runCommand } = await import('./exec.js');
  const path = await findCommand(commandLine, terminal);
  return {
    place: 'command',
    deliver: ({ bytes }) => runCommand(path, commandLine ?? [], bytes, terminal),
    // stdout is the command's.
    report: async () => undefined,
    discard: async () => undefined,
  };
}

/** Writes all of it, and waits until a file has it on its disk. A reader that went away before is an error. */
async function write(out: Output, data: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  await out.write(data);
  await out.flush();
}

function binary(where: 'TERMINAL' | 'CLIPBOARD', why: string, advice: string): CliError {
  return new CliError(EXIT.notAllowed, `BINARY_TO_${where}`, `the secret is binary and ${why}`, { advice });
}

export function asJson({ bytes }: Pick<Reading, 'bytes'>): Record<string, string> {
  const text = decoded(bytes);
  return text === null ? { base64: Buffer.from(bytes).toString('base64') } : { plaintext: text };
}

export function aboutSecret({
  hint,
  name,
  message,
  purgeAt,
}: Pick<OpenedSecret, 'hint' | 'name' | 'message' | 'purgeAt'>): Record<string, string | undefined> {
  return { hint, name, message, purgeAt };
}

/** The secret as text that a terminal shows as it is, or null when it is binary. */
function textOf(bytes: Uint8Array): string | null {
  const text = decoded(bytes);
  return text !== null && isPrintable(text) ? text : null;
}

/** The secret as text, or null when it is not UTF-8. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
