/** Requests to places that someone else chose. What webhooks make of them: test/server/send-webhook.test.ts. */

import { expect, test } from 'vitest';
import { type Guard, type GuardedRequest, guardedRequest } from '../../src/net/guarded-connection.js';
import { isPublicAddress, isPublicHost } from '../../src/net/public-addresses.js';
import { httpHost } from '../support/hosts.js';

const PUBLIC = { allowsHost: isPublicHost, allowsAddress: isPublicAddress };
const ANY = { allowsHost: () => true, allowsAddress: () => true };
const NAME = 'chosen.example.com';

/** A guard that resolves every name to `addresses`. */
function guard(policy: Guard['policy'], ...addresses: string[]): Guard {
  return {
    policy,
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  };
}

function ask(
  url: string,
  guarded: Guard,
  request: Partial<GuardedRequest> = {},
  signal = new AbortController().signal,
) {
  return guardedRequest(new URL(url), { method: 'POST', headers: {}, body: '', ...request }, guarded, signal);
}

/** An HTTP server at a name, which answers with what it was sent. */
async function echo(): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const url = await httpHost((request, response) => {
    requests += 1;
    response.writeHead(302, {
      Location: '/',
      'X-Method': request.method,
      'X-Sent': request.headers['x-sent'],
    });
    request.pipe(response);
  });
  return { url: url.replace('127.0.0.1', NAME), requests: () => requests };
}

test('a request goes to the address that was resolved, and its response is not followed', async () => {
  const { url, requests } = await echo();
  const body = new Uint8Array([0, 255, 10]);
  const response = await ask(url, guard(ANY, '127.0.0.1'), {
    method: 'PUT',
    headers: { 'X-Sent': 'yes' },
    body,
  });
  expect(response.statusCode).toBe(302);
  expect(response.headers).toMatchObject({ 'x-method': 'PUT', 'x-sent': 'yes' });
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(Buffer.from(body));
  expect(requests()).toBe(1);
});

test.each([
  ['a name of the local network', 'http://printer.local/', ['8.8.8.8'], 'HOST_NOT_ALLOWED'],
  ['a private address', 'http://10.0.0.1/', ['10.0.0.1'], 'HOST_NOT_ALLOWED'],
  ['a name with a private address', `http://${NAME}/`, ['127.0.0.1'], 'HOST_NOT_ALLOWED'],
  ['a name with a private address among others', `http://${NAME}/`, ['8.8.8.8', '::1'], 'HOST_NOT_ALLOWED'],
  ['a name without an address', `http://${NAME}/`, [], 'HOST_NOT_FOUND'],
])('nothing is sent to %s', async (_, url, addresses, code) => {
  await expect(ask(url, guard(PUBLIC, ...addresses))).rejects.toMatchObject({ name: 'GuardError', code });
});

test('the signal ends a request that is under way', async () => {
  const stop = new AbortController();
  const url = await httpHost(() => stop.abort());
  await expect(ask(url, guard(ANY, '127.0.0.1'), {}, stop.signal)).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('the signal ends a response whose body does not end', async () => {
  const stop = new AbortController();
  const url = await httpHost((_, response) => response.writeHead(200).write('x'));
  const response = await ask(url, guard(ANY, '127.0.0.1'), {}, stop.signal);
  const read = async () => {
    for await (const _ of response) stop.abort();
  };
  await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' });
});
