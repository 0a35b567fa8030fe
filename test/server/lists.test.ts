/** `GET /api/secrets` and `GET /api/stats`: what an API key has made, and nothing of what others have. */

import { describe, expect, test, vi } from 'vitest';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { Lists } from '../../src/server/secrets/lists.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { NOW } from '../support/new-secret.js';
import { ASKED, CLAIM, harness, PROOF, refusal, VERSION_2 } from './harness.js';

interface Reply {
  readonly secrets: readonly { readonly id: string; readonly hint?: string }[];
  readonly next?: string;
}

/** An app and two API keys of it, each with requests of its own. */
async function withKeys() {
  const store = new MemoryStore('salt');
  const h = harness(store);
  const owner = async (name: string) => {
    const { key } = await issueKey(store.keys, { name, tier: 'pro' }, NOW);
    const headers = { authorization: `Bearer ${key}` };
    const get = (path: string) => h.call('GET', path, { headers });
    return {
      headers,
      get,
      made: async (fields: object = {}) =>
        ((await (await h.create({ ...VERSION_2, ...fields }, headers)).json()) as { id: string }).id,
      list: async (query = '') => (await (await get(`/api/secrets${query}`)).json()) as Reply,
    };
  };
  return { h, store, mine: await owner('mine'), other: await owner('other') };
}

describe('GET /api/secrets', () => {
  test('has what the key made, with what its status tells and what is stored', async () => {
    const { h, mine, other } = await withKeys();
    await other.made({ hint: 'theirs' });
    await h.made({ hint: 'of no key' });
    const id = await mine.made({ hint: 'db', views: 2 });
    await h.read(id, { 'zephr-proof': PROOF, 'zephr-claim': CLAIM });
    const response = await mine.get('/api/secrets');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const at = '2030-01-01T00:00:00.000Z';
    expect(await response.json()).toEqual({
      secrets: [
        {
          id,
          version: 2,
          state: 'waiting',
          hint: 'db',
          created_at: at,
          expires_at: '2030-01-01T01:00:00.000Z',
          views: 2,
          views_left: 1,
          first_read_at: at,
          last_read_at: at,
          reads: [{ at, acknowledged: false }],
          wrong_passphrases: 0,
          bytes: 10,
        },
      ],
    });
  });

  test('is read page by page', async () => {
    const { h, mine } = await withKeys();
    const ids: string[] = [];
    for (let made = 0; made < 5; made += 1) {
      h.clock.now += 1_000;
      ids.unshift(await mine.made());
    }
    const first = await mine.list('?limit=2');
    const second = await mine.list(`?limit=2&after=${first.next}`);
    const third = await mine.list(`?limit=2&after=${second.next}`);
    expect([first, second, third].flatMap(({ secrets }) => secrets.map(({ id }) => id))).toEqual(ids);
    expect(third.next).toBeUndefined();
  });

  test('has 20 in a page if nothing is said', async () => {
    const { mine } = await withKeys();
    for (let made = 0; made < 21; made += 1) await mine.made();
    expect((await mine.list()).secrets).toHaveLength(20);
    expect((await mine.list('?limit=100')).secrets).toHaveLength(21);
  });

  test('is filtered by state and hint', async () => {
    const { h, mine } = await withKeys();
    await mine.made({ hint: 'stage' });
    const read = await mine.made({ hint: 'prod & more' });
    await h.read(read, { 'zephr-proof': PROOF });
    const ids = ({ secrets }: Reply) => secrets.map(({ id }) => id);
    expect(ids(await mine.list('?state=read'))).toEqual([read]);
    expect(ids(await mine.list('?hint=prod+%26'))).toEqual([read]);
    expect(ids(await mine.list('?hint=prod&state=waiting'))).toEqual([]);
  });

  test('has nothing of another key, whatever place in the list is named', async () => {
    const { h, mine, other } = await withKeys();
    const theirs = await other.made();
    expect(await mine.list()).toEqual({ secrets: [] });
    expect(await mine.list(`?after=${NOW + 1}.${theirs}`)).toEqual({ secrets: [] });
    const { headers } = mine;
    for (const [method, path] of [
      ['GET', `/api/secrets/${theirs}/status`],
      ['DELETE', `/api/secrets/${theirs}`],
    ] as const) {
      expect(await refusal(h.call(method, path, { headers }))).toBe('404 SECRET_NOT_FOUND');
    }
    expect((await other.list()).secrets).toMatchObject([{ id: theirs, state: 'waiting' }]);
  });

  test.each([
    'state=gone',
    'state=open',
    'limit=0',
    'limit=101',
    'limit=x',
    'after=x',
    'after=1.short',
    'after=-1.AAAAAAAAAAAAAAAAAAAAAA',
    'after=9999999999999999.AAAAAAAAAAAAAAAAAAAAAA',
    'hint=',
    'hint=%00',
    `hint=${'x'.repeat(129)}`,
  ])('refuses ?%s', async (query) => {
    const { mine } = await withKeys();
    expect(await refusal(mine.get(`/api/secrets?${query}`))).toBe('400 INVALID_REQUEST');
  });
});

