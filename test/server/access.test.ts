/** Who may create what: keys, tiers and access modes (core/protocol/PROTOCOL.md section 6). */

import { describe, expect, test } from 'vitest';
import { KEY_TIERS, type KeyTier } from '../../src/core/protocol/limits.js';
import { ACCESS_MODES, type Access } from '../../src/server/secrets/access.js';
import { type IssuedKey, issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { BLOB, type Harness, harness, PROOF, refusal, VERSION_2 } from './harness.js';

const KB = 1024;

interface Server extends Harness {
  key(tier: KeyTier): Promise<IssuedKey>;
  revoke(nameOrId: string): Promise<unknown>;
}

function server(access: Access): Server {
  const store = new MemoryStore('salt');
  let made = 0;
  return {
    ...harness(store, { access }),
    key: async (tier) => issueKey(store.keys, { name: `key${made++}`, tier }, 0),
    revoke: (nameOrId) => store.keys.revokeKey(nameOrId, 1),
  };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Status and, of a refusal, the code. */
async function outcome(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  return response.status === 201 ? '201' : refusal(response);
}

const OK = '201';
const UPGRADE = '403 UPGRADE_REQUIRED';
const KEY = '403 API_KEY_REQUIRED';

/** By row: shortest and longest expiry in minutes, and longest blob in characters; `null` may not create at all. */
const ANONYMOUS = [60, 60, 6 * KB] as const;
const FREE = [60, 43_200, 20 * KB] as const;
const DEV = [1, 43_200, 200 * KB] as const;
const PRO = [1, 43_200, KB * KB] as const;

const CALLERS: [Access, KeyTier | null, readonly [number, number, number] | null][] = [
  ['open', null, PRO],
  ['open', 'free', FREE],
  ['open', 'dev', DEV],
  ['open', 'pro', PRO],
  ['tiered', null, ANONYMOUS],
  ['tiered', 'free', FREE],
  ['tiered', 'dev', DEV],
  ['tiered', 'pro', PRO],
  ['closed', null, null],
  ['closed', 'free', FREE],
  ['closed', 'dev', DEV],
  ['closed', 'pro', PRO],
];

describe.each(CALLERS)('in %s access a caller with key %s', (access, tier, limits) => {
  async function caller() {
    const one = server(access);
    const headers = tier === null ? {} : bearer((await one.key(tier)).key);
    return (fields: Record<string, unknown>) => outcome(one.create(fields, headers));
  }

  test('chooses an expiry within the row, and no other', async () => {
    const create = await caller();
    const [min, max] = limits ?? [0, 0];
    for (const expiry of [1, 59, 60, 61, 43_200]) {
      const allowed = expiry >= min && expiry <= max ? OK : UPGRADE;
      expect([expiry, await create({ expiry })]).toEqual([expiry, limits === null ? KEY : allowed]);
    }
    for (const expiry of [-1, 0, 43_201, 1e9, 1.5]) {
      expect([expiry, await create({ expiry })]).toEqual([
        expiry,
        limits === null ? KEY : '400 INVALID_EXPIRY',
      ]);
    }
  });

  test('sends a blob as large as the row says, and none larger', async () => {
    const create = await caller();
    const largest = limits?.[2] ?? 0;
    const blob = (length: number) => create({ encrypted_blob: 'A'.repeat(length) });
    expect(await blob(largest - (largest % 4))).toBe(limits === null ? KEY : OK);
    expect(await blob(largest + 4)).toBe(limits === null ? KEY : '413 PAYLOAD_TOO_LARGE');
    expect(await blob(3 * KB * KB)).toBe(limits === null ? KEY : '413 PAYLOAD_TOO_LARGE');
  });
});

test('the table above has every key in every mode', () => {
  expect(CALLERS.map(([access, tier]) => [access, tier])).toEqual(
    ACCESS_MODES.flatMap((access) => [null, ...KEY_TIERS].map((tier) => [access, tier])),
  );
});

describe('the most useful refusal comes first', () => {
  const LARGE = 'A'.repeat(6 * KB + 4);

  test('a key that is refused, before anything about the request', async () => {
    const { create, call } = server('closed');
    expect(await outcome(create({ expiry: 0 }, bearer('zeph_x')))).toBe('401 INVALID_API_KEY');
    const headers = { ...bearer('zeph_x'), 'content-type': 'text/plain', 'idempotency-key': '!' };
    expect(await refusal(call('POST', '/api/secrets', { headers, body: 'x' }))).toBe('401 INVALID_API_KEY');
  });

  test('that a key is required, before anything about the request', async () => {
    const { create } = server('closed');
    expect(await outcome(create({ expiry: 0, encrypted_blob: '' }, { 'idempotency-key': '!' }))).toBe(KEY);
  });

  test('what no caller may do, before what this one may not', async () => {
    const { create } = server('tiered');
    expect(await outcome(create({ expiry: 43_201, encrypted_blob: LARGE }))).toBe('400 INVALID_EXPIRY');
    expect(await outcome(create({ expiry: 1440, hint: '' }))).toBe('400 INVALID_HINT');
  });

  test('what this one may never do, before what is only used up', async () => {
    const { create } = server('tiered');
    for (let count = 1; count <= 3; count += 1) expect(await outcome(create())).toBe(OK);
    expect(await outcome(create())).toBe('429 ANON_RATE_LIMIT_EXCEEDED');
    expect(await outcome(create({ expiry: 1440 }))).toBe(UPGRADE);
    expect(await outcome(create({ encrypted_blob: LARGE }))).toBe('413 PAYLOAD_TOO_LARGE');
  });

  test('it says whose limit it was', async () => {
    const { create, key } = server('tiered');
    const message = async (headers = {}) =>
      ((await (await create({ expiry: 30 }, headers)).json()) as { error: { message: string } }).error
        .message;
    expect(await message()).toBe('without an API key the expiry is 1h');
    const free = bearer((await key('free')).key);
    expect(await message(free)).toBe('with an API key of tier free the expiry is 1h to 30d');
  });
});

describe('an API key', () => {
  test('is accepted however its header is spelled', async () => {
    const { create, key } = server('closed');
    const { key: one } = await key('pro');
    for (const authorization of [`Bearer ${one}`, `bearer ${one}`, `BEARER   ${one}`]) {
      expect(await outcome(create({}, { authorization }))).toBe(OK);
    }
  });

  test.each(ACCESS_MODES)('that is not known, in any form, is 401 in %s access', async (access) => {
    const { create, key } = server(access);
    const { key: one, id } = await key('pro');
    const others = [
      '',
      'Bearer',
      'Bearer ',
      one,
      `Basic ${one}`,
      `Bearer ${one}x`,
      `Bearer ${one.slice(0, -1)}`,
      `Bearer ${one} ${one}`,
      `Bearer ${one}, Bearer ${one}`,
      `Bearer ${one.toLowerCase()}`,
      `Bearer ${id}`,
      `Bearer zeph_${'a'.repeat(40)}`,
      `Bearer zeph_${'ä'.repeat(40)}`,
    ];
    for (const authorization of others) {
      const response = await create({}, { authorization });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect([authorization, await refusal(response)]).toEqual([authorization, '401 INVALID_API_KEY']);
    }
  });

  test('that is revoked is 401 from then on, and what it created stays', async () => {
    const { create, key, revoke, read } = server('closed');
    const one = await key('pro');
    const { id } = (await (await create({}, bearer(one.key))).json()) as { id: string };
    await revoke(one.name);
    expect(await outcome(create({}, bearer(one.key)))).toBe('401 INVALID_API_KEY');
    expect((await read(id)).status).toBe(200);
  });

  test('is the same caller wherever it is used: its idempotency keys are its own', async () => {
    const { call, key } = server('open');
    const [one, other] = [await key('pro'), await key('pro')];
    const body = JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false });
    const create = async (headers: Record<string, string>, address: string) => {
      const all = { 'content-type': 'application/json', 'idempotency-key': 'once', ...headers };
      const response = await call('POST', '/api/secrets', { headers: all, body, address });
      return ((await response.json()) as { id: string }).id;
    };
    const first = await create(bearer(one.key), '192.0.2.1');
    expect(await create(bearer(one.key), '2001:db8::1')).toBe(first);
    expect(await create(bearer(other.key), '192.0.2.1')).not.toBe(first);
    expect(await create({}, '192.0.2.1')).not.toBe(first);
  });

  test('is in no log', async () => {
    const { create, key, log } = server('closed');
    const { key: one } = await key('pro');
    await create({}, bearer(one));
    await create({}, bearer(`${one}x`));
    expect(log).toHaveLength(2);
    expect(log.join()).not.toContain(one.slice(5, 15));
  });
});

