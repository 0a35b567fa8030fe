/** Servers that are measured against each other, each a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Contender {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built command. */
export const ZEPHR = fileURLToPath(new URL('../../bin/zephr.js', import.meta.url));

/**
 * The environment of what is measured. Without NODE_EXTRA_CA_CERTS: to read it takes Node 20 longer than the whole
 * command; and without the settings of whoever measures.
 */
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_|ZEPHR_|XDG_|npm_)/.test(name));
  return { ...Object.fromEntries(kept), HOME: home };
}

/**
 * `zephr serve` on a store, for anybody and any number of creates.
 * @param more arguments.
 * @param folder of the package. Default: this one.
 */
export function startZephr(
  name: string,
  store: string,
  more: readonly string[] = [],
  folder = ROOT,
): Promise<Contender> {
  const command = join(folder, 'bin/zephr.js');
  return start(name, [command, 'serve', '--port', '0', '--rate-limit', '0', '--store', store, ...more]);
}

/** The bare server that is the ceiling. */
export function startBare(): Promise<Contender> {
  return start('bare node:http', ['--import', 'tsx', fileURLToPath(new URL('bare.ts', import.meta.url))]);
}

/** Starts a server that prints its URL. Its log is thrown away. */
export async function start(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = cleanEnvironment('/nonexistent'),
): Promise<Contender> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const ready = once(createInterface({ input: child.stdout }), 'line').then(([line]: unknown[]) => line);
  const url = await Promise.race([ready, ended]);
  if (url === undefined) throw new Error(`${name} did not start`);
  return { name, url: String(url), process: child };
}

export async function stop({ process: child }: Contender): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
