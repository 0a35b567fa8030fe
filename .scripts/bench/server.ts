/**
 * What a request costs the server, and what it does in a second: durable creates, and claims, on SQLite and on PostgreSQL, beside a bare node:http
 * server that parses the same JSON and answers a constant; how both change with a store that is full; and the memory
 * it takes. All take turns in one run, so that what else the machine does weighs on all alike, and the medians of the
 * turns are told. PostgreSQL is the one that ZEPHR_TEST_POSTGRES names.
 */

import { join } from 'node:path';
import { newSchema, type Schema, withoutPostgres } from '../../test/support/postgres.js';
import { type Contender, startBare, startZephr, stop } from './contenders.js';
import { syncTimes } from './environment.js';
import { type Aim, count, type Effort, type Figure, ms, type Part } from './figures.js';
import { fillPostgres, fillSqlite } from './fill.js';
import type { Loaded, Measured } from './load.js';
import { Loader } from './loader.js';
import { residentMegabytes } from './process-figures.js';
import { median } from './statistics.js';

const CONNECTIONS = [1, 16, 64];
const KINDS = ['creates', 'claims'] as const;
const NO_POSTGRES: Figure = { what: 'PostgreSQL', measured: 'none answers at ZEPHR_TEST_POSTGRES' };

interface Turns {
  readonly turns: number;
  /** Of creates in a turn; claims take as long as they take. */
  readonly seconds: number;
}

/** A contender and how it did, turn by turn. */
interface Record {
  readonly name: string;
  readonly turns: readonly Loaded[];
}

/** What creates and claims cost, and how many there are in a second, at 1, 16 and 64 connections. */
export async function throughput(folder: string, { quick, against }: Effort): Promise<Part> {
  const schema = withoutPostgres ? null : await newSchema();
  const contenders: Contender[] = [];
  const loader = new Loader();
  try {
    contenders.push(await startBare());
    contenders.push(await startZephr('SQLite', join(folder, 'throughput.db')));
    if (schema) contenders.push(await startZephr('PostgreSQL', schema.store));
    if (against)
      contenders.push(await startZephr('SQLite as built there', join(folder, 'there.db'), [], against));
    await warmUp(loader, contenders);
    const sync = median(syncTimes(join(folder, 'sync')));
    const effort = quick ? { turns: 2, seconds: 1 } : { turns: 5, seconds: 2 };
    const raw: { connections: number; records: Record[] }[] = [];
    for (const connections of CONNECTIONS) {
      raw.push({ connections, records: await takeTurns(loader, contenders, connections, effort) });
    }
    const figures = raw.flatMap(({ connections, records }) =>
      KINDS.flatMap((kind) => comparison(kind, connections, records, sync)),
    );
    return {
      title: 'Server',
      figures: schema ? figures : [...figures, NO_POSTGRES],
      raw,
    };
  } finally {
    loader.stop();
    for (const contender of contenders) await stop(contender);
    await schema?.drop();
  }
}

/** How creates and claims change from a store with few unread secrets to one with many. */
export async function depth(folder: string, { quick }: Effort): Promise<Part> {
  const [few, many] = [1_000, quick ? 20_000 : 1_000_000];
  const schemas: Schema[] = withoutPostgres ? [] : [await newSchema(), await newSchema()];
  const contenders: Contender[] = [];
  const loader = new Loader();
  try {
    for (const secrets of [few, many]) {
      const file = join(folder, `${secrets}.db`);
      await fillSqlite(file, secrets);
      contenders.push(await startZephr(`SQLite ${secrets}`, file));
    }
    for (const [index, schema] of schemas.entries()) {
      const secrets = index === 0 ? few : many;
      await fillPostgres(schema, secrets);
      contenders.push(await startZephr(`PostgreSQL ${secrets}`, schema.store));
    }
    await warmUp(loader, contenders);
    const effort = quick ? { turns: 2, seconds: 1 } : { turns: 5, seconds: 2 };
    const raw = await takeTurns(loader, contenders, 16, effort);
    const figures = ['SQLite', 'PostgreSQL'].flatMap((name) =>
      KINDS.flatMap((kind) => {
        const [first, second] = raw.filter((record) => record.name.startsWith(name));
        if (!first || !second) return [];
        const rates = [first, second].map((record) => record.turns.map((turn) => turn[kind].perSecond));
        const [before = [], after = []] = rates;
        return {
          what: `${kind}, ${name}, 16 connections: ${count(few)}, then ${count(many)} unread`,
          measured: `${count(median(before))}/s, then ${count(median(after))}/s`,
          ratio: `${shares(after, before)} as fast`,
        };
      }),
    );
    return {
      title: 'Server, with a full store',
      figures: schemas.length ? figures : [...figures, NO_POSTGRES],
      raw,
    };
  } finally {
    loader.stop();
    for (const contender of contenders) await stop(contender);
    for (const schema of schemas) await schema.drop();
  }
}

