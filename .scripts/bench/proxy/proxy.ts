/**
 * What `zephr proxy` adds to a request over TLS: a host asked directly, through a bare tunnel, through a bare proxy that
 * opens TLS as zephr does, and through zephr, where the host has no secret, where it has one that the request does not
 * carry, and where the request carries it. All take turns, so that what else the machine does weighs on all alike.
 */

import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../../../test/support/self-signed.js';
import { type Contender, cleanEnvironment, ROOT, start, stop, ZEPHR } from '../contenders.js';
import { count, type Effort, type Figure, ms, type Part } from '../figures.js';
import { residentMegabytes } from '../process-figures.js';
import { median, quantile } from '../statistics.js';
import type { Done, Way, Work } from './client.js';

/** Connections when the rate is measured. */
const MANY = 16;

/** Kinds of work, and how much of it is a turn. */
interface Turn extends Omit<Work, 'way'> {
  readonly turns: number;
}

type NamedWay = Way & { readonly name: string };

/** What all ways did, turn by turn. */
type Record = ReadonlyMap<string, readonly Done[]>;

/** How much longer requests and first events take, and how many requests there are in a second. */
export async function proxied(folder: string, { quick, against }: Effort): Promise<Part> {
  return withWays(folder, against, async (ways, client) => {
    const [turns, size] = quick ? [4, 300] : [20, 500];
    const warm = { what: 'requests', connections: MANY, count: 4_000, turns: 1 } as const;
    await takeTurns(ways, warm, client);
    const alone = await takeTurns(ways, { what: 'requests', connections: 1, count: size, turns }, client);
    const many = await takeTurns(
      ways,
      { what: 'requests', connections: MANY, count: size * 10, turns: turns / 2 },
      client,
    );
    const events = await takeTurns(ways, { what: 'events', connections: 1, count: 20, turns }, client);
    const figures = ways.flatMap(({ name }) => [
      latency(name, alone),
      rate(name, many),
      firstEvent(name, events),
      eventDelay(name, events),
    ]);
    const raw = { alone: [...alone], many: [...many], events: [...events] };
    return { title: 'Proxy: 2 KB over TLS, connections that stay', figures, raw };
  });
}

/** Resident memory of the proxy, every so many requests that carry a secret. */
export async function proxyMemory(folder: string, { quick, against }: Effort): Promise<Part> {
  return withWays(folder, against, async (ways, client) => {
    const way = ways.find(({ name }) => name === 'zephr, with the secret');
    if (way === undefined) throw new Error('there is no such way');
    const step = quick ? 1_000 : 10_000;
    const sizes: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      await client({ way, what: 'requests', connections: MANY, count: step });
      sizes.push(residentMegabytes(way.pid));
    }
    const [, second = Number.NaN] = sizes;
    const figure = {
      what: `resident, after each ${count(step)} requests`,
      measured: `${sizes.join(', ')} MB`,
      ratio: ((sizes.at(-1) ?? Number.NaN) / second).toFixed(2),
      aim: { text: 'none after the second is 24 MB over it', met: Math.max(...sizes) - second <= 24 },
    };
    return { title: 'Proxy, memory', figures: [figure], raw: sizes };
  });
}

type Client = (work: Work) => Promise<Done>;

