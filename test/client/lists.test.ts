/** Lists and statistics in the SDK: what is asked, what is told, and what is believed. */

import { describe, expect, it } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { createRequest } from '../../src/client/requests/create-request.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import { listRequests, listSecrets, secretStatistics } from '../../src/client/sender/lists.js';
import { revokeSecret, secretStatus } from '../../src/client/status.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { createApp } from '../../src/server/app.js';
import { fetchFrom } from '../../src/server/fetch.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';

const server = 'https://zephr.example';
const quiet = () => undefined;

/** A server behind a `fetch`, and an API key of it. */
async function withKey() {
  const store = new MemoryStore('salt');
  const log = { info: quiet, warn: quiet, error: quiet };
  const app = createApp({ store, access: 'closed', version: 'test', log });
  const fetch: Fetch = (url, init) => fetchFrom(app, url, init, '192.0.2.1');
  const { key: apiKey } = await issueKey(store.keys, { name: 'mine', tier: 'pro' }, Date.now());
  return { server, fetch, apiKey };
}

describe('an API key', () => {
  it('lists, filters, looks at, destroys and counts what it made', async () => {
    const own = await withKey();
    const { fullLink } = await createSecret('one', { ...own, hint: 'db prod' });
    await createSecret('two', { ...own, hint: 'db stage', views: 3 });
    await createRequest({ ...own, message: 'the password' });
    await retrieveSecret(fullLink, { fetch: own.fetch });

    const { secrets, next } = await listSecrets(own);
    expect(next).toBeUndefined();
    expect(secrets).toMatchObject([
      { hint: 'db stage', state: 'waiting', version: 2, views: 3, reads: [] },
      { hint: 'db prod', state: 'read', bytes: 0, reads: [{ acknowledged: true }] },
    ]);
    expect((await listSecrets({ ...own, state: 'read' })).secrets).toHaveLength(1);
    const [stage] = (await listSecrets({ ...own, hint: 'stage' })).secrets;
    const one = { id: stage?.id ?? '', apiKey: own.apiKey, server };
    expect(await secretStatus(one, { fetch: own.fetch })).toMatchObject({ state: 'waiting' });
    await revokeSecret(one, { fetch: own.fetch });
    expect(await secretStatistics(own)).toMatchObject({
      secrets: {
        states: { waiting: 0, read: 1, expired: 0, revoked: 1 },
        created: { total: 2 },
        bytes: 0,
      },
      requests: { states: { open: 1 }, created: { total: 1 } },
    });
    expect((await listRequests({ ...own, state: 'open' })).requests).toMatchObject([
      { state: 'open', answers: 1, answersLeft: 1, answerViews: 1, secretExpiry: 1440 },
    ]);
    expect(await listRequests({ ...own, state: 'answered' })).toEqual({ requests: [] });
  });

  it('goes from page to page', async () => {
    const own = await withKey();
    for (const hint of ['a', 'b', 'c']) await createSecret('x', { ...own, hint });
    const first = await listSecrets({ ...own, limit: 2 });
    const second = await listSecrets({ ...own, limit: 2, after: first.next ?? '' });
    const hints = [...first.secrets, ...second.secrets].map(({ hint }) => hint);
    expect(hints.toSorted()).toEqual(['a', 'b', 'c']);
    expect(second.next).toBeUndefined();
  });
});

describe('what cannot be asked', () => {
  const fetch: Fetch = () => Promise.reject(new Error('was asked'));
  it.each([
    [{ limit: 0 }, 'INVALID_LIMIT'],
    [{ limit: 1.5 }, 'INVALID_LIMIT'],
    [{ limit: 101 }, 'INVALID_LIMIT'],
    [{ hint: '' }, 'INVALID_HINT'],
    [{ hint: 'a\n' }, 'INVALID_HINT'],
    [{ apiKey: '' }, 'INVALID_API_KEY'],
    [{ apiKey: undefined as unknown as string }, 'INVALID_API_KEY'],
    [{ server: 'http://zephr.example' }, 'INVALID_SERVER'],
  ])('is refused before it is: %o', async (wrong, code) => {
    const asked = listSecrets({ server, apiKey: 'zeph_x', fetch, ...wrong });
    await expect(asked).rejects.toMatchObject({ name: 'ValidationError', code });
  });
});

describe('an answer', () => {
  const answering =
    (body: unknown): Fetch =>
    async () =>
      new Response(JSON.stringify(body));
  const status = {
    state: 'waiting',
    created_at: '2030-01-01T00:00:00Z',
    expires_at: '2030-01-01T01:00:00Z',
    ...{ views: 1, views_left: 1 },
  };
  const secret = { id: 'A'.repeat(22), version: 2, ...status, bytes: 5 };
  const request = {
    id: 'A'.repeat(22),
    ...{ state: 'open', created_at: status.created_at, expires_at: status.expires_at },
    ...{ secret_expiry: 60, answers: 1, answers_left: 1, answer_views: 1 },
  };
  const created = { today: 0, this_week: 0, this_month: 0, total: 0 };
  const stats = {
    secrets: { states: { waiting: 0, read: 0, expired: 0, revoked: 0 }, created, bytes: 0 },
    requests: { states: { open: 0, answered: 0, expired: 0, cancelled: 0 }, created },
  };
  const ask = { server, apiKey: 'zeph_x' };

  it('of the right form is believed', async () => {
    const next = '1.AAAAAAAAAAAAAAAAAAAAAA';
    expect(await listSecrets({ ...ask, fetch: answering({ secrets: [secret], next }) })).toMatchObject({
      secrets: [{ id: secret.id, bytes: 5, viewsLeft: 1 }],
      next,
    });
    expect(await listRequests({ ...ask, fetch: answering({ requests: [request] }) })).toMatchObject({
      requests: [{ id: request.id, answerViews: 1 }],
    });
    expect(await secretStatistics({ ...ask, fetch: answering(stats) })).toMatchObject({
      secrets: { created: { thisWeek: 0 } },
    });
  });

  it.each([
    [{}],
    [{ secrets: {} }],
    [{ secrets: [{ ...secret, id: '../..' }] }],
    [{ secrets: [{ ...secret, version: 3 }] }],
    [{ secrets: [{ ...secret, bytes: -1 }] }],
    [{ secrets: [{ ...secret, state: 'open' }] }],
    [{ secrets: [], next: 'a b' }],
    [{ secrets: [], next: 5 }],
    [{ secrets: Array(101).fill(secret) }],
  ])('of another form is not: %j', async (body) => {
    const asked = listSecrets({ ...ask, fetch: answering(body) });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });

  it.each([
    [{ requests: [{ ...request, answers_left: -1 }] }],
    [{ requests: [{ ...request, secret_expiry: 0 }] }],
    [{ requests: [{ ...request, answer_views: 0 }] }],
    [{ requests: [{ ...request, id: 1 }] }],
    [{ requests: null }],
  ])('about requests likewise: %j', async (body) => {
    const asked = listRequests({ ...ask, fetch: answering(body) });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });

  it.each([
    [{ ...stats, secrets: undefined }],
    [{ ...stats, secrets: { ...stats.secrets, bytes: 'many' } }],
    [{ ...stats, requests: { ...stats.requests, states: { open: 1 } } }],
    [{ ...stats, requests: { ...stats.requests, created: { ...created, today: 0.5 } } }],
  ])('about statistics likewise: %j', async (body) => {
    const asked = secretStatistics({ ...ask, fetch: answering(body) });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });
});
