/**
 * How many secrets a caller may create, at the turns of minutes, days and months (core/protocol/PROTOCOL.md section 6).
 */

import { describe, expect, test } from 'vitest';
import type { KeyTier } from '../../src/core/protocol/limits.js';
import type { Access } from '../../src/server/secrets/access.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { BLOB, type Harness, harness, refusal } from './harness.js';

const ANON = '429 ANON_RATE_LIMIT_EXCEEDED';
const MONTHLY = '429 MONTHLY_LIMIT_EXCEEDED';
const RATE = '429 RATE_LIMIT_EXCEEDED';

interface Server extends Harness {
  /** Makes a key and gives the headers that show it. */
  key(tier: KeyTier): Promise<Record<string, string>>;
}

/** A server whose clock stands at an instant such as `2030-12-31T23:59:59.500Z`. */
function server(access: Access, time: string, rateLimit?: number): Server {
  const store = new MemoryStore('salt');
  const one = harness(store, { access, rateLimit });
  one.clock.now = Date.parse(time);
  let made = 0;
  return {
    ...one,
    async key(tier) {
      made += 1;
      const { key } = await issueKey(store.keys, { name: `key${made}`, tier }, 0);
      return { authorization: `Bearer ${key}` };
    },
  };
}

/** Creates until that is refused. Gives how many were created, and the refusal. */
async function useUp(create: () => Promise<Response>): Promise<{ count: number; refused: Response }> {
  for (let count = 0; ; count += 1) {
    const response = await create();
    if (response.status !== 201) return { count, refused: response };
  }
}

/** What a refusal says: status, code and how many seconds to wait. */
async function told(response: Response): Promise<[string, number]> {
  const wait = response.headers.get('retry-after') ?? '';
  expect(wait).toMatch(/^[1-9][0-9]*$/);
  return [await refusal(response), Number(wait)];
}

const DAY = 24 * 60 * 60;

describe('without a key in tiered access', () => {
  test('three secrets a day, and the wait is until midnight in UTC', async () => {
    const { create, clock } = server('tiered', '2030-03-10T00:00:00.000Z');
    const { count, refused } = await useUp(() => create());
    expect(count).toBe(3);
    expect(await told(refused)).toEqual([ANON, DAY]);
    clock.now += (DAY - 1) * 1000 + 500;
    expect(await told(await create())).toEqual([ANON, 1]);
    clock.now += 499;
    expect(await told(await create())).toEqual([ANON, 1]);
    clock.now += 1;
    expect((await useUp(() => create())).count).toBe(3);
  });

  test('each address has its own day, and a /64 of IPv6 is one address', async () => {
    const { call } = server('tiered', '2030-03-10T12:00:00.000Z');
    const body = JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false });
    const headers = { 'content-type': 'application/json' };
    const from = async (address: string) =>
      (await call('POST', '/api/secrets', { headers, body, address })).status;
    const statuses = async (...addresses: string[]) => {
      const seen: number[] = [];
      for (const address of addresses) seen.push(await from(address));
      return seen;
    };
    expect(await statuses('192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1')).toEqual([
      201, 201, 201, 429,
    ]);
    expect(await statuses('192.0.2.2')).toEqual([201]);
    expect(await statuses('2001:db8::1', '2001:db8::2', '2001:db8::ffff:1', '2001:db8::4')).toEqual([
      201, 201, 201, 429,
    ]);
    expect(await statuses('2001:db8:0:1::1')).toEqual([201]);
  });

  test('the refusal says when there is room again, and what helps', async () => {
    const { create } = server('tiered', '2030-12-31T09:30:00.000Z');
    const { refused } = await useUp(() => create());
    expect(await refused.text()).toContain(
      'without an API key 3 secrets a day are allowed, and they are used up: try again in 15 hours',
    );
  });
});