async function withWays(
  folder: string,
  against: string | undefined,
  measure: (ways: readonly NamedWay[], client: Client) => Promise<Part>,
): Promise<Part> {
  const { cert, key } = makeCertificate(folder, 'host');
  const bare = ['host', 'host', 'tunnel', 'opening'] as const;
  const contenders: Contender[] = [];
  const child = fork(fileURLToPath(new URL('client.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit').then(() => undefined);
  try {
    for (const kind of bare) {
      const program = fileURLToPath(new URL('servers.ts', import.meta.url));
      contenders.push(await start(kind, ['--import', 'tsx', program, kind, cert, key]));
    }
    const [bound, unbound, tunnel, opening] = contenders;
    if (!bound || !unbound || !tunnel || !opening) throw new Error('not all servers are there');
    const ca = readFileSync(cert, 'utf8');
    const plain = { ca, tunnelHeaders: {}, headers: {} };
    const ways: NamedWay[] = [
      { ...plain, name: 'directly', host: hostOf(bound), proxy: null, pid: pidOf(bound) },
      { ...plain, name: 'bare tunnel', host: hostOf(bound), proxy: tunnel.url, pid: pidOf(tunnel) },
      { ...plain, name: 'bare, opened', host: hostOf(bound), proxy: opening.url, pid: pidOf(opening) },
    ];
    for (const build of against === undefined ? [ROOT] : [ROOT, against]) {
      const place = join(folder, `home-${ways.length}`);
      const started = await startProxy(build, place, hostOf(bound), cert);
      contenders.push(started.proxy);
      const suffix = build === ROOT ? '' : ' as built there';
      const own = { ...started.way, pid: pidOf(started.proxy), proxy: started.proxy.url };
      const authorization = { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' };
      ways.push(
        { ...own, name: `zephr, no secret there${suffix}`, host: hostOf(unbound), ca, headers: {} },
        { ...own, name: `zephr, without the secret${suffix}`, host: hostOf(bound), headers: {} },
        { ...own, name: `zephr, with the secret${suffix}`, host: hostOf(bound), headers: authorization },
      );
    }
    return await measure(ways, async (work) => {
      const answered = once(child, 'message') as Promise<[Done]>;
      child.send(work);
      const answer = await Promise.race([answered, ended]);
      if (answer === undefined) throw new Error('the client has failed');
      return answer[0];
    });
  } finally {
    child.kill();
    for (const contender of contenders) await stop(contender);
  }
}

/** `zephr proxy` with a vault of its own, and one secret in it. */
async function startProxy(
  build: string,
  home: string,
  host: string,
  caFile: string,
): Promise<{ proxy: Contender; way: Pick<Way, 'tunnelHeaders' | 'ca'> }> {
  const runtime = join(home, 'runtime');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const keyFile = join(home, 'key');
  writeFileSync(keyFile, Buffer.alloc(32, 7), { mode: 0o600 });
  const env = { ...cleanEnvironment(home), XDG_RUNTIME_DIR: runtime, ZEPHR_VAULT_KEY_FILE: keyFile };
  const set = [ZEPHR, 'vault', 'set', 'API_KEY', '--host', host];
  execFileSync(process.execPath, set, {
    env,
    input: 'correct-horse-battery',
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const program = join(build, 'bin/zephr.js');
  const proxy = await start(
    'zephr proxy',
    [program, 'proxy', 'start', '--port', '0', '--ca-file', caFile],
    env,
  );
  const { port } = new URL(proxy.url);
  const token = readFileSync(join(runtime, `zephr/proxy-${port}.token`), 'utf8').trim();
  const tunnelHeaders = { 'Proxy-Authorization': `Basic ${btoa(`zephr:${token}`)}` };
  return {
    proxy,
    way: { tunnelHeaders, ca: readFileSync(join(runtime, `zephr/proxy-${port}.pem`), 'utf8') },
  };
}

function hostOf({ url }: Contender): string {
  return new URL(url).host;
}

function pidOf({ process: { pid } }: Contender): number {
  return pid ?? 0;
}

async function takeTurns(
  ways: readonly NamedWay[],
  { turns, ...work }: Turn,
  client: Client,
): Promise<Record> {
  const done = new Map<string, Done[]>(ways.map(({ name }) => [name, []]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const way of ways) done.get(way.name)?.push(await client({ ...work, way }));
  }
  return done;
}

/** How much more a way takes than the direct one: the median of the turns' differences. */
function added(record: Record, name: string, of: (done: Done) => number): number {
  const direct = record.get('directly') ?? [];
  return median((record.get(name) ?? []).map((done, turn) => of(done) - of(direct[turn] ?? done)));
}

function timesOf(record: Record, name: string): number[] {
  return (record.get(name) ?? []).flatMap(({ times }) => times);
}

function latency(name: string, record: Record): Figure {
  const times = timesOf(record, name);
  const more = added(record, name, (done) => median(done.times));
  return {
    what: `a request, ${name}`,
    measured: `p50 ${ms(median(times))}, p99 ${ms(quantile(times, 0.99))}`,
    ...(name !== 'directly' && { ratio: `${ms(more)} more` }),
    ...(name === 'zephr, with the secret' && { aim: { text: '≤ 0.50 ms more', met: more <= 0.5 } }),
  };
}

function rate(name: string, record: Record): Figure {
  const done = record.get(name) ?? [];
  const perSecond = median(done.map((one) => one.perSecond));
  const used = median(done.map((one) => one.processorTime));
  const of = name === 'directly' ? 'the host' : 'the proxy';
  return {
    what: `requests, ${MANY} connections, ${name}`,
    measured: `${count(perSecond)}/s, ${count(used)} µs of ${of}'s processor each`,
    ...(name === 'zephr, with the secret' && { aim: { text: '≥ 1,800/s', met: perSecond >= 1_800 } }),
  };
}

function firstEvent(name: string, record: Record): Figure {
  const more = added(record, name, (done) => median(done.times));
  return {
    what: `first event of a stream, ${name}`,
    measured: `p50 ${ms(median(timesOf(record, name)))}`,
    ...(name !== 'directly' && { ratio: `${ms(more)} more` }),
    ...(name === 'zephr, with the secret' && { aim: { text: '≤ 1.00 ms more', met: more <= 1 } }),
  };
}

function eventDelay(name: string, record: Record): Figure {
  const delays = (record.get(name) ?? []).flatMap((done) => done.delays);
  return {
    what: `an event on its way, ${name}`,
    measured: `p50 ${ms(median(delays))}, p99 ${ms(quantile(delays, 0.99))}`,
  };
}
