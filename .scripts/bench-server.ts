/**
 * What the server does in a second: durable creates, and claims, over 1, 16 and 64 connections, on SQLite and on
 * PostgreSQL, beside a bare node:http server that parses the same JSON and answers a constant. All take turns in one
 * run, so that what else the machine does weighs on all alike. Printed are medians of the turns: how many a second,
 * their share of the bare server's, how long they took, and the server's own processor time for each.
 *
 * Usage: npm run bench:server -- [seconds a measurement=2] [turns=3]
 * PostgreSQL is the one that ZEPHR_TEST_POSTGRES names; where none answers it is left out.
 */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { newSchema, withoutPostgres } from '../test/support/postgres.js';
import type { Load, Loaded, Measured } from './bench-load.js';

const CONNECTIONS = [1, 16, 64];
const [seconds = '2', turns = '3'] = process.argv.slice(2);

interface Contender {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'zephr-bench-'));
const schema = withoutPostgres ? null : await newSchema();
const contenders: Contender[] = [];
try {
  contenders.push(await start('bare node:http', ['--import', 'tsx', here('bench-bare.ts')]));
  contenders.push(await start('SQLite', zephr(join(folder, 'zephr.db'))));
  if (schema) contenders.push(await start('PostgreSQL', zephr(schema.store)));
  for (const contender of contenders) await load(contender, 64, 1);
  for (const connections of CONNECTIONS) await compare(connections);
} finally {
  for (const contender of contenders) await stop(contender);
  await schema?.drop();
  await rm(folder, { recursive: true });
}

/** Loads the contenders in turns over so many connections, and prints how they did. */
async function compare(connections: number): Promise<void> {
  const results = new Map<string, Loaded[]>(contenders.map(({ name }) => [name, []]));
  for (let turn = 0; turn < Number(turns); turn += 1) {
    for (const contender of contenders) {
      results.get(contender.name)?.push(await load(contender, connections, Number(seconds)));
    }
  }
  for (const kind of ['creates', 'claims'] as const) {
    console.log(`\n${kind} over ${connections} ${connections === 1 ? 'connection' : 'connections'}`);
    const [ceiling = []] = [...results.values()].map((turns) => turns.map((turn) => turn[kind].perSecond));
    for (const [name, all] of results) {
      const measured = all.map((turn) => turn[kind]);
      const median = (of: (turn: Measured, index: number) => number) => middle(measured.map(of));
      console.log(
        name.padEnd(15),
        `${Math.round(median(({ perSecond }) => perSecond))}/s`.padStart(9),
        `${Math.round(100 * median(({ perSecond }, index) => perSecond / (ceiling[index] ?? 1)))} %`.padStart(
          6,
        ),
        `p50 ${median(({ p50 }) => p50).toFixed(2)} ms`.padStart(14),
        `p99 ${median(({ p99 }) => p99).toFixed(2)} ms`.padStart(14),
        `${Math.round(median(({ serverTime }) => serverTime))} µs`.padStart(9),
      );
    }
  }
}

async function load({ url, process: { pid } }: Contender, connections: number, seconds: number) {
  const child = fork(here('bench-load.ts'), { execArgv: ['--import', 'tsx'] });
  child.send({ url, pid: pid ?? 0, connections, seconds } satisfies Load);
  const [loaded] = (await once(child, 'message')) as [Loaded];
  return loaded;
}

function zephr(store: string): string[] {
  return [here('../bin/zephr.js'), 'serve', '--port', '0', '--rate-limit', '0', '--store', store];
}

/** Starts a server that prints its URL. Its log is thrown away. */
async function start(name: string, args: string[]): Promise<Contender> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { name, url, process: child };
}

async function stop({ process: child }: Contender): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function middle(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