describe('lists and statistics', () => {
  const paths = ['/api/secrets', '/api/requests', '/api/stats'];

  test.each(paths)('take an API key: %s', async (path) => {
    const { h, mine } = await withKeys();
    const id = await mine.made();
    expect(await refusal(h.call('GET', path))).toBe('403 API_KEY_REQUIRED');
    const unknown = { authorization: `Bearer zeph_${'x'.repeat(40)}` };
    expect(await refusal(h.call('GET', path, { headers: unknown }))).toBe('401 INVALID_API_KEY');
    // What opens a secret opens no list.
    const shown = { 'zephr-proof': PROOF, 'zephr-receipt': PROOF };
    expect(await refusal(h.call('GET', path, { headers: shown }))).toBe('403 API_KEY_REQUIRED');
    expect(await (await mine.get(path)).text()).toContain(path === '/api/secrets' ? id : '{');
  });

  test('are refused to a key that was revoked', async () => {
    const { store, mine } = await withKeys();
    await store.keys.revokeKey('mine', NOW);
    for (const path of paths) expect(await refusal(mine.get(path))).toBe('401 INVALID_API_KEY');
  });
});

describe('GET /api/stats', () => {
  test('counts by state and by the calendar of UTC', async () => {
    const { h, mine, other } = await withKeys();
    // 2030-01-01 is a Tuesday: 2029-12-31 is in its week and not in its month.
    const at = async (time: string, fields: object = {}) => {
      h.clock.now = Date.parse(time);
      return mine.made({ expiry: 43_200, ...fields });
    };
    await at('2029-12-30T23:59:59.999Z');
    await at('2029-12-31T00:00:00.000Z');
    const revoked = await at('2030-01-01T00:00:00.000Z');
    const read = await at('2030-01-01T12:00:00.000Z');
    await at('2030-01-01T12:00:00.000Z', { expiry: 60 });
    await other.made();
    await h.read(read, { 'zephr-proof': PROOF });
    await h.call('DELETE', `/api/secrets/${revoked}`, { headers: mine.headers });
    const json = { 'content-type': 'application/json', ...mine.headers };
    await h.call('POST', '/api/requests', { headers: json, body: JSON.stringify(ASKED) });
    h.clock.now = Date.parse('2030-01-01T13:00:00.000Z');
    const response = await mine.get('/api/stats');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual({
      secrets: {
        states: { waiting: 2, read: 1, expired: 1, revoked: 1 },
        created: { today: 3, this_week: 4, this_month: 3, total: 5 },
        // The expired one is stored until the next purge.
        bytes: 30,
      },
      requests: {
        states: { open: 0, answered: 0, expired: 1, cancelled: 0 },
        created: { today: 1, this_week: 1, this_month: 1, total: 1 },
      },
    });
  });

  test('of a key that made nothing are zeros', async () => {
    const { mine } = await withKeys();
    const { secrets, requests } = (await (await mine.get('/api/stats')).json()) as Record<string, object>;
    expect(
      JSON.stringify([secrets, requests])
        .match(/\d+/g)
        ?.every((digits) => digits === '0'),
    ).toBe(true);
  });

  test('that are asked for while they are counted are counted once', async () => {
    const { lists } = new MemoryStore('salt');
    const count = vi.spyOn(lists, 'countSecrets');
    const service = new Lists(lists, () => NOW);
    const [one, other] = [service.statistics('key_a'), service.statistics('key_a')];
    await service.statistics('key_b');
    expect(await one).toEqual(await other);
    expect(count).toHaveBeenCalledTimes(2);
    await service.statistics('key_a');
    expect(count).toHaveBeenCalledTimes(3);
  });

  test('add up the parts that the store counts', async () => {
    const { lists } = new MemoryStore('salt');
    const one = { today: 1, thisWeek: 1, thisMonth: 1, bytes: 5 };
    const next = { createdAt: 5, id: 'x' };
    vi.spyOn(lists, 'countSecrets')
      .mockResolvedValueOnce({ counts: [{ state: 'read', total: 3, ...one }], next })
      .mockResolvedValueOnce({ counts: [], next: { createdAt: 4, id: 'y' } })
      .mockResolvedValueOnce({
        counts: [
          { state: 'read', total: 2, ...one },
          { state: 'waiting', total: 1, ...one },
        ],
        next: null,
      });
    const { secrets } = await new Lists(lists, () => NOW).statistics('key_a');
    expect(secrets).toEqual({
      states: { waiting: 1, read: 5, expired: 0, revoked: 0 },
      ...{ total: 6, today: 3, thisWeek: 3, thisMonth: 3, bytes: 15 },
    });
    expect(vi.mocked(lists.countSecrets).mock.calls.map(([, after]) => after?.id)).toEqual([
      undefined,
      'x',
      'y',
    ]);
  });
});
