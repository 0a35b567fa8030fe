/**
 * The load of `npm run bench:server`, in a process of its own: creates for so many seconds over so many connections,
 * then claims what was created, one after the other. Takes one {@link Load} as a message, answers with {@link Loaded}.
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:http';

export interface Load {
  readonly url: string;
  /** The server's process. */
  readonly pid: number;
  readonly connections: number;
  readonly seconds: number;
}

/** How a kind of request went: how many a second, and how long they took, in milliseconds. */
export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the server's process for each, in microseconds; 0 where there is no Linux to tell. */
  readonly serverTime: number;
}

export interface Loaded {
  readonly creates: Measured;
  readonly claims: Measured;
}

const BLOB = randomBytes(300).toString('base64url');
const PROOF = randomBytes(32);
const PROOF_HASH = createHash('sha256').update(PROOF).digest('base64url');

if (process.send) {
  const [load] = (await once(process, 'message')) as [Load];
  process.send(await run(load));
  process.disconnect();
}

async function run({ url, pid, connections, seconds }: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ids: string[] = [];
  const end = performance.now() + seconds * 1000;
  const creates = await measure(pid, connections, () => {
    return performance.now() < end ? create(url, agent).then((id) => void ids.push(id)) : null;
  });
  const claims = await measure(pid, connections, () => {
    const id = ids.pop();
    return id === undefined ? null : claim(url, agent, id);
  });
  agent.destroy();
  return { creates, claims };
}

/** Does what `next` gives, so many at a time, until that is `null`. */
async function measure(pid: number, width: number, next: () => Promise<void> | null): Promise<Measured> {
  const times: number[] = [];
  const serverTime = processorTime(pid);
  const start = performance.now();
  const worker = async () => {
    for (;;) {
      const begun = performance.now();
      const work = next();
      if (work === null) return;
      await work;
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return {
    requests: times.length,
    perSecond: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    serverTime: (processorTime(pid) - serverTime) / times.length,
  };
}

/** What a process has used so far, in microseconds: fields 14 and 15 of proc(5)'s stat, in ticks of 10 ms. */
function processorTime(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function create(url: string, agent: Agent): Promise<string> {
  const body = JSON.stringify({
    encrypted_blob: BLOB,
    expiry: 60,
    split_url_mode: false,
    version: 2,
    proof_hash: PROOF_HASH,
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'idempotency-key': randomUUID(),
  };
  const { status, text } = await ask(`${url}/api/secrets`, { agent, method: 'POST', headers }, body);
  if (status !== 201) throw new Error(`a create was answered with ${status}`);
  return (JSON.parse(text) as { id: string }).id;
}

async function claim(url: string, agent: Agent, id: string): Promise<void> {
  const headers = {
    'zephr-proof': PROOF.toString('base64url'),
    'zephr-claim': randomBytes(16).toString('base64url'),
  };
  const { status, text } = await ask(`${url}/api/secrets/${id}`, { agent, headers });
  if (status !== 200) throw new Error(`a claim was answered with ${status}`);
  if (!('encrypted_blob' in (JSON.parse(text) as object))) throw new Error('a claim got no blob');
}

function ask(
  url: string,
  options: RequestOptions,
  body?: string,
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => {
      let text = '';
      incoming.setEncoding('latin1');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
