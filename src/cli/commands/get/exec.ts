/** `zephr get --exec`: a command that gets the secret on its stdin. Only its exit code tells that the secret arrived. */

import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { basename, delimiter, join, sep } from 'node:path';
import type { Bytes } from '../../../core/bytes.js';
import { isSystemError } from '../../../core/errors.js';
import { CliError, Interrupted, usageError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { messageOf } from '../../exit/reason.js';
import type { Terminal } from '../../terminal/terminal.js';

/** The words that have to stand for the command and what follows it. */
const HOW = 'write it as: zephr get --exec -- command arguments';

/**
 * Finds the program of a command line, before anything is sent.
 * @param commandLine the words behind `--`.
 * @returns its path.
 * @throws CliError exit 2 when there is none, or none that can be executed.
 */
export async function findCommand(
  commandLine: readonly string[] | undefined,
  { env }: Pick<Terminal, 'env'>,
): Promise<string> {
  const [name] = commandLine ?? [];
  if (name === undefined || name === '') throw usageError('there is no command behind --exec', HOW);
  if (name.includes('/') || name.includes(sep)) {
    if (await isExecutable(name)) return name;
    throw usageError(`${name} is not a program that can be executed`, HOW);
  }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder === '' ? '.' : folder, name);
    if (await isExecutable(path)) return path;
  }
  throw usageError(`there is no program ${name} in the folders of PATH`, HOW);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs the command with the secret on its stdin, in this environment and with this stdout and stderr. An interrupt is
 * passed on to it, and its end is waited for.
 * @throws CliError exit 10 `NOT_DELIVERED` unless it ends with 0; Interrupted when an interrupt came first.
 */
export async function runCommand(
  path: string,
  commandLine: readonly string[],
  secret: Bytes,
  { env, interrupt }: Pick<Terminal, 'env' | 'interrupt'>,
): Promise<void> {
  const [name = path, ...args] = commandLine;
  const child = spawn(path, args, { argv0: name, env: { ...env }, stdio: ['pipe', 'inherit', 'inherit'] });
  const passOn = () =>
    child.kill(interrupt.reason instanceof Interrupted ? interrupt.reason.signal : 'SIGTERM');
  interrupt.addEventListener('abort', passOn, { once: true });
  try {
    const ended = endOf(child, basename(name));
    // What it does not read is its own business: its exit code decides.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(secret);
    const end = await ended;
    interrupt.throwIfAborted();
    if (end !== null) throw new CliError(EXIT.notDelivered, 'NOT_DELIVERED', end);
  } finally {
    interrupt.removeEventListener('abort', passOn);
  }
}

/** How the command ended, in words; null for the exit code 0. */
function endOf(child: ChildProcess, name: string): Promise<string | null> {
  return new Promise((resolve) => {
    child.on('error', (cause) => {
      const reason = isSystemError(cause, 'ENOEXEC') ? 'it is not a program' : messageOf(cause);
      resolve(`${name} could not be started: ${reason}`);
    });
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(signal === null ? `${name} exited with ${code}` : `${name} was ended by ${signal}`);
    });
  });
}
