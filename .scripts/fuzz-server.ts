/**
 * Sends malformed requests to a real server, and fails unless each is refused, the server lives, its log holds no
 * failure and its memory stays as it was.
 *
 * Usage: npm run fuzz:server -- [requests=100000] [seed]
 */

import fc from 'fast-check';
import { malformedBytes } from '../test/support/malformed.js';
import { statusesFor } from '../test/support/raw-request.js';
import { type ServerProcess, startServerProcess } from '../test/support/server.js';

/** Requests on their way at once. */
const AT_ONCE = 16;

/** By the first tenth of the requests the server has all the memory it wants; from then on it may grow by this. */
const GROWTH_MB = 48;

const [requests = '100000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
await fuzz(Number(requests), Number(seed));

async function fuzz(count: number, chosen: number): Promise<void> {
  console.log(`${count} malformed requests, seed ${chosen}`);
  const server = await startServerProcess({ args: ['--rate-limit', '0', '--metrics'] });
  const answers = new Map<string, number>();
  let sent = 0;
  let settled: number | undefined;
  const several = fc.array(malformedBytes, { minLength: AT_ONCE, maxLength: AT_ONCE });
  const refused = fc.asyncProperty(several, async (batch) => {
    const statuses = await Promise.all(batch.map((bytes) => statusesFor(server.url, bytes)));
    for (const some of statuses) {
      const answer = some.join(' ') || 'closed';
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    const wrong = statuses.flat().find((status) => status < 400 || status > 499);
    if (wrong !== undefined) throw new Error(`a malformed request got ${wrong}`);
    sent += batch.length;
    if (sent % 10_000 < AT_ONCE) console.log(`${sent}: ${await megabytes(server)} MB`);
    if (settled === undefined && sent >= count / 10) settled = await megabytes(server);
  });
  try {
    await fc.assert(refused, { seed: chosen, numRuns: Math.ceil(count / AT_ONCE) });
    const growth = (await megabytes(server)) - (settled ?? 0);
    if (growth > GROWTH_MB) throw new Error(`the server grew by ${growth} MB`);
  } finally {
    await server.stop();
  }
  if (server.process.exitCode !== 0) throw new Error('the server did not end as it should');
  const failure = server.log().match(/^.*"level":"error".*$/m)?.[0];
  if (failure !== undefined) throw new Error(`the log holds a failure: ${failure}`);
  const common = [...answers].sort(([, one], [, other]) => other - one).slice(0, 12);
  console.log(`refused, each: ${common.map(([answer, times]) => `${answer} (${times})`).join(', ')}`);
}

/** What the server says of its resident memory. */
async function megabytes({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const bytes = /^process_resident_memory_bytes ([0-9.e+]+)$/m.exec(text)?.[1];
  return Math.round(Number(bytes) / 1e6);
}
