/** A client that asks for much at once is served in turns of the event loop, so that others are heard in between. */

import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listen } from '../../src/server/http/listen.js';
import { MemoryBudget, MemoryShare } from '../../src/server/http/memory-budget.js';

const REQUESTS = 100;

/** Counts the turns of the event loop from now on. */
function turns(): { readonly count: () => number; stop(): void } {
  let count = 0;
  let immediate = setImmediate(function next() {
    count += 1;
    immediate = setImmediate(next);
  });
  return { count: () => count, stop: () => clearImmediate(immediate) };
}

test(`${REQUESTS} requests that one client sends ahead are begun in as many turns`, async () => {
  const clock = turns();
  const begun: number[] = [];
  const app = async () => {
    begun.push(clock.count());
    return { status: 204, headers: [], body: null };
  };
  const listener = await listen(app, { host: '127.0.0.1', port: 0 });
  const { port } = new URL(listener.url);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.resume();
    socket.end('GET / HTTP/1.1\r\nHost: zephr\r\n\r\n'.repeat(REQUESTS));
  });
  await listener.close();
  clock.stop();
  expect(begun).toHaveLength(REQUESTS);
  expect(new Set(begun).size).toBe(REQUESTS);
});

test('replies that take long are made in a turn each', async () => {
  const clock = turns();
  const budget = new MemoryBudget(Number.POSITIVE_INFINITY);
  const made: number[] = [];
  const shares = Array.from({ length: REQUESTS }, () => new MemoryShare(budget));
  await Promise.all(shares.map((share) => share.ownTurn().then(() => made.push(clock.count()))));
  clock.stop();
  expect(new Set(made).size).toBe(REQUESTS);
});

test('one address has half of the memory at most, and the requests of others do not wait behind its own', async () => {
  const budget = new MemoryBudget(100);
  await Promise.all(Array.from({ length: 5 }, () => budget.wait(10, 'greedy')));
  expect(budget.take(1, 'greedy')).toBe(false);
  const refused = expect(budget.wait(1, 'greedy', 50)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  await budget.wait(50, 'another');
  expect(budget.take(1)).toBe(false);
  await refused;
  const later = budget.wait(10, 'greedy');
  budget.release(10, 'greedy');
  await later;
  budget.release(50, 'another');
  // Who has nothing may have one request of any size, and what a proxy has is not limited.
  expect(budget.take(51, 'third')).toBe(false);
  budget.release(50, 'greedy');
  expect(budget.take(51, 'third')).toBe(true);
  expect(budget.take(1, 'third')).toBe(false);
  expect(budget.take(49)).toBe(true);
});

test.each([
  ['there is room for', Number.POSITIVE_INFINITY],
  ['wait for each other', 1],
])('requests that %s do not all have their memory in one turn', async (_, room) => {
  const clock = turns();
  const budget = new MemoryBudget(room);
  const begun: number[] = [];
  const request = async (left: number): Promise<void> => {
    await budget.wait(1);
    begun.push(clock.count());
    budget.release(1);
    if (left > 1) await request(left - 1);
  };
  await Promise.all([request(REQUESTS / 2), request(REQUESTS / 2)]);
  clock.stop();
  expect(begun).toHaveLength(REQUESTS);
  expect(new Set(begun).size).toBeGreaterThanOrEqual(REQUESTS / 2);
});
