/** A PostgreSQL of the campaign's own, which can be restarted and crashed. It keeps out of the way of any other. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { Clocks } from './clocks.js';
import type { CuttingProxy } from './cutting-proxy.js';

/** Where Debian and its like keep the programs of each version. */
const DEBIAN = '/usr/lib/postgresql';

/** On Linux: has the system end PostgreSQL when the campaign is killed and can't. */
const SETPRIV = '/usr/bin/setpriv';

const PAUSE_MS = 100;
const START_MS = 60_000;

/** Small, and with nothing that needs another program. Its durability is what it always is. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=50',
  'shared_buffers=16MB',
  'max_wal_size=24MB',
  'min_wal_size=2MB',
  'log_min_messages=fatal',
].flatMap((setting) => ['-c', setting]);

/** The folder with PostgreSQL's programs, or `null` where there is none. */
export function postgresPrograms(): string | null {
  const versions = listed(DEBIAN).sort((one, other) => Number(other) - Number(one));
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => runs(join(folder, 'initdb')) && runs(join(folder, 'postgres'))) ?? null;
}

/** One database server, through all its processes. */
export class PostgresUnderTest {
  /** How often it ended by itself and was started again, as whoever looks after it would. */
  revived = 0;
  readonly #programs: string;
  readonly #data: string;
  readonly #owner: { uid: number; gid: number } | undefined;
  readonly #proxies: CuttingProxy[] = [];
  #child: ChildProcess | null = null;
  /** Whether it is meant to run. */
  #wanted = false;
  #starting: Promise<void> | null = null;

  /** Makes an empty database below `folder`, which exists. */
  constructor(programs: string, folder: string) {
    this.#programs = programs;
    this.#data = join(folder, 'data');
    this.#owner = ownerOfDatabases();
    if (this.#owner !== undefined) chownSync(folder, this.#owner.uid, this.#owner.gid);
    const options = [
      '--auth=trust',
      '--username=postgres',
      '--encoding=UTF8',
      '--locale=C',
      '--wal-segsize=1',
      '--no-sync',
    ];
    const made = spawnSync(join(programs, 'initdb'), ['--pgdata', this.#data, ...options], {
      ...this.#owner,
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  }

  /** The address of the database by way of a proxy of its own. */
  async addressBy(proxy: CuttingProxy): Promise<string> {
    this.#proxies.push(proxy);
    return `postgres://postgres@127.0.0.1:${await proxy.listen()}/postgres?search_path=public%2Cpg_catalog`;
  }

  /**
   * Gives it the clock of the campaign: the search path of {@link addressBy} finds this function before PostgreSQL's.
   * @param ahead milliseconds, in that clock.
   */
  async setClock(address: string, { rate, epoch }: Clocks, ahead: number): Promise<void> {
    const sql = postgres(address, { max: 1, fetch_types: false });
    const real = 'extract(epoch FROM pg_catalog.clock_timestamp()) * 1000';
    const shown = `${epoch} + (${real} - ${epoch}) * ${rate} + ${ahead}`;
    await sql.unsafe(
      `CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
       AS 'SELECT pg_catalog.to_timestamp((${shown}) / 1000)'`,
    );
    await sql.end();
  }

  /** Starts it, as often as that takes, and resolves when it answers, or is no longer wanted. */
  start(): Promise<void> {
    this.#wanted = true;
    this.#starting ??= this.#keepStarting().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** Ends it: `fast` as an operator does, `immediate` without a word to anybody and with a recovery to come. */
  async stop(how: 'fast' | 'immediate'): Promise<void> {
    this.#wanted = false;
    this.#point(null);
    const child = this.#child;
    if (child !== null && runsStill(child)) {
      const ended = once(child, 'exit');
      child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await ended;
    }
    await this.#starting;
  }

  async close(): Promise<void> {
    await this.stop('immediate');
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  #point(target: number | null): void {
    for (const proxy of this.#proxies) proxy.target = target;
  }

  async #keepStarting(): Promise<void> {
    const late = Date.now() + START_MS;
    while (this.#wanted && !(await this.#tryToStart())) {
      if (Date.now() > late) throw new Error('PostgreSQL does not start');
      await sleep(PAUSE_MS);
    }
  }

  /** Whether it answers now. */
  async #tryToStart(): Promise<boolean> {
    const port = await freePort();
    const command = [join(this.#programs, 'postgres'), '-D', this.#data, '-p', String(port), ...SETTINGS];
    const [program = '', ...args] = runs(SETPRIV)
      ? [SETPRIV, '--pdeathsig', 'QUIT', '--', ...command]
      : command;
    const child = spawn(program, args, { ...this.#owner, stdio: 'ignore' });
    this.#child = child;
    while (runsStill(child) && !(await this.#answers(port))) await sleep(PAUSE_MS);
    if (!runsStill(child)) return false;
    this.#point(port);
    child.once('exit', () => {
      if (!this.#wanted) return;
      // What a full disk does to it, among others.
      this.revived += 1;
      this.#point(null);
      void this.start();
    });
    return true;
  }

  async #answers(port: number): Promise<boolean> {
    const asking = spawn(join(this.#programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], {
      stdio: 'ignore',
    });
    await once(asking, 'exit');
    return asking.exitCode === 0;
  }
}

function runsStill({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** PostgreSQL refuses to run as root: then it runs as the user its package made. */
function ownerOfDatabases(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
