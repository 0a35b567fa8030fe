/** When webhooks are sent, how often, and how many at once: on simulated time, with receivers made up. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OutboxEvent } from '../../src/server/store/contracts/outbox.js';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { MAX_ATTEMPTS, startWebhooks, type Webhooks } from '../../src/server/webhooks/delivery.js';
import type { Attempt } from '../../src/server/webhooks/send.js';
import { NOW } from '../support/new-secret.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DELIVERED: Attempt = { outcome: 'delivered', status: 200 };
const REFUSED: Attempt = { outcome: 'refused', status: 503 };
const SILENT = { outcome: 'failed', reason: 'TIMED_OUT' } as const;

/** What a lease excepts when it excepts nothing. */
const NOBODY = { hosts: [], callers: [] };

interface Sent {
  readonly event: OutboxEvent;
  /** Milliseconds since {@link NOW}. */
  readonly at: number;
}

let store: MemoryStore;
let running: Webhooks[];
let lines: Record<string, unknown>[];
let made: number;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  store = new MemoryStore('salt');
  running = [];
  lines = [];
  made = 0;
});
afterEach(async () => {
  const stopped = Promise.all(running.map((webhooks) => webhooks.stop()));
  await vi.advanceTimersByTimeAsync(MINUTE);
  await stopped;
  vi.useRealTimers();
});

/** Starts delivering to a receiver that answers as `answer` does. @returns what was sent, as it is sent. */
function deliver(answer: (event: OutboxEvent) => Attempt | Promise<Attempt>): Sent[] {
  const sent: Sent[] = [];
  const log = createLog((line) => lines.push(JSON.parse(line)), Date.now);
  const send = async (event: OutboxEvent) => {
    sent.push({ event, at: Date.now() - NOW });
    return answer(event);
  };
  running.push(startWebhooks({ outbox: store.outbox, send, log, now: Date.now }));
  return sent;
}

/** Puts an event of a secret of `caller`, for `host`, into the outbox. @returns its id. */
function announce(host = 'hooks.example.com', caller = 'somebody'): string {
  made += 1;
  const id = `event-${made}`;
  const event = { id, url: `https://${host}/`, host, caller, body: '{}', signature: 'abc' };
  store.outbox.append({ ...event, name: 'secret.consumed' }, Date.now());
  return id;
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const later = (ms: number, attempt: Attempt) =>
  new Promise<Attempt>((resolve) => setTimeout(() => resolve(attempt), ms));

describe('an event', () => {
  test('that waits when the server starts is sent at once', async () => {
    const id = announce();
    const sent = deliver(() => DELIVERED);
    await pass(0);
    expect(sent).toMatchObject([{ event: { id }, at: 0 }]);
  });

  test('that happens later is sent within a second, and once', async () => {
    const sent = deliver(() => DELIVERED);
    await pass(10 * SECOND + 1);
    announce();
    await pass(SECOND);
    expect(sent).toHaveLength(1);
    await pass(2 * HOUR);
    expect(sent).toHaveLength(1);
  });

  test('is sent again after 5 s, 30 s, 2 min, 10 min, 1 h and then hourly, the same each time', async () => {
    announce();
    const sent = deliver(() => REFUSED);
    await pass(6 * HOUR);
    const waits = sent.slice(1).map(({ at }, i) => at - (sent[i]?.at ?? 0));
    expect(waits).toEqual([5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, ...Array<number>(5).fill(HOUR)]);
    for (const { event } of sent) expect(event).toEqual({ ...sent[0]?.event, attempt: expect.any(Number) });
  });

  test('reaches a receiver that was down for a minute, once', async () => {
    announce();
    const sent = deliver(() => (Date.now() < NOW + MINUTE ? SILENT : DELIVERED));
    await pass(2 * HOUR);
    expect(sent.map(({ at }) => at)).toEqual([0, 5, 35, 155].map((seconds) => seconds * SECOND));
    expect(lines.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
      ['failed', 1],
      ['failed', 2],
      ['failed', 3],
      ['delivered', 4],
    ]);
  });

  test('is given up after three days, and that is told', async () => {
    announce();
    const sent = deliver(() => SILENT);
    await pass(3 * DAY + 2 * HOUR);
    expect(sent).toHaveLength(MAX_ATTEMPTS);
    expect(sent.at(-1)?.at).toBeGreaterThan(3 * DAY);
    expect(sent.at(-1)?.at).toBeLessThan(3 * DAY + HOUR);
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      event: 'webhook given up',
      about: 'secret.consumed',
    });
    expect(await store.outbox.leaseEvents(NOW + 100 * DAY, 10, 1, NOBODY)).toEqual([]);
  });

  test('is sent by one of several processes', async () => {
    for (let count = 1; count <= 30; count += 1) announce(`host-${count % 3}.example`);
    const processes = [1, 2, 3].map(() => deliver(() => later(2 * SECOND, DELIVERED)));
    await pass(5 * MINUTE);
    const ids = processes.flat().map(({ event }) => event.id);
    expect(ids).toHaveLength(30);
    expect(new Set(ids).size).toBe(30);
  });
});

