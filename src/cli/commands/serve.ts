/** `zephr serve`: settings for the server, its log on stderr, and its end. */

import { join } from 'node:path';
import { startServer } from '../../server/serve.js';
import { usageError } from '../exit.js';
import type { CommonFlags } from '../settings.js';
import type { Environment, Output, Terminal } from '../terminal.js';
import { VERSION } from '../version.js';

export interface ServeFlags extends CommonFlags {
  readonly host?: string;
  readonly port?: string;
  readonly store?: string;
  readonly access?: string;
}

/** Runs a server until SIGINT or SIGTERM; then what is in flight is finished first. */
export async function serve(flags: ServeFlags, terminal: Terminal): Promise<void> {
  const { env, stdout, stderr } = terminal;
  const setting = (flag: string | undefined, name: string) => flag ?? presentIn(env, `ZEPHR_SERVE_${name}`);
  const server = await startServer({
    host: setting(flags.host, 'HOST') ?? '127.0.0.1',
    port: portNumber(setting(flags.port, 'PORT') ?? '8787'),
    store: setting(flags.store, 'STORE') ?? defaultStore(terminal),
    version: VERSION,
    access: accessMode(setting(flags.access, 'ACCESS') ?? 'open'),
    log: inOrder(stderr),
  });
  const interrupt = whenInterrupted(terminal);
  await stdout.write(`${server.url}\n`);
  await interrupt;
  await server.close();
}

/** The first interrupt; later ones change nothing, for the end is on its way and has its own time limit. */
function whenInterrupted(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    terminal.onInterrupt(() => resolve());
  });
}

/** Writes line after line: two writes at once could overtake each other. */
function inOrder(output: Output): (line: string) => void {
  let last: Promise<void> = Promise.resolve();
  return (line) => {
    // A log nobody reads any more must not stop the server.
    last = last.then(() => output.write(`${line}\n`)).catch(() => undefined);
  };
}

function defaultStore({ env, platform, home }: Terminal): string {
  const state =
    presentIn(env, 'XDG_STATE_HOME') ??
    (platform === 'win32' ? presentIn(env, 'LOCALAPPDATA') : undefined) ??
    join(home, '.local', 'state');
  return join(state, 'zephr', 'zephr.db');
}

function portNumber(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw usageError('the port is not a number from 0 to 65535');
  return port;
}

function accessMode(text: string): 'open' {
  if (text !== 'open') throw usageError('the access mode is not one this server has', 'use --access open');
  return text;
}

function presentIn(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}
