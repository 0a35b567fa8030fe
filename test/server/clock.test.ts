/** The time that a server goes by: the store's, whatever this machine's clock shows. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { ServerClock } from '../../src/server/clock.js';
import { startServer } from '../../src/server/serve.js';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { newSchema, withoutPostgres } from '../support/postgres.js';
import { BLOB, PROOF, PROOF_HASH } from './harness.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A store and a machine whose clocks the test sets. */
async function clocks(offMs: number, answers = 0) {
  const at = { store: 1_000 * HOUR, machine: 1_000 * HOUR + offMs, elapsed: 5_000, answers };
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => at.machine,
  );
  const pass = (ms: number) => {
    for (const name of ['store', 'machine', 'elapsed'] as const) at[name] += ms;
  };
  const clock = await ServerClock.start({
    store: {
      async time() {
        const { store } = at;
        pass(at.answers);
        return store;
      },
    },
    log,
    now: () => at.machine,
    elapsed: () => at.elapsed,
  });
  onTestFinished(() => clock.stop());
  return { at, clock, pass, events: () => lines.map((line) => JSON.parse(line).event) };
}

describe('a clock', () => {
  test.each([0, 4_999, -30_000, 59_999])(
    'tells the time of the store on a machine that is %i ms ahead',
    async (off) => {
      const { at, clock, pass, events } = await clocks(off);
      expect(clock.now()).toBe(at.store);
      pass(7_000);
      expect(clock.now()).toBe(at.store);
      expect(events()).toEqual(Math.abs(off) > 5_000 ? ['clock off'] : []);
    },
  );

  test.each([60_001, -60_001, HOUR])('serves nothing on a machine that is %i ms ahead', async (off) => {
    const { at, clock, events } = await clocks(off);
    expect(() => clock.now()).toThrow(StoreError);
    expect(clock.estimate()).toBe(at.store);
    expect(events()).toEqual(['clock far off']);
  });

  test('asks the store again as soon as the machine has been set, and serves nothing meanwhile', async () => {
    const { at, clock, events } = await clocks(0);
    at.machine += 30_000;
    expect(() => clock.now()).toThrow(StoreError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(at.store);
    at.machine -= 30_000;
    expect(() => clock.now()).toThrow(StoreError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(at.store);
    expect(events()).toEqual(['clock off', 'clock right']);
  });

  test('does not believe an answer that took over ten seconds, and serves nothing until a better one comes', async () => {
    const { at, clock, pass } = await clocks(0);
    at.machine += 30_000;
    at.answers = 10_001;
    for (let tries = 0; tries < 3; tries += 1) {
      expect(() => clock.now()).toThrow(StoreError);
      await new Promise((resolve) => setImmediate(resolve));
    }
    at.answers = 9_000;
    expect(() => clock.now()).toThrow(StoreError);
    await new Promise((resolve) => setImmediate(resolve));
    pass(SECOND);
    // The answer may have been given at any moment of those nine seconds.
    expect(Math.abs(clock.now() - at.store)).toBeLessThanOrEqual(4_500);
  });

  test('does not start by answers that take over ten seconds', async () => {
    await expect(clocks(0, 10_001)).rejects.toThrow(StoreError);
    const { at, clock } = await clocks(0, 10_000);
    expect(Math.abs(clock.now() - at.store)).toBeLessThanOrEqual(5_000);
  });

  test('is right at once after the machine has slept, when its monotonic clock stood still', async () => {
    const { at, clock } = await clocks(0);
    at.machine += HOUR;
    at.store += HOUR;
    expect(() => clock.now()).toThrow(StoreError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(at.store);
  });

  test('is that of the machine where the store has none', async () => {
    const lines: string[] = [];
    const log = createLog((line) => lines.push(line), Date.now);
    let machine = HOUR;
    const clock = await ServerClock.start({ store: { time: async () => null }, log, now: () => machine });
    expect(clock.now()).toBe(HOUR);
    machine += HOUR;
    expect(clock.now()).toBe(2 * HOUR);
    expect(lines).toEqual([]);
  });
});

describe.skipIf(withoutPostgres)(`two servers over one PostgreSQL${withoutPostgres}`, () => {
  async function servers(offMs: number) {
    const schema = await newSchema();
    onTestFinished(() => schema.drop());
    const lines: string[] = [];
    const start = async (off: number) => {
      const server = await startServer({
        host: '127.0.0.1',
        port: 0,
        store: schema.store,
        access: 'open',
        version: '9.8.7',
        log: (line) => lines.push(line),
        now: () => Date.now() + off,
      });
      onTestFinished(() => server.close());
      return server.url;
    };
    const right = await start(0);
    const create = async (url: string, expiry: number) => {
      const response = await fetch(`${url}/api/secrets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          encrypted_blob: BLOB,
          expiry,
          split_url_mode: false,
          version: 2,
          proof_hash: PROOF_HASH,
        }),
      });
      return {
        status: response.status,
        reply: (await response.json()) as { id: string; expires_at: string },
      };
    };
    const read = (url: string, id: string) =>
      fetch(`${url}/api/secrets/${id}`, { headers: { 'zephr-proof': PROOF, 'zephr-claim': 'c'.repeat(22) } });
    return {
      right,
      wrong: () => start(offMs),
      create,
      read,
      events: () => lines.map((line) => JSON.parse(line).event),
    };
  }

  test.each([70 * SECOND, 2 * HOUR, -2 * HOUR])(
    'the one whose clock is %i ms ahead destroys and serves nothing',
    async (off) => {
      const { right, wrong, create, read, events } = await servers(off);
      const unread = await create(right, 5);
      const claimed = await create(right, 5);
      expect((await read(right, claimed.reply.id)).status).toBe(200);
      const other = await wrong();
      // It purges when it starts.
      await expect.poll(events).toContain('purge failed');
      expect(events()).toContain('clock far off');
      for (const { reply } of [unread, claimed]) expect((await read(other, reply.id)).status).toBe(503);
      expect((await create(other, 5)).status).toBe(503);
      expect((await fetch(`${other}/api/health`)).status).toBe(503);
      for (const { reply } of [unread, claimed]) expect((await read(right, reply.id)).status).toBe(200);
    },
  );

  test.each([30 * SECOND, -30 * SECOND])(
    'the one whose clock is %i ms ahead serves by the time of the other',
    async (off) => {
      const { right, wrong, create, read, events } = await servers(off);
      const other = await wrong();
      const { reply } = await create(other, 1);
      expect(Math.abs(Date.parse(reply.expires_at) - Date.now() - MINUTE)).toBeLessThan(20 * SECOND);
      expect((await read(right, reply.id)).status).toBe(200);
      const again = await read(other, reply.id);
      const { purge_at } = (await again.json()) as { purge_at: string };
      expect(Math.abs(Date.parse(purge_at) - Date.now() - MINUTE)).toBeLessThan(20 * SECOND);
      expect(events()).toContain('clock off');
      expect((await fetch(`${other}/api/health`)).status).toBe(200);
    },
  );
});
