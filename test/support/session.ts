/** Shell sessions for tests: a folder, an environment, the built `zephr` on the PATH, and a real shell. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { isSystemError } from '../../src/core/errors.js';

export const ZEPHR = fileURLToPath(new URL('../../bin/zephr.js', import.meta.url));

export interface Result {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout's exact bytes. */
  readonly bytes: Buffer;
}

export interface ShellOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What the script finds on stdin; nothing by default. `'open'` never ends. */
  readonly stdin?: string | Uint8Array | 'open';
}

export interface Session {
  /** A fresh folder: the working directory, and the home, of every script. */
  readonly folder: string;
  /** The environment of every script. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs a script as `sh -c` would and waits for its end. */
  sh(script: string, options?: ShellOptions): Promise<Result>;
}

/** A session that ends with its test. */
export function openSession(env: NodeJS.ProcessEnv = {}): Session {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = [commandFolder(), dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  const base = { PATH: path, HOME: folder, LANG: 'C.UTF-8', TZ: 'UTC', TERM: 'xterm-256color', ...env };
  const running = new Set<ChildProcess>();
  // A script that waits for what never comes must not outlive its test, with all that it has started.
  onTestFinished(() => {
    for (const { pid } of running) if (pid !== undefined) killGroup(pid);
  });
  return {
    folder,
    env: base,
    sh: (script, options = {}) => run(script, folder, { ...base, ...options.env }, options.stdin, running),
  };
}

/** Kills the processes of a group, if it still has any. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}

/** A folder for the PATH that holds `zephr`, as an installation would. */
function commandFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-bin-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(ZEPHR, join(folder, 'zephr'));
  return folder;
}

function run(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  stdin: ShellOptions['stdin'],
  running: Set<ChildProcess>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', script], {
      cwd,
      env,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // In a session of its own: whoever runs the tests at a terminal shall not be asked for passphrases.
      detached: true,
    });
    running.add(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      child.stdin?.destroy();
      const bytes = Buffer.concat(stdout);
      resolve({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString() });
    });
    // A script that does not read its stdin closes it, which is its right.
    child.stdin?.on('error', () => undefined);
    if (stdin !== undefined && stdin !== 'open') child.stdin?.end(stdin);
  });
}
