/** Bytes that no client should send, at a real server in a process of its own, which goes on as before. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { statusesFor } from '../support/raw-request.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { type Family, property } from './family.js';
import { FOUND_REQUESTS } from './found.js';
import { malformedBytes } from './malformed.js';

/** Requests on their way at once. */
const AT_ONCE = 16;

/** After so many requests the server has all the memory it wants; from then on it may grow by so many megabytes. */
const WARM = 10_000;
const GROWTH_MB = 48;

let server: ServerProcess;
let sent = 0;
let settledMb: number | undefined;

async function start(): Promise<() => Promise<void>> {
  server = await startServerProcess({ args: ['--rate-limit', '0', '--metrics'] });
  sent = 0;
  settledMb = undefined;
  return async () => {
    const growth = settledMb === undefined ? 0 : (await megabytes()) - settledMb;
    assert.equal(await server.stop(), 0, 'the server did not end as it should');
    assert.equal(server.log().match(/^.*"level":"error".*$/m)?.[0], undefined, 'the log holds a failure');
    assert(growth <= GROWTH_MB, `the server grew by ${growth} MB`);
  };
}

const malformed = property(
  'malformed bytes are refused or cut off',
  fc.array(malformedBytes, { minLength: AT_ONCE, maxLength: AT_ONCE }),
  async (requests) => {
    const answers = await Promise.all(requests.map((bytes) => statusesFor(server.url, bytes)));
    for (const status of answers.flat())
      assert(status >= 400 && status <= 499, `a malformed request got ${status}`);
    sent += AT_ONCE;
    if (settledMb === undefined && sent >= WARM) settledMb = await megabytes();
    return answers.map((statuses) => statuses.join(' ') || 'closed');
  },
  { weight: 40, size: AT_ONCE, found: FOUND_REQUESTS.map((request) => [Buffer.from(request)]) },
);

/** What the server says of its resident memory. */
async function megabytes(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const bytes = /^process_resident_memory_bytes ([0-9.e+]+)$/m.exec(text)?.[1];
  return Math.round(Number(bytes) / 1e6);
}

export const SOCKETS: Family = { name: 'sockets', properties: [malformed], start };
