/** A command with secrets that a program or an agent's tool starts: what it prints is masked and, if wanted, held. */

import { closeSync } from 'node:fs';
import { type Logged, logAllowed, logRefused } from '../../broker/audit/uses.js';
import { maskedForms, type NamedSecret } from '../../broker/masking/masker.js';
import { type End, type RunningCommand, startCommand } from '../../broker/running/command.js';
import { environmentWith } from '../../broker/running/environment.js';
import { findProgram } from '../../broker/running/program.js';
import { closeWriters, MaskedStream, makePipes } from '../../broker/running/streams.js';
import { ValidationError } from '../../core/errors.js';
import { isForProcesses } from '../../vault/policy.js';
import type { Surroundings } from '../../vault/project.js';
import type { Vault } from '../../vault/vault.js';
import type { Terminal } from '../terminal/terminal.js';

/** What is started, and with which secrets. */
export interface CommandRun {
  readonly command: string;
  readonly args: readonly string[];
  /** These secrets, and no others. Default: all that are for commands. */
  readonly only: readonly string[] | undefined;
  readonly vault: Vault;
  readonly place: Surroundings;
  readonly terminal: Terminal;
  readonly logged: Logged;
  /**
   * Its standard input: that of this process; or nothing, and then it has a session of its own, which ends with it.
   */
  readonly stdin: 0 | null;
  /** Takes what it prints, masked. Default: this process's own stdout and stderr do. */
  readonly take?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** Secrets that it does not get, and that are masked all the same. */
  readonly maskedToo?: readonly NamedSecret[];
  /** Ends the command: by SIGTERM, and by SIGKILL where that does not do. */
  readonly signal?: AbortSignal;
}

/** How long a command may take to end once it is told to, in milliseconds. */
const LAST_MOMENT_MS = 2_000;

/**
 * Starts a command with secrets in its environment, without a shell, and waits for its end and for all that it prints.
 * @throws ValidationError `NO_SUCH_NAME`, `NOT_ALLOWED` or `NO_COMMAND`; AuditError; Error of the system.
 */
export async function runCommand(run: CommandRun): Promise<End> {
  const { command, args, terminal, logged, stdin, take, maskedToo = [], signal } = run;
  const secrets = await secretsFor(run);
  const env = environmentWith(secrets, terminal.env, { isClean: false });
  const found = findProgram(command, terminal.env.PATH);
  if ('missing' in found) throw new ValidationError(`${command}: ${found.missing}`, 'NO_COMMAND');
  const use = { secrets: secrets.map(({ name }) => name), program: command };
  const fail = secrets.length === 0 ? null : await logAllowed(logged, use, Date.now);
  const pipes = await makePipes(2);
  const [out, err] = pipes;
  if (out === undefined || err === undefined) throw new Error('there are no pipes');
  const descriptors = [stdin ?? ('closed' as const), out.write, err.write];
  const line = { path: found.path, name: command, args, env, descriptors, ownSession: stdin === null };
  const running = await startCommand(line, terminal.kill)
    .catch(async (error: unknown) => {
      await fail?.(error);
      throw error;
    })
    .finally(() => closeWriters(pipes));
  const forms = maskedForms([...secrets, ...maskedToo]);
  const streams = pipes.map((pipe, index) => {
    const [name, own] =
      index === 0 ? (['stdout', terminal.stdout] as const) : (['stderr', terminal.stderr] as const);
    return new MaskedStream(pipe, forms, async (bytes) => {
      if (take === undefined) await own.write(bytes);
      else take(name, bytes);
    });
  });
  const release = endBy(signal, running);
  const end = await running.ended.finally(release);
  if (stdin === 0) await Promise.all(streams.map(({ ended }) => ended));
  else {
    // What it has left behind in its session goes with it.
    running.signal('SIGKILL');
    for (const [index, stream] of streams.entries())
      if ((await stream.leave()) !== null) closeSync(pipes[index]?.rest ?? -1);
  }
  return end;
}

/** Ends the command once the signal fires. @returns what takes that back. */
function endBy(signal: AbortSignal | undefined, running: RunningCommand): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    running.signal('SIGTERM');
    timer = setTimeout(() => running.signal('SIGKILL'), LAST_MOMENT_MS);
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  };
}

async function secretsFor({ only, vault, place, logged, command }: CommandRun) {
  const usual = () =>
    vault
      .list({ project: place.project, environment: place.environment })
      .filter(({ policy, expiresAt }) => isForProcesses(policy) && !isPast(expiresAt))
      .map(({ name }) => name);
  const names = only ?? usual();
  const records = names.map((name) => {
    const record = vault.get({ ...place, name });
    if (record === null || record.value === null)
      throw new ValidationError(`there is no secret ${name}`, 'NO_SUCH_NAME');
    return { ...record, variable: name, value: record.value };
  });
  const refused = records.find(({ policy, expiresAt }) => !isForProcesses(policy) || isPast(expiresAt));
  if (refused === undefined) return records;
  const error = new ValidationError(`${refused.name} is for no command`, 'NOT_ALLOWED');
  await logRefused(logged, { secrets: names, program: command }, error, Date.now);
  throw error;
}

function isPast(at: number | undefined): boolean {
  return at !== undefined && at <= Date.now();
}
