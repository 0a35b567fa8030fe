/** `zephr get`: everything that can fail first, then the one read, then the acknowledgement. */

import { type Reading, readSecret } from '../../client/read.js';
import { decodeUtf8 } from '../../core/bytes.js';
import { ZephrError } from '../../core/errors.js';
import { CliError, EXIT } from '../exit.js';
import { guardInterrupts } from '../interrupt.js';
import { findLink, findPassphrase, type LinkFlags } from '../link-input.js';
import { nodeFetch } from '../node-fetch.js';
import { type OutputFile, openOutputFile } from '../output-file.js';
import { type CommonFlags, timeoutMs } from '../settings.js';
import type { Talk } from '../talk.js';
import { isSystemError, type Terminal } from '../terminal.js';
import { isPrintable } from '../visible.js';

export interface GetFlags extends CommonFlags, LinkFlags {
  readonly output?: string;
  readonly force?: boolean;
}

/** Takes a secret back. `argument` is the link, `-` for stdin, or missing. */
export async function get(
  argument: string | undefined,
  flags: GetFlags,
  terminal: Terminal,
  talk: Talk,
): Promise<void> {
  const timeout = timeoutMs(flags);
  const link = await findLink(argument, flags, terminal);
  const passphrase = await findPassphrase(link.key, flags, terminal);
  const options = { fetch: nodeFetch, timeout, ...(passphrase === undefined ? {} : { passphrase }) };

  if (flags.output === undefined || flags.output === '-') {
    const reading = await readSecret(link, options);
    if (!flags.json) await describe(reading, talk);
    await toStdout(reading, flags, terminal);
    await acknowledge(reading, talk);
    return;
  }

  const guard = guardInterrupts(terminal);
  const file = await openOutputFile(flags.output, { force: flags.force ?? false });
  try {
    const reading = await readSecret(link, { ...options, signal: guard.signal });
    if (!flags.json) await describe(reading, talk);
    const path = await toFile(reading, file);
    await acknowledge(reading, talk);
    if (flags.json)
      await terminal.stdout.write(`${JSON.stringify({ output: path, ...aboutSecret(reading) })}\n`);
    else await talk.say(`${reading.bytes.length.toLocaleString('en')} bytes written to ${path}`);
  } finally {
    await file.discard();
    guard.stop();
  }
}

/** What the sender said about the secret. */
async function describe({ hint, name, message }: Reading, talk: Talk): Promise<void> {
  if (hint !== undefined) await talk.say(`Hint: ${hint}`);
  if (name !== undefined) await talk.say(`Name: ${name}`);
  if (message !== undefined) await talk.say(`Message: ${message}`);
}

async function toStdout(reading: Reading, flags: GetFlags, { stdout }: Terminal): Promise<void> {
  const text = textOf(reading.bytes);
  if (flags.json) {
    const secret =
      text === null ? { base64: Buffer.from(reading.bytes).toString('base64') } : { plaintext: text };
    await writeSecret(stdout, `${JSON.stringify({ ...secret, ...aboutSecret(reading) })}\n`);
    return;
  }
  const raw = !stdout.isTerminal || flags.output === '-';
  if (!raw && (text === null || !isPrintable(text))) {
    throw new CliError(
      EXIT.notAllowed,
      'BINARY_TO_TERMINAL',
      'the secret is binary and stdout is a terminal',
      {
        hint: 'use --output <file>, or --output - to print it all the same',
      },
    );
  }
  await writeSecret(stdout, reading.bytes);
  if (stdout.isTerminal && reading.bytes.at(-1) !== 0x0a) await writeSecret(stdout, '\n');
}

async function writeSecret(stdout: Terminal['stdout'], data: string | Uint8Array): Promise<void> {
  try {
    await stdout.write(data);
    await stdout.flush();
  } catch (error) {
    // `| head -c 3` has all it wants.
    if (isSystemError(error, 'EPIPE')) return;
    throw notDelivered(error);
  }
}

async function toFile(reading: Reading, file: OutputFile): Promise<string> {
  try {
    return await file.complete(reading.bytes, reading.name);
  } catch (error) {
    throw notDelivered(error);
  }
}

function notDelivered(cause: unknown): CliError {
  const why = cause instanceof Error ? cause.message : 'unknown reason';
  const [exit, code] = cause instanceof CliError ? [cause.exit, cause.code] : [EXIT.bug, 'NOT_WRITTEN'];
  return new CliError(exit, code, `the secret was read but could not be written: ${why}`, { cause });
}

/** Tells the server that the secret has arrived. It is safe either way, so a failure is only said. */
async function acknowledge(reading: Reading, talk: Talk): Promise<void> {
  try {
    await reading.acknowledge();
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
    await talk.warn(`the secret is here, but the server keeps it for another minute: ${error.message}`);
  }
}

function aboutSecret({ hint, name, message, purgeAt }: Reading): Record<string, string | undefined> {
  return { hint, name, message, purgeAt };
}

/** The secret as text, or null when it is binary. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
