/** A real `zephr serve` in a process of its own, for tests that need one. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ZEPHR } from './session.js';

export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it logged so far. */
  log(): string;
  /** Sends a signal, waits for the end, and gives the exit code (null when the signal ended it). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ServerOptions {
  /** Path of the SQLite file; default in memory. */
  readonly store?: string;
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** How many milliseconds its clock is ahead of the test's. */
  readonly ahead?: number;
}

/** Starts a server and waits until it prints its URL. */
export function startServerProcess(options: ServerOptions = {}): Promise<ServerProcess> {
  const { store = 'memory:', port = 0, args = [], env = {}, ahead = 0 } = options;
  const clock = `const { now } = Date; Date.now = () => now() + ${ahead};`;
  const early = ahead === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(clock)}`];
  return startNode([...early, ZEPHR, 'serve', '--port', String(port), '--store', store, ...args], {
    // A test comes from one address and is in a hurry.
    ZEPHR_SERVE_RATE_LIMIT: '0',
    ...env,
  });
}

/** Runs Node with these arguments, a server that prints its URL when it is ready, and waits for that. */
export async function startNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => undefined);
  const ready = once(lines, 'line').then(([line]: unknown[]) => String(line));
  const url = await Promise.race([ready, ended]);
  if (url === undefined) throw new Error(`the server did not start: ${log}`);
  return {
    url,
    process: child,
    log: () => log,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await ended;
      }
      return child.exitCode;
    },
  };
}
