/** What all answers have in common: headers, errors, health, and what the log holds. */

import { describe, expect, test } from 'vitest';
import { type Store, StoreError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { harness, PROOF, refusal, VERSION_2 } from './harness.js';

/** A memory store whose every verb fails with `error`. */
function failing(error: unknown): Store {
  const fail = () => Promise.reject(error);
  return new Proxy(new MemoryStore('salt'), {
    get(store, name) {
      const member: unknown = Reflect.get(store, name);
      if (typeof member === 'function') return fail;
      return typeof member === 'object' && member !== null ? new Proxy(member, { get: () => fail }) : member;
    },
  });
}

describe('every answer', () => {
  const paths: [string, string][] = [
    ['POST', '/api/secrets'],
    ['GET', '/api/secrets/x'],
    ['HEAD', '/api/secrets/x'],
    ['OPTIONS', '/api/secrets/x'],
    ['DELETE', '/api/secrets/x'],
    ['GET', '/api/secrets/x/status'],
    ['GET', '/api/secrets/x/chunks/0'],
    ['POST', '/api/uploads'],
    ['GET', '/api/uploads/x'],
    ['PUT', '/api/uploads/x/0'],
    ['DELETE', '/api/uploads/x'],
    ['POST', '/api/receipts'],
    ['OPTIONS', '/api/receipts'],
    ['GET', '/api/secrets'],
    ['GET', '/api/requests'],
    ['GET', '/api/stats'],
    ['GET', '/api/health'],
    ['GET', '/nothing'],
    ['GET', '/api/nothing'],
  ];

  test.each(paths)('has security headers: %s %s', async (method, path) => {
    const { headers } = await harness().call(method, path);
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.has('strict-transport-security')).toBe(false);
    if (path !== '/nothing') expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each(paths)(
    'is open to other origins only for secrets and what their senders ask: %s %s',
    async (method, path) => {
      const { headers } = await harness().call(method, path);
      expect(headers.get('access-control-allow-origin')).toBe(
        /^\/api\/(secrets|receipts|uploads|requests|stats)/.test(path) ? '*' : null,
      );
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    },
  );

  test('to another origin exposes the headers of the protocol', async () => {
    const { headers } = await harness().read('x');
    const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(', ');
    expect(exposed).toEqual(expect.arrayContaining(['zephr-claim', 'retry-after']));
  });
});

test.each([
  '/api/secrets',
  '/api/secrets/x',
  '/api/secrets/x/status',
  '/api/secrets/x/chunks/0',
  '/api/uploads/x/0',
])('a preflight of %s allows methods and headers', async (path) => {
  const headers = { origin: 'https://example.com', 'access-control-request-method': 'DELETE' };
  const response = await harness().call('OPTIONS', path, { headers });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, DELETE');
  expect(response.headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).toEqual(
    expect.arrayContaining([
      'authorization',
      'content-type',
      'idempotency-key',
      'zephr-proof',
      'zephr-claim',
      'zephr-chunks',
    ]),
  );
});

describe('what is not there', () => {
  test.each(['/api', '/api/', '/api/secret', '/api/secrets/a/b', '/secret', '/secret/a/b'])(
    '%s is 404',
    async (path) => {
      expect(await refusal(harness().call('GET', path))).toBe('404 NOT_FOUND');
    },
  );

  test.each([
    ['PUT', '/api/secrets', 'GET, POST, OPTIONS'],
    ['POST', '/api/stats', 'GET, OPTIONS'],
    ['PUT', '/api/secrets/x', 'GET, DELETE, OPTIONS'],
    ['DELETE', '/api/secrets/x/status', 'GET, OPTIONS'],
    ['PUT', '/api/secrets/x/chunks/0', 'GET, OPTIONS'],
    ['GET', '/api/uploads', 'POST, OPTIONS'],
    ['PUT', '/api/uploads/x', 'GET, DELETE, OPTIONS'],
    ['GET', '/api/uploads/x/0', 'PUT, OPTIONS'],
    ['POST', '/api/health', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/secret/x', 'GET, HEAD'],
    ['DELETE', '/assets/x', 'GET, HEAD'],
    ['constructor', '/api/health', 'GET, HEAD'],
  ])('%s %s is 405', async (method, path, allowed) => {
    const response = await harness().call(method, path);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(await refusal(response)).toBe('405 METHOD_NOT_ALLOWED');
  });
});

describe('health', () => {
  test('tells version, protocol, access and limits', async () => {
    const response = await harness().call('GET', '/api/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ok',
      version: '9.8.7',
      gates: ['addresses', 'not_before', 'captcha'],
      protocol: [1, 2],
      access: 'open',
      limits: { creates: null, expiry: { min: 1, max: 43_200 }, blob: 1_048_576, upload: 2 ** 30 },
    });
  });

  test('can be asked with HEAD', async () => {
    expect((await harness().call('HEAD', '/api/health')).status).toBe(200);
  });

  test('is 503 when the store does not answer', async () => {
    const { call } = harness(failing(new StoreError(new Error('disk on fire'))));
    expect(await refusal(call('GET', '/api/health'))).toBe('503 STORE_UNAVAILABLE');
  });
});

describe('a failure', () => {
  test('of the store is 503 on every route', async () => {
    const { call, create, read } = harness(failing(new StoreError(new Error('disk on fire'))));
    const id = 'x'.repeat(22);
    expect(await refusal(create())).toBe('503 STORE_UNAVAILABLE');
    expect(await refusal(read(id))).toBe('503 STORE_UNAVAILABLE');
    const headers = { 'zephr-proof': PROOF };
    expect(await refusal(call('GET', `/api/secrets/${id}/status`, { headers }))).toBe(
      '503 STORE_UNAVAILABLE',
    );
    expect(await refusal(call('DELETE', `/api/secrets/${id}`, { headers }))).toBe('503 STORE_UNAVAILABLE');
  });

  test('of the code is 500, and says nothing of what went wrong', async () => {
    const { read } = harness(failing(new TypeError('CANARY')));
    const response = await read('x'.repeat(22));
    expect(await response.clone().text()).not.toContain('CANARY');
    expect(await refusal(response)).toBe('500 INTERNAL_ERROR');
  });

  test('is logged with names, codes and places, but without what anybody said', async () => {
    const cause = Object.assign(new Error('CANARY in the cause'), { rawCode: 13, code: 'SQLITE_FULL' });
    const { read, log } = harness(failing(new StoreError(cause)));
    await read('CANARY-in-the-path-22-');
    const failure = log.map((line) => JSON.parse(line)).find(({ event }) => event === 'failure');
    expect(failure).toMatchObject({
      level: 'error',
      route: '/api/secrets/:id',
      code: 'STORE_UNAVAILABLE',
      cause: { name: 'Error', code: 'SQLITE_FULL', sqlite: 13 },
    });
    expect(failure.at[0]).toMatch(/^at /);
    expect(log.join()).not.toContain('CANARY');
  });
});

describe('the log', () => {
  test('has a line for each request', async () => {
    const { call, log } = harness();
    await call('GET', '/api/health');
    expect(log.map((line) => JSON.parse(line))).toEqual([
      {
        time: '2030-01-01T00:00:00.000Z',
        level: 'info',
        event: 'request',
        method: 'GET',
        route: '/api/health',
        status: 200,
        ms: expect.any(Number),
        address: '192.0.2.0/24',
      },
    ]);
  });

  test('holds no id, key, proof, claim, hint, blob, query or full address', async () => {
    const { create, made, call, read, log } = harness();
    await create({ encrypted_blob: 'CANARY', hint: 'CANARY' }, { 'idempotency-key': 'CANARY' });
    await create({ hint: 'CANARY\n' });
    await call('POST', '/api/secrets', {
      headers: { 'content-type': 'application/json' },
      body: '{"CANARY":',
    });
    await call('GET', '/secret/CANARY%23v1.CANARY?CANARY', { headers: { 'user-agent': 'CANARY' } });
    await call('GET', '/CANARY?CANARY', { address: '2001:db8:1:CAFE::1' });
    const id = await made(VERSION_2);
    await read(id, { 'zephr-proof': PROOF, 'zephr-claim': 'CANARY-CANARY-CANARY-CANARY' });
    const text = log.join('\n');
    expect(log).toHaveLength(7);
    for (const word of ['CANARY', id, PROOF, '192.0.2.77', 'cafe']) expect(text).not.toContain(word);
  });
});