describe('with a key', () => {
  test.each([
    ['2030-01-01T00:00:00.000Z', 31 * DAY, '2030-01-31T23:59:59.999Z', '2030-02-01T00:00:00.000Z'],
    ['2030-02-01T00:00:00.000Z', 28 * DAY, '2030-02-28T23:59:59.001Z', '2030-03-01T00:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', DAY, '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00.000Z'],
    ['2100-02-28T00:00:00.000Z', DAY, '2100-02-28T23:59:59.999Z', '2100-03-01T00:00:00.000Z'],
    ['2030-04-30T23:59:00.000Z', 60, '2030-04-30T23:59:59.999Z', '2030-05-01T00:00:00.000Z'],
    ['2030-12-15T12:00:00.000Z', 16.5 * DAY, '2030-12-31T23:59:59.999Z', '2031-01-01T00:00:00.000Z'],
  ])('a month that is used up on %s has %i s to go, until %s, and %s is the next', async (...row) => {
    const [start, seconds, end, next] = row;
    const { create, clock, key } = server('closed', start);
    const free = await key('free');
    const { count, refused } = await useUp(() => create({}, free));
    expect(count).toBe(50);
    expect(await told(refused)).toEqual([MONTHLY, seconds]);
    clock.now = Date.parse(end);
    expect(await told(await create({}, free))).toEqual([MONTHLY, 1]);
    clock.now = Date.parse(next);
    expect((await create({}, free)).status).toBe(201);
  });

  test('the month of one key is not that of another, nor of the address', async () => {
    const { create, key } = server('tiered', '2030-06-01T00:00:00.000Z');
    const [one, other] = [await key('free'), await key('free')];
    expect((await useUp(() => create({}, one))).count).toBe(50);
    expect((await create({}, other)).status).toBe(201);
    expect((await useUp(() => create())).count).toBe(3);
    expect(await refusal(create({}, one))).toBe(MONTHLY);
  });

  test('exactly 50 of 64 creates at once succeed', async () => {
    const { create, key } = server('open', '2030-06-01T00:00:00.000Z');
    const free = await key('free');
    const answers = await Promise.all(Array.from({ length: 64 }, () => create({}, free)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(await Promise.all(refused.map(refusal)))).toEqual(new Set([MONTHLY]));
    expect(refused).toHaveLength(14);
  });

  test('dev has 2,000 a month', async () => {
    const { create, key } = server('closed', '2030-06-01T00:00:00.000Z');
    const dev = await key('dev');
    expect((await useUp(() => create({}, dev))).count).toBe(2_000);
  });

  test('no rate holds, not even that of the address', async () => {
    const { create, key } = server('open', '2030-06-01T00:00:00.000Z', 1);
    const pro = await key('pro');
    expect((await useUp(() => create())).count).toBe(1);
    for (let count = 1; count <= 100; count += 1) expect((await create({}, pro)).status).toBe(201);
  });
});

describe('without a key in open access', () => {
  test('60 secrets a minute, and the wait is until the next one begins', async () => {
    const { create, clock } = server('open', '2030-03-10T12:00:15.250Z');
    const { count, refused } = await useUp(() => create());
    expect(count).toBe(60);
    expect(await told(refused)).toEqual([RATE, 45]);
    clock.now = Date.parse('2030-03-10T12:00:59.999Z');
    expect(await told(await create())).toEqual([RATE, 1]);
    clock.now += 1;
    expect((await useUp(() => create())).count).toBe(60);
  });

  test('as many as the operator says, at any time of day or year', async () => {
    const { create, clock } = server('open', '2030-12-31T23:59:30.000Z', 5);
    expect((await useUp(() => create())).count).toBe(5);
    clock.now = Date.parse('2031-01-01T00:00:00.000Z');
    expect((await useUp(() => create())).count).toBe(5);
  });

  test('any number where the operator says 0', async () => {
    const { create } = server('open', '2030-03-10T12:00:00.000Z', 0);
    const answers = await Promise.all(Array.from({ length: 200 }, () => create()));
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
  });

  test('a rate limit means nothing where access is tiered', async () => {
    const { create } = server('tiered', '2030-03-10T12:00:00.000Z', 5);
    expect((await useUp(() => create())).count).toBe(3);
  });
});

describe('what is not counted', () => {
  test('a replay, which is answered even when nothing is left', async () => {
    const { create } = server('tiered', '2030-03-10T12:00:00.000Z');
    const once = { 'idempotency-key': 'once' };
    const first = await (await create({}, once)).text();
    for (let count = 1; count <= 5; count += 1) expect(await (await create({}, once)).text()).toBe(first);
    expect((await useUp(() => create())).count).toBe(2);
    expect(await (await create({}, once)).text()).toBe(first);
  });

  test('a create that is refused for any reason', async () => {
    const { create, call } = server('tiered', '2030-03-10T12:00:00.000Z');
    const once = { 'idempotency-key': 'once' };
    expect((await create({}, once)).status).toBe(201);
    const refusals = [
      create({ hint: 'other' }, once),
      create({ encrypted_blob: 'A'.repeat(6 * 1024 + 4) }),
      create({ encrypted_blob: '' }),
      create({ expiry: 61 }),
      create({ expiry: 0 }),
      create({ expiry: 43_201 }),
      create({ version: 2 }),
      create({}, { 'idempotency-key': 'no good key' }),
      create({}, { authorization: 'Bearer nonsense' }),
      create({ callback_url: 'https://127.0.0.1/', callback_secret: 's' }),
      call('POST', '/api/secrets', { body: '{', headers: { 'content-type': 'application/json' } }),
      call('POST', '/api/secrets', { body: 'x', headers: { 'content-type': 'text/plain' } }),
    ];
    const codes = await Promise.all(refusals.map(refusal));
    expect(codes.slice(0, 4)).toEqual([
      '409 IDEMPOTENCY_KEY_REUSED',
      '413 PAYLOAD_TOO_LARGE',
      '400 INVALID_BLOB',
      '403 UPGRADE_REQUIRED',
    ]);
    expect(codes.filter((code) => code.startsWith('429'))).toEqual([]);
    expect((await useUp(() => create())).count).toBe(2);
  });

  test('what asks for something else', async () => {
    const { create, read, call, made } = server('tiered', '2030-03-10T12:00:00.000Z');
    await read(await made());
    await call('GET', '/api/health');
    expect((await useUp(() => create())).count).toBe(2);
  });

  test('a create that was refused for want of room: its idempotency key works the next day', async () => {
    const { create, clock } = server('tiered', '2030-03-10T12:00:00.000Z');
    await useUp(() => create());
    const once = { 'idempotency-key': 'once' };
    expect(await refusal(create({}, once))).toBe(ANON);
    clock.now += DAY * 1000;
    expect((await create({}, once)).status).toBe(201);
  });
});