/** Resident memory of the server on SQLite, before and after many creates that stay unread. */
export async function memory(folder: string, { quick }: Effort): Promise<Part> {
  const wanted = quick ? 10_000 : 100_000;
  const server = await startZephr('SQLite', join(folder, 'memory.db'));
  const loader = new Loader();
  try {
    const before = residentMegabytes(server.process.pid ?? 0);
    let created = 0;
    while (created < wanted) {
      const { creates } = await loader.load(server, { connections: 64, seconds: 2, claim: false });
      created += creates.requests;
    }
    const after = residentMegabytes(server.process.pid ?? 0);
    if (Number.isNaN(after)) {
      return {
        title: 'Server, memory',
        figures: [{ what: 'memory', measured: 'no /proc to tell' }],
        raw: null,
      };
    }
    const figure = {
      what: `resident, SQLite: at the start, then after ${count(created)} creates`,
      measured: `${before} MB, then ${after} MB`,
      ratio: (after / before).toFixed(2),
      aim: { text: '≤ 110 MB', met: after <= 110 },
    };
    return { title: 'Server, memory', figures: [figure], raw: { created, before, after } };
  } finally {
    loader.stop();
    await stop(server);
  }
}

/** Until the compiler has seen what it needs: a server is not measured in its first second. */
async function warmUp(loader: Loader, contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) await loader.load(contender, { connections: 64, seconds: 3 });
}

async function takeTurns(
  loader: Loader,
  contenders: readonly Contender[],
  connections: number,
  { turns, seconds }: Turns,
): Promise<Record[]> {
  const records = contenders.map(({ name }) => ({ name, turns: [] as Loaded[] }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [index, contender] of contenders.entries()) {
      records[index]?.turns.push(await loader.load(contender, { connections, seconds }));
    }
  }
  return records;
}

/** @param sync how long the disk takes to keep something, in milliseconds. */
function comparison(
  kind: (typeof KINDS)[number],
  connections: number,
  records: readonly Record[],
  sync: number,
): Figure[] {
  const [bare = []] = records.map(({ turns }) => turns.map((turn) => turn[kind]));
  return records.map(({ name, turns }, index) => {
    const all = turns.map((turn) => turn[kind]);
    const of = (pick: (turn: Measured) => number) => median(all.map(pick));
    const toBare = (pick: (turn: Measured) => number) => shareOf(all.map(pick), bare.map(pick));
    const [p50, p99] = [of((turn) => turn.p50), of((turn) => turn.p99)];
    const processor = `${count(of((turn) => turn.serverTime))} µs of processor each`;
    const [share, times] = [toBare((turn) => turn.perSecond), toBare((turn) => turn.serverTime)];
    const isAim = kind === 'creates' && name === 'SQLite' && connections === 64;
    return {
      what: `${kind}, ${name}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
      measured: `${processor}, ${count(of((turn) => turn.perSecond))}/s, p50 ${ms(p50)}, p99 ${ms(p99)}`,
      ...(index === 0
        ? {}
        : { ratio: `${times.toFixed(2)} × bare's processor time, ${Math.round(share * 100)} % of its rate` }),
      ...(isAim
        ? { aim: aimOf({ times, share, p99, patience: 2 * median(bare.map((turn) => turn.p99)) + sync }) }
        : {}),
    };
  });
}

interface Beside {
  /** Processor time and rate, as parts of the bare server's. */
  readonly times: number;
  readonly share: number;
  readonly p99: number;
  /** The longest that p99 should be. */
  readonly patience: number;
}

function aimOf({ times, share, p99, patience }: Beside): Aim {
  return {
    text: `≤ 2.5 × its time, ≥ 40 % of its rate, p99 ≤ ${ms(patience)} (2 × bare's and a sync)`,
    met: times <= 2.5 && share >= 0.4 && p99 <= patience,
  };
}

function shares(values: readonly number[], others: readonly number[]): string {
  return shareOf(values, others).toFixed(2);
}

/** The median of the turns' ratios: what both met in the same turn cancels out. */
function shareOf(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, turn) => value / (others[turn] ?? Number.NaN)));
}
