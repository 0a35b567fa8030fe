/** What a campaign needs of real things, set up and taken down: servers, a database, a disk, receivers. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, transformSync } from 'esbuild';
import { ZEPHR } from '../support/session.js';
import { Clocks } from './clocks.js';
import { CuttingProxy } from './cutting-proxy.js';
import { type Fault, faultsOf } from './faults.js';
import { type Stopwatch, startStopwatch } from './moment.js';
import { COUNTRY, Phone } from './phone.js';
import { PLANT_VARIABLE, type Plant } from './plants.js';
import { PostgresUnderTest, postgresPrograms } from './postgres-under-test.js';
import { Random } from './random.js';
import { Receiver } from './receiver.js';
import { Relay } from './relay.js';
import { ServerUnderTest } from './server-under-test.js';
import { SmallDisk } from './small-disk.js';

/** What keeps the secrets. */
export type Engine = 'sqlite' | 'postgres';

/** How much faster the servers' time passes: a secret's shortest life, and a lease, last three seconds. */
const RATE = 20;

/** How far a server may be from the clock of PostgreSQL when that answers slowly, in the servers' milliseconds. */
const SLACK_MS = 5_000;

/** Room for a store and what grows in it within an hour, in megabytes. */
const DISK_MB: Readonly<Record<Engine, number>> = { sqlite: 192, postgres: 384 };

const RECEIVERS = 2;

/** The real things of a campaign. */
export interface Scene {
  readonly servers: readonly ServerUnderTest[];
  readonly receivers: readonly Receiver[];
  readonly phone: Phone;
  readonly relay: Relay;
  /** Of somebody who may have codes sent, and make nearly as much as there is time for. */
  readonly apiKey: string;
  readonly clocks: Clocks;
  readonly stopwatch: Stopwatch;
  /** Puts all clocks on by so many milliseconds of theirs. */
  setClocks(ahead: number): Promise<void>;
  readonly faults: readonly Fault[];
  /** Faults that can't be had here, and why. */
  readonly impossible: readonly string[];
  /** How often the database ended by itself, and was started again. */
  revivals(): number;
}

/** Sets a scene; what was set up so far is taken down by what is pushed to `ends`, last first. */
export async function setScene(
  engine: Engine,
  seed: string,
  plant: Plant | null,
  ends: (() => unknown)[],
): Promise<Scene> {
  const stopwatch = startStopwatch();
  const clocks = new Clocks(RATE, Date.now(), engine === 'postgres' ? SLACK_MS : 0);
  const random = new Random(seed);
  const disk = new SmallDisk(DISK_MB[engine]);
  ends.push(() => disk.remove());
  const program = [plant === null ? ZEPHR : await plantedServer()];
  const env = plant === null ? {} : { [PLANT_VARIABLE]: JSON.stringify(plant) };
  const clock = writeClock(ends);
  const phone = new Phone(random.part('phone'));
  const texts = await phone.listen();
  const relay = new Relay();
  await relay.listen();
  ends.push(() => Promise.all([phone.close(), relay.close()]));
  const smsSecret = writeSecret(ends);
  const serve = (name: string, store: string) => {
    const server = new ServerUnderTest({
      name,
      program: ['--import', clock, ...program],
      store,
      options: ['--sms-url', texts, '--sms-secret-file', smsSecret, '--sms-countries', COUNTRY],
      env,
      clocks,
      byStore: engine === 'postgres',
      stopwatch,
    });
    ends.push(async () => {
      await server.end('SIGKILL');
      await server.proxy.close();
    });
    return server;
  };
  const postgres = engine === 'postgres' ? await setPostgres(disk, clocks, ends) : null;
  const servers =
    postgres === null
      ? [serve('a', join(disk.folder, 'zephr.db'))]
      : postgres.addresses.map((address, index) => serve('ab'[index] ?? '', address));
  const apiKey = await newApiKey(postgres?.addresses[0] ?? join(disk.folder, 'zephr.db'));
  const receivers = Array.from(
    { length: RECEIVERS },
    (_, index) => new Receiver(random.part(`receiver ${index}`)),
  );
  ends.push(() => Promise.all(receivers.map((receiver) => receiver.close())));
  await Promise.all(receivers.map((receiver) => receiver.listen()));
  await Promise.all(
    servers.map(async (server) => {
      await server.proxy.listen();
      await server.start();
    }),
  );
  return {
    servers,
    receivers,
    phone,
    relay,
    apiKey,
    clocks,
    stopwatch,
    async setClocks(ahead) {
      if (postgres !== null) {
        for (const server of servers) clocks.step(server.name, ahead, stopwatch.now());
        await postgres.setClock(ahead);
      }
      await Promise.all(servers.map((server) => server.setClock(ahead)));
    },
    faults: faultsOf({ servers, receivers, disk, postgres }),
    impossible: disk.unfillable === null ? [] : [`disk full: not possible here, ${disk.unfillable}`],
    revivals: () => postgres?.server.revived ?? 0,
  };
}

/** PostgreSQL, and for each of two servers an address of it. */
async function setPostgres(disk: SmallDisk, clocks: Clocks, ends: (() => unknown)[]) {
  const programs = postgresPrograms();
  if (programs === null) throw new Error('there are no programs of PostgreSQL: install its server');
  const server = new PostgresUnderTest(programs, disk.folder);
  ends.push(() => server.close());
  const proxies = [new CuttingProxy(), new CuttingProxy()];
  const addresses = await Promise.all(proxies.map((proxy) => server.addressBy(proxy)));
  await server.start();
  const setClock = (ahead: number) => server.setClock(addresses[0] ?? '', clocks, ahead);
  await setClock(0);
  return { server, proxies, addresses, setClock };
}

/** A file with what signs text messages. */
function writeSecret(ends: (() => unknown)[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-texts-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, 'signs text messages', { mode: 0o600 });
  return file;
}

/** Makes a key in a store, which it makes if need be. */
async function newApiKey(store: string): Promise<string> {
  const args = [ZEPHR, 'keys', 'new', '--json', '--name', 'campaign', '--tier', 'pro', '--store', store];
  // The way to the database leads through this process.
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
  });
  const key = /zeph_[A-Za-z0-9]{40}/.exec(stdout)?.[0];
  if (key === undefined) throw new Error('no API key was printed');
  return key;
}

/** The planted server as one file, so that it starts as fast as the others; below the package, whose dependencies it has. */
async function plantedServer(): Promise<string> {
  const outfile = fileURLToPath(
    new URL('../../node_modules/.cache/zephr/planted-server.mjs', import.meta.url),
  );
  await build({
    entryPoints: [fileURLToPath(new URL('planted-server.ts', import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  return outfile;
}

/** What gives a server its clock, as JavaScript that any Node loads at once. */
function writeClock(ends: (() => unknown)[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-clock-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const source = readFileSync(new URL('server-clock.ts', import.meta.url), 'utf8');
  const file = join(folder, 'server-clock.mjs');
  writeFileSync(file, transformSync(source, { loader: 'ts', format: 'esm' }).code);
  return pathToFileURL(file).href;
}