describe('deliveries at once', () => {
  /** The most that were under way at the same time: altogether and to a single host. */
  function counting(ms: number) {
    const now = new Map<string, number>();
    const most = { all: 0, host: 0 };
    const answer = async ({ host }: OutboxEvent) => {
      now.set(host, (now.get(host) ?? 0) + 1);
      most.host = Math.max(most.host, now.get(host) ?? 0);
      most.all = Math.max(
        most.all,
        [...now.values()].reduce((sum, count) => sum + count),
      );
      const attempt = await later(ms, DELIVERED);
      now.set(host, (now.get(host) ?? 0) - 1);
      return attempt;
    };
    return { most, answer };
  }

  test('are no more than 8 to a host', async () => {
    for (let count = 1; count <= 50; count += 1) announce();
    const { most, answer } = counting(3 * SECOND);
    const sent = deliver(answer);
    await pass(MINUTE);
    expect(sent).toHaveLength(50);
    expect(most).toEqual({ all: 8, host: 8 });
  });

  test('are no more than 64 altogether', async () => {
    for (let count = 0; count < 400; count += 1) {
      announce(`host-${count % 50}.example`, `caller-${count % 20}`);
    }
    const { most, answer } = counting(3 * SECOND);
    const sent = deliver(answer);
    await pass(10 * MINUTE);
    expect(sent).toHaveLength(400);
    expect(most.all).toBeGreaterThan(32);
    expect(most.all).toBeLessThanOrEqual(64);
  });

  test('to a host that hangs keep no other waiting', async () => {
    for (let count = 1; count <= 500; count += 1) announce('slow.example');
    const sent = deliver(({ host }) => (host === 'slow.example' ? later(5 * SECOND, SILENT) : DELIVERED));
    await pass(2 * SECOND);
    announce('quick.example');
    await pass(SECOND);
    expect(sent.filter(({ event }) => event.host === 'quick.example')).toHaveLength(1);
  });

  /**
   * `attackers` announce 2,000 events for as many hosts, all of which hang until the attempt is given up; then 20
   * others announce one each, a second apart. @returns how long each of these waited, in milliseconds.
   */
  async function waitsBeside(attackers: readonly string[]): Promise<number[]> {
    for (let count = 0; count < 2_000; count += 1) {
      announce(`slow-${count}.example`, attackers[count % attackers.length]);
    }
    const sent = deliver(({ caller }) =>
      attackers.includes(caller) ? later(5 * SECOND, SILENT) : later(SECOND, DELIVERED),
    );
    const announced = new Map<string, number>();
    for (let count = 0; count < 20; count += 1) {
      await pass(SECOND);
      announced.set(announce(`quick-${count}.example`, `other-${count}`), Date.now() - NOW);
    }
    await pass(2 * SECOND);
    const quick = sent.filter(({ event }) => announced.has(event.id));
    expect(quick).toHaveLength(20);
    return quick.map(({ event, at }) => at - (announced.get(event.id) ?? 0));
  }

  test.each([
    ['one caller', ['key_slow']],
    ['six callers', [1, 2, 3, 4, 5, 6].map((n) => `key_slow-${n}`)],
  ])('of %s, to any number of hosts that hang, keep nobody else waiting', async (_, attackers) => {
    const waits = await waitsBeside(attackers);
    expect(Math.max(...waits)).toBeLessThanOrEqual(SECOND);
  });

  test('of one caller are no more than a quarter of all', async () => {
    for (let count = 0; count < 400; count += 1) announce(`host-${count}.example`, 'key_busy');
    const { most, answer } = counting(3 * SECOND);
    const sent = deliver(answer);
    await pass(5 * MINUTE);
    expect(sent).toHaveLength(400);
    expect(most.all).toBeGreaterThan(8);
    expect(most.all).toBeLessThanOrEqual(16);
  });

  test('go through a burst without waiting for the next second', async () => {
    for (let count = 1; count <= 200; count += 1) announce(`host-${count % 5}.example`);
    const sent = deliver(() => DELIVERED);
    await pass(SECOND - 1);
    expect(sent).toHaveLength(200);
  });
});

