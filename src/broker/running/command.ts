/**
 * A command that runs as it would without us: its arguments untouched, our standard input and terminal, our signals
 * passed on, and its end told as it was.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { launcherFor } from './launcher.js';

/** What is started. */
export interface CommandLine {
  readonly path: string;
  /** What it is called: its first argument. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors of this process, by those that they become. Beyond the standard ones some may be `closed`. */
  readonly descriptors: readonly (number | 'closed')[];
  /** Arguments that are no text, by their index among {@link CommandLine.args}: Node would give others. */
  readonly rawArgs?: ReadonlyMap<number, Uint8Array>;
  /** Variables whose values are no text. */
  readonly rawEnv?: ReadonlyMap<string, Uint8Array>;
  /**
   * Whether it gets a session and a process group of its own, and signals go to all of that group: where there is no
   * terminal, which would do so by itself.
   */
  readonly ownSession: boolean;
}

/** How a command ended. */
export type End = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** A command that was started. */
export interface RunningCommand {
  readonly pid: number;
  /** Whether it has a session and a group of its own. */
  readonly ownSession: boolean;
  /** Sends a signal to it, or to its group. */
  signal(signal: NodeJS.Signals): void;
  /** Whether a signal has stopped it, and nothing made it go on yet. False where the system does not say so. */
  isStopped(): boolean;
  readonly ended: Promise<End>;
}

/** Sends a signal to a process, or, by its negative id, to a group. One that has ended takes none. */
export type Kill = (pid: number, signal: NodeJS.Signals) => void;

/** Signals that stop a process. In a session of its own, which nobody sees a terminal of, only SIGSTOP does. */
const STOPS: readonly NodeJS.Signals[] = ['SIGTSTP', 'SIGTTIN', 'SIGTTOU'];

/**
 * Starts a command.
 * @throws Error with the system's `code`, such as `ENOENT`, `EACCES` or `E2BIG`.
 */
export async function startCommand(line: CommandLine, kill: Kill): Promise<RunningCommand> {
  const { path, name, args, env, descriptors, ownSession } = line;
  const stdio = descriptors.map((one) => (one === 'closed' ? ('ignore' as const) : one));
  const script = launcherFor(line);
  const child =
    script === null
      ? spawn(path, args, { argv0: name, env, stdio, detached: ownSession })
      : spawn('/bin/sh', ['-c', script, 'sh', name, ...args], { env, stdio, detached: ownSession });
  const ended = endOf(child);
  // A command that could not be started says so before anybody waits for its end.
  ended.catch(() => undefined);
  const { pid } = child;
  if (pid === undefined) throw await ended.catch((error: unknown) => error);
  const guard = ownSession ? guardGroup(pid) : null;
  return {
    pid,
    ownSession,
    signal: (signal) => {
      if (ownSession) kill(-pid, STOPS.includes(signal) ? 'SIGSTOP' : signal);
      else kill(pid, signal);
    },
    isStopped: () => stateOf(pid) === 'T',
    ended: ended.finally(() => guard?.release()),
  };
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? { code: code ?? 0 } : { signal }));
  });
}

/**
 * Kills the group when this process is killed by what it cannot catch. Without a session of its own, whoever kills a
 * whole group by SIGKILL would have killed the command with us.
 */
function guardGroup(pid: number): { release(): void } {
  const script = 'read -r _ || kill -s KILL -- "-$0"';
  const guard = spawn('/bin/sh', ['-c', script, String(pid)], {
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell there is no guard, and nothing else is lost.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return {
    release: () => {
      guard.stdin.end('\n');
    },
  };
}

/** The state of a process (proc(5), field 3 of `stat`); undefined where nothing says so. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    // Not Linux, or it has ended.
    return undefined;
  }
}
