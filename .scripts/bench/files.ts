/**
 * How fast a file goes up by a pipe and comes down into a file, on SQLite and on PostgreSQL, beside `cp` and `sync` of the
 * same file on the same disk. All take turns. Processor time is that of the command with its pipe, and of the server,
 * without that of PostgreSQL.
 */

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newSchema, withoutPostgres } from '../../test/support/postgres.js';
import { type Contender, cleanEnvironment, startZephr, stop, ZEPHR } from './contenders.js';
import { count, type Effort, type Figure, ms, type Part, spread } from './figures.js';
import { peakMegabytes, processorTime } from './process-figures.js';
import { median } from './statistics.js';

const MB = 2 ** 20;
const AIM = 0.4;
const MOST_MEMORY_MB = 200;

/** One way of the file. */
interface Way {
  readonly megabytesPerSecond: number;
  /** Milliseconds of a processor for a megabyte. */
  readonly command: number;
  readonly server: number;
}

interface Both {
  readonly up: Way;
  readonly down: Way;
}

export async function files(folder: string, { quick }: Effort): Promise<Part> {
  const [megabytes, turns] = quick ? [64, 2] : [1_024, 3];
  const file = join(folder, 'file');
  writeRandom(file, megabytes);
  mkdirSync(join(folder, '.cache'));
  const schema = withoutPostgres ? null : await newSchema();
  const servers: Contender[] = [];
  const room = ['--max-upload', '4096', '--max-stored', '100000', '--max-stored-per-caller', '100000'];
  try {
    servers.push(await startZephr('SQLite', join(folder, 'files.db'), room));
    if (schema) servers.push(await startZephr('PostgreSQL', schema.store, room));
    const copies: number[] = [];
    const found = servers.map((): Both[] => []);
    for (let turn = 0; turn < turns; turn += 1) {
      copies.push(copied(file, join(folder, 'copy'), megabytes));
      for (const [index, server] of servers.entries()) {
        found[index]?.push(thereAndBack(server, folder, file, megabytes));
      }
    }
    const figures = servers.flatMap((server, index) => figuresOf(server, found[index] ?? [], copies));
    return {
      title: `A file of ${count(megabytes)} MB`,
      figures: [{ what: '`cp` and `sync`', measured: `${spread(copies, count)} MB/s` }, ...figures],
      raw: { copies, found },
    };
  } finally {
    for (const server of servers) await stop(server);
    await schema?.drop();
  }
}

function figuresOf(
  { name, process: { pid } }: Contender,
  turns: readonly Both[],
  copies: readonly number[],
): Figure[] {
  const peak = peakMegabytes(pid ?? 0);
  return [
    ...(['up', 'down'] as const).map((way): Figure => {
      const rates = turns.map((turn) => turn[way].megabytesPerSecond);
      const share = median(rates.map((rate, turn) => rate / (copies[turn] ?? Number.NaN)));
      const cost = (side: 'command' | 'server') => ms(median(turns.map((turn) => turn[way][side])));
      return {
        what: `${way}, ${name}`,
        measured: `${spread(rates, count)} MB/s; ${cost('command')} and ${cost('server')} of a processor for a MB`,
        ratio: `${share.toFixed(2)} of the copy`,
        aim: { text: `≥ ${AIM}`, met: share >= AIM },
      };
    }),
    {
      what: `the server's memory at its most, ${name}`,
      measured: Number.isNaN(peak) ? 'no /proc to tell' : `${peak} MB`,
      aim: { text: `≤ ${MOST_MEMORY_MB} MB`, met: peak <= MOST_MEMORY_MB },
    },
  ];
}

/** Megabytes a second of a copy that is on the disk. */
function copied(from: string, to: string, megabytes: number): number {
  const { seconds } = timed('cp "$FROM" "$TO" && sync "$TO"', { ...process.env, FROM: from, TO: to });
  rmSync(to);
  return megabytes / seconds;
}

/** Sends the file by a pipe, and reads it into another, which the command has put on the disk when it ends. */
function thereAndBack(server: Contender, folder: string, file: string, megabytes: number): Both {
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = {
    ...cleanEnvironment(home),
    ...{ ZEPHR_SERVER: server.url, NODE: process.execPath, ZEPHR, FILE: file, HOME: home },
  };
  const way = (script: string): Way => {
    const before = processorTime(server.process.pid ?? 0);
    const { seconds, processor } = timed(script, env);
    return {
      megabytesPerSecond: megabytes / seconds,
      command: processor / megabytes,
      server: (processorTime(server.process.pid ?? 0) - before) / 1000 / megabytes,
    };
  };
  try {
    return {
      up: way('cat "$FILE" | "$NODE" "$ZEPHR" -q > "$HOME/link"'),
      down: way('"$NODE" "$ZEPHR" get -q -o "$HOME/copy" < "$HOME/link" && sync "$HOME/copy"'),
    };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** Runs a script of the shell to its end. @returns how long it took, and the processor time of all that it ran, in ms. */
function timed(script: string, env: NodeJS.ProcessEnv): { seconds: number; processor: number } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${script} && times`], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`a script of the bench ended with ${status}: ${stderr}`);
  const seconds = (performance.now() - start) / 1000;
  // Its last line is about what the shell ran: minutes and seconds, of the user and of the system.
  const used = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const processor = used.reduce((sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest), 0);
  return { seconds, processor: 1000 * processor };
}

function writeRandom(path: string, megabytes: number): void {
  const file = openSync(path, 'w');
  for (let index = 0; index < megabytes; index += 1) writeSync(file, randomBytes(MB));
  closeSync(file);
}
