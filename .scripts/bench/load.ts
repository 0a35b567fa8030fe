/**
 * The load on a server, in a process of its own and the same for all: creates for so many seconds over so many
 * connections, then claims what was created. It shares the machine with the server, so it is made to cost little:
 * plain sockets, and requests that are put together from text. Takes one {@link Load} as a message after the other
 * and answers each with {@link Loaded}.
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { HttpConnection } from './http-connection.js';
import { processorTime } from './process-figures.js';
import { quantile } from './statistics.js';

export interface Load {
  readonly url: string;
  /** The server's process. */
  readonly pid: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whether to claim what was created, or to leave it unread. */
  readonly claim: boolean;
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

const PROOF = randomBytes(32);
const BODY = JSON.stringify({
  encrypted_blob: randomBytes(300).toString('base64url'),
  expiry: 60,
  split_url_mode: false,
  version: 2,
  proof_hash: createHash('sha256').update(PROOF).digest('base64url'),
});

process.on('message', async (load: Load) => process.send?.(await run(load)));

async function run({ url, pid, connections, seconds, claim: claims }: Load): Promise<Loaded> {
  const { host } = new URL(url);
  const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(url)));
  const ids: string[] = [];
  const end = performance.now() + seconds * 1000;
  const creates = await measure(pid, open, (connection) =>
    performance.now() < end ? create(connection, host, ids) : null,
  );
  if (!claims) ids.length = 0;
  const claimed = await measure(pid, open, (connection) => {
    const id = ids.pop();
    return id === undefined ? null : claim(connection, host, id);
  });
  for (const connection of open) connection.close();
  return { creates, claims: claimed };
}

/** Does what `next` gives, on each connection one after the other, until that is `null`. */
async function measure(
  pid: number,
  connections: readonly HttpConnection[],
  next: (connection: HttpConnection) => Promise<void> | null,
): Promise<Measured> {
  const times: number[] = [];
  const serverTime = processorTime(pid);
  const start = performance.now();
  const worker = async (connection: HttpConnection) => {
    for (;;) {
      const begun = performance.now();
      const work = next(connection);
      if (work === null) return;
      await work;
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(connections.map(worker));
  const seconds = (performance.now() - start) / 1000;
  return {
    requests: times.length,
    perSecond: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    serverTime: (processorTime(pid) - serverTime) / times.length,
  };
}

async function create(connection: HttpConnection, host: string, ids: string[]): Promise<void> {
  const { status, body } = await connection.ask(
    `POST /api/secrets HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${BODY.length}\r\nIdempotency-Key: ${randomUUID()}\r\n\r\n${BODY}`,
  );
  if (status !== 201) throw new Error(`a create was answered with ${status}`);
  ids.push((JSON.parse(body) as { id: string }).id);
}

async function claim(connection: HttpConnection, host: string, id: string): Promise<void> {
  const { status, body } = await connection.ask(
    `GET /api/secrets/${id} HTTP/1.1\r\nHost: ${host}\r\nZephr-Proof: ${PROOF.toString('base64url')}\r\n` +
      `Zephr-Claim: ${randomBytes(16).toString('base64url')}\r\n\r\n`,
  );
  if (status !== 200) throw new Error(`a claim was answered with ${status}`);
  if (!body.includes('"encrypted_blob"')) throw new Error('a claim got no blob');
}