describe('closed access', () => {
  test('lets anybody read, ask, acknowledge and revoke without a key', async () => {
    const { create, key, read, call } = server('closed');
    const headers = bearer((await key('pro')).key);
    const made = async () =>
      ((await (await create({ ...VERSION_2, views: 2 }, headers)).json()) as { id: string }).id;
    const id = await made();
    const proof = { 'zephr-proof': PROOF };
    const claim = { 'zephr-claim': 'c'.repeat(22) };
    expect((await read(id, { ...proof, ...claim })).status).toBe(200);
    expect((await call('DELETE', `/api/secrets/${id}`, { headers: claim })).status).toBe(204);
    expect((await call('GET', `/api/secrets/${id}/status`, { headers: proof })).status).toBe(200);
    expect((await call('DELETE', `/api/secrets/${id}`, { headers: proof })).status).toBe(204);
  });

  test('takes no key to read, and refuses one that is not valid', async () => {
    const { create, key, read } = server('closed');
    const response = await create({}, bearer((await key('pro')).key));
    const { id } = (await response.json()) as { id: string };
    expect(await refusal(read(id, bearer('nonsense')))).toBe('401 INVALID_API_KEY');
    expect((await read(id)).status).toBe(200);
  });
});

describe('health tells a caller without a key', () => {
  const health = async (access: Access, rateLimit?: number) => {
    const { call } = harness(new MemoryStore('salt'), { access, rateLimit });
    return (await call('GET', '/api/health')).json();
  };

  test('the pro row and the rate in open access', async () => {
    const limits = { expiry: { min: 1, max: 43_200 }, blob: 1_048_576 };
    expect(await health('open')).toMatchObject({
      access: 'open',
      limits: { ...limits, creates: { count: 60, per: 'minute' } },
    });
    expect(await health('open', 5)).toMatchObject({ limits: { creates: { count: 5, per: 'minute' } } });
    expect(await health('open', 0)).toMatchObject({ limits: { ...limits, creates: null } });
  });

  test('the anonymous row in tiered access', async () => {
    expect(await health('tiered')).toMatchObject({
      access: 'tiered',
      limits: { creates: { count: 3, per: 'day' }, expiry: { min: 60, max: 60 }, blob: 6144 },
    });
  });

  test('that there is nothing to create in closed access', async () => {
    expect(await health('closed')).toMatchObject({ access: 'closed', limits: {} });
    expect(((await health('closed')) as { limits: object }).limits).toEqual({});
  });
});