describe('what comes faster than it can be delivered', () => {
  test('is forgotten after a week, whether its turn came or not, and that is told', async () => {
    for (let count = 1; count <= 20; count += 1) announce('slow.example');
    const sent = deliver(() => later(HOUR, SILENT));
    await pass(MINUTE);
    vi.setSystemTime(NOW + 7 * DAY);
    await pass(2 * MINUTE);
    expect(sent).toHaveLength(8);
    expect(lines).toMatchObject([{ level: 'error', event: 'webhooks forgotten', count: 20 }]);
    await pass(HOUR);
    expect(sent).toHaveLength(8);
  });
});

describe('stopping', () => {
  test('waits for what is under way, notes it, and starts nothing more', async () => {
    for (let count = 1; count <= 20; count += 1) announce();
    const sent = deliver(() => later(4 * SECOND, DELIVERED));
    await pass(SECOND);
    let stopped = false;
    const stop = running
      .pop()
      ?.stop()
      .then(() => {
        stopped = true;
      });
    await pass(2 * SECOND);
    expect(stopped).toBe(false);
    await pass(SECOND);
    await stop;
    expect(sent).toHaveLength(8);
    await pass(2 * HOUR);
    expect(sent).toHaveLength(8);
    expect(await store.outbox.leaseEvents(NOW + 2 * DAY, 100, 1, NOBODY)).toHaveLength(12);
  });
});

describe('a store that fails', () => {
  const failure = () => Promise.reject(new StoreError(new Error('secret-bearing words')));

  test('to give events is reported and asked again', async () => {
    announce();
    const lease = store.outbox.leaseEvents.bind(store.outbox);
    store.outbox.leaseEvents = failure;
    const sent = deliver(() => DELIVERED);
    await pass(2 * SECOND + 1);
    expect(lines).toMatchObject(Array(3).fill({ level: 'error', event: 'webhooks failed' }));
    expect(sent).toEqual([]);
    store.outbox.leaseEvents = lease;
    await pass(SECOND);
    expect(sent).toHaveLength(1);
  });

  test('to note a delivery has it repeated when the lease ends: at least once', async () => {
    announce();
    const delivered = store.outbox.markDelivered.bind(store.outbox);
    store.outbox.markDelivered = failure;
    const sent = deliver(() => DELIVERED);
    await pass(SECOND);
    store.outbox.markDelivered = delivered;
    await pass(2 * HOUR);
    expect(sent.map(({ at }) => at)).toEqual([0, MINUTE]);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ event: 'webhooks failed' }]);
  });
});

describe('the log of a delivery', () => {
  test('tells what about, how it ended and which attempt, and nothing else', async () => {
    announce();
    const answers: Attempt[] = [{ outcome: 'failed', reason: 'ECONNREFUSED' }, DELIVERED];
    deliver(() => answers.shift() ?? REFUSED);
    await pass(6 * SECOND);
    expect(lines).toEqual([
      {
        time: '2030-01-01T00:00:00.000Z',
        level: 'info',
        event: 'webhook',
        about: 'secret.consumed',
        attempt: 1,
        outcome: 'failed',
        reason: 'ECONNREFUSED',
      },
      {
        time: '2030-01-01T00:00:05.000Z',
        level: 'info',
        event: 'webhook',
        about: 'secret.consumed',
        attempt: 2,
        outcome: 'delivered',
        status: 200,
      },
    ]);
  });
});
