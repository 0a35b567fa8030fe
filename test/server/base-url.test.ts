/** A server whose address has a path in it. */

import { describe, expect, test } from 'vitest';
import { harness, refusal } from './harness.js';

describe.each([
  ['https://host.example/zephr', '/zephr'],
  ['https://host.example/a/b', '/a/b'],
  ['https://host.example/caf%C3%A9', '/caf%C3%A9'],
  ['https://host.example', ''],
])('a server at %s', (baseUrl, prefix) => {
  const server = () => harness(undefined, { baseUrl });

  test('answers below its path, and where a proxy took the path away', async () => {
    const { call } = server();
    for (const path of [`${prefix}/api/health`, `${prefix}/secret/x`, '/api/health', '/secret/x']) {
      expect((await call('GET', path)).status).toBe(200);
    }
  });

  test('finds a secret by either path', async () => {
    const { call, made } = server();
    expect((await call('GET', `${prefix}/api/secrets/${await made()}`)).status).toBe(200);
    expect((await call('GET', `/api/secrets/${await made()}?x=${prefix}`)).status).toBe(200);
  });

  test('gives the same headers and logs the same routes by either path', async () => {
    const { call, log } = server();
    for (const path of [`${prefix}/api/secrets/x`, '/api/secrets/x']) {
      const { headers } = await call('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('access-control-allow-origin')).toBe('*');
    }
    expect(log.map((line) => JSON.parse(line).route)).toEqual(['/api/secrets/:id', '/api/secrets/:id']);
  });
});

test.each(['/zephrx/api/health', '/x/zephr/api/health', '/zephr/zephr/api/health', '/ZEPHR/api/health'])(
  'a server at /zephr has nothing at %s',
  async (path) => {
    const { call } = harness(undefined, { baseUrl: 'https://host.example/zephr' });
    expect(await refusal(call('GET', path))).toBe('404 NOT_FOUND');
  },
);