describe('callbacks', () => {
  const callback = { callback_url: 'https://hooks.example.com', callback_secret: 'signs' };

  test('take a key where access is tiered', async () => {
    const { create, key } = server('tiered');
    expect(await outcome(create(callback))).toBe(KEY);
    expect(await outcome(create(callback, bearer((await key('free')).key)))).toBe(OK);
    expect(await outcome(create())).toBe(OK);
  });

  test('take none where access is open', async () => {
    expect(await outcome(server('open').create(callback))).toBe(OK);
  });
});

describe('an operator', () => {
  const minutes = async (one: Harness, fields: object, headers = {}) => {
    const response = await one.create({ ...fields }, headers);
    if (response.status !== 201) return refusal(response);
    const { expires_at } = (await response.json()) as { expires_at: string };
    return (Date.parse(expires_at) - one.clock.now) / 60_000;
  };

  test('may allow a year, and less than a month, to those who had a month', async () => {
    const store = new MemoryStore('salt');
    const long = harness(store, { maxExpiry: 525_600 });
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'free' }, 0);
    expect(await minutes(long, { expiry: 525_600 })).toBe(525_600);
    expect(await minutes(long, { expiry: 525_600 }, bearer(key))).toBe(525_600);
    expect(await minutes(long, { expiry: 525_601 })).toBe('400 INVALID_EXPIRY');
    const health = await (await long.call('GET', '/api/health')).json();
    expect(health).toMatchObject({ limits: { expiry: { min: 1, max: 525_600 } } });
    const short = harness(store, { maxExpiry: 120 });
    expect(await minutes(short, { expiry: 120 })).toBe(120);
    expect(await minutes(short, { expiry: 121 })).toBe('400 INVALID_EXPIRY');
    const tiered = harness(store, { maxExpiry: 525_600, access: 'tiered' });
    expect(await minutes(tiered, { expiry: 61 })).toBe(UPGRADE);
  });

  test('may say the expiry of a create that names none', async () => {
    const one = harness(undefined, { defaultExpiry: 90 });
    expect(await minutes(one, { expiry: undefined })).toBe(90);
    expect(await minutes(one, { expiry: null })).toBe(90);
    expect(await minutes(one, { expiry: undefined, expiry_hours: 1 })).toBe(60);
    expect(await minutes(one, { expiry: 5 })).toBe(5);
    expect(await minutes(harness(), { expiry: undefined })).toBe('400 INVALID_EXPIRY');
  });
});
