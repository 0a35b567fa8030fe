/** Whom the server takes for the client when proxies stand between, and who cannot fool it. */

import { describe, expect, test } from 'vitest';
import { listen } from '../../src/server/http/listen.js';
import { trustProxies } from '../../src/server/http/trusted-proxies.js';
import { BLOB, harness, refusal } from './harness.js';

const TRUSTED = ['10.0.0.0/8', '192.168.7.7', '2001:db8:aaaa::/48', '::1/128'];
const clientAddress = trustProxies(TRUSTED);

describe('the client is', () => {
  test.each([
    ['the peer, when it is no trusted proxy, whatever it says', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['the peer, when it names a trusted proxy', '203.0.113.9', '10.0.0.1', '203.0.113.9'],
    ['the peer, when it is almost trusted', '192.168.7.8', '1.2.3.4', '192.168.7.8'],
    ['the peer, when there is no header', '10.0.0.1', '', '10.0.0.1'],
    ['the peer, when it is nothing at all', '', '1.2.3.4', ''],
    ['whom a trusted proxy names', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['the last one named', '10.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['the last one named, when it forged those before', '10.0.0.1', '10.0.0.9, 203.0.113.9', '203.0.113.9'],
    [
      'whom the first of several proxies names',
      '10.0.0.1',
      '203.0.113.9, 10.0.0.2, 192.168.7.7',
      '203.0.113.9',
    ],
    ['the last one that is no proxy', '10.0.0.1', '10.0.0.9, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['the first one named, when all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['found without regard to spaces', '10.0.0.1', ' \t203.0.113.9 ,10.0.0.2\t', '203.0.113.9'],

    ['found without its port', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['found behind a proxy with a port', '10.0.0.1', '203.0.113.9, 10.0.0.2:80', '203.0.113.9'],
    ['an IPv6 address', '::1', '2001:db8::9', '2001:db8::9'],
    ['an IPv6 address in brackets', '::1', '[2001:db8::9]', '2001:db8::9'],
    ['an IPv6 address with a port', '::1', '[2001:db8::9]:443', '2001:db8::9'],
    ['an IPv6 address in its shortest spelling', '::1', '2001:0DB8:0:0:0:0:0:9', '2001:db8::9'],
    [
      'found behind proxies of either family',
      '::1',
      '203.0.113.9, 2001:db8:aaaa::1, 10.1.1.1',
      '203.0.113.9',
    ],
    ['a mapped IPv4 address', '10.0.0.1', '::ffff:203.0.113.9', '::ffff:203.0.113.9'],
    ['a mapped IPv4 address in hexadecimal', '10.0.0.1', '::FFFF:cb00:7109', '::ffff:203.0.113.9'],
    ['found behind a proxy whose address is mapped', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['found behind a named proxy that is mapped', '10.0.0.1', '203.0.113.9, ::ffff:10.0.0.2', '203.0.113.9'],
    ['found without its zone', '10.0.0.1', 'fe80::9%eth0', 'fe80::9'],

    ['the proxy, when it names nobody', '10.0.0.1', ' ', '10.0.0.1'],
    ['the proxy, when it names no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['the proxy, when the last entry is empty', '10.0.0.1', '203.0.113.9,', '10.0.0.1'],
    [
      'the last good proxy before one that says nothing',
      '10.0.0.1',
      '203.0.113.9, _hidden, 10.0.0.2',
      '10.0.0.2',
    ],
    ['the last good proxy before a name', '10.0.0.1', 'localhost, 10.0.0.2', '10.0.0.2'],
    ['no number that some take for an address', '10.0.0.1', '3405803785', '10.0.0.1'],
    ['no address in hexadecimal', '10.0.0.1', '0xcb.0.0x71.9', '10.0.0.1'],
    ['no address in octal', '10.0.0.1', '0313.0.0161.011', '10.0.0.1'],
    ['no address with too few parts', '10.0.0.1', '203.9', '10.0.0.1'],
    ['no address with too many parts', '10.0.0.1', '203.0.113.9.1', '10.0.0.1'],
    ['no address with a range', '10.0.0.1', '203.0.113.0/24', '10.0.0.1'],
    ['no IPv4 address in brackets', '10.0.0.1', '[203.0.113.9]', '10.0.0.1'],
    ['no half bracket', '10.0.0.1', '[2001:db8::9', '10.0.0.1'],
    ['no port that is none', '10.0.0.1', '203.0.113.9:https', '10.0.0.1'],
    ['no quoted address', '10.0.0.1', '"203.0.113.9"', '10.0.0.1'],
    ['no pair of RFC 7239', '10.0.0.1', 'for=203.0.113.9', '10.0.0.1'],
    ['not who stands after a semicolon', '10.0.0.1', '203.0.113.9;203.0.113.8', '10.0.0.1'],
  ])('%s', (_, peer, forwardedFor, client) => {
    expect(clientAddress(peer, forwardedFor)).toBe(client);
  });

  test('the peer, when no proxy is trusted', () => {
    expect(trustProxies([])('127.0.0.1', '203.0.113.9')).toBe('127.0.0.1');
  });

  test('found at the end of a header as long as can be', () => {
    const forged = '10.0.0.9,'.repeat(1_700);
    expect(clientAddress('10.0.0.1', `${forged}203.0.113.9`)).toBe('203.0.113.9');
  });
});

describe('a range', () => {
  test.each([
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::9', false],
    ['::/0', '2001:db8::9', true],
    ['203.0.113.9', '203.0.113.9', true],
    ['203.0.113.9/32', '203.0.113.10', false],
    ['203.0.113.77/24', '203.0.113.9', true],
    ['203.0.113.128/25', '203.0.113.127', false],
    ['172.16.0.0/12', '172.31.255.255', true],
    ['172.16.0.0/12', '172.32.0.0', false],
    ['2001:db8::/33', '2001:db8:7fff:ffff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['fe80::/10', 'febf::1', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['fe80::/10', 'fe80::1%eth0', true],
  ])('%s and %s: %s', (range, address, inside) => {
    expect(trustProxies([range])(address, '198.51.100.1')).toBe(inside ? '198.51.100.1' : address);
  });

  test.each([
    '',
    ' ',
    'localhost',
    'proxy.example.com',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8.0',
    '10.0.0.0/0x8',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0/8',
    '10/8',
    '010.0.0.0/8',
    '2001:db8::/129',
    '2001:db8/32',
    '[::1]',
    '[::1]/128',
    'fe80::1%eth0',
    '10.0.0.1:80',
    '*',
    'all',
  ])('cannot be %j', (range) => {
    expect(() => trustProxies(['10.0.0.0/8', range])).toThrow(`'${range}' is not a range of addresses`);
  });
});

test('over a socket, quotas and logs go by the client', async () => {
  const { app, log } = harness(undefined, { access: 'tiered' });
  const address = trustProxies(['127.0.0.1']);
  const { url, close } = await listen(app, { host: '127.0.0.1', port: 0, clientAddress: address });
  const create = (forwardedFor: string) =>
    fetch(`${url}/api/secrets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
      body: JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false }),
    });
  for (const forged of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) {
    expect((await create(`${forged}, 203.0.113.9`)).status).toBe(201);
  }
  expect(await refusal(create('4.4.4.4, 203.0.113.9'))).toBe('429 ANON_RATE_LIMIT_EXCEEDED');
  expect((await create('203.0.113.9, 198.51.100.1')).status).toBe(201);
  expect(new Set(log.map((line) => JSON.parse(line).address))).toEqual(
    new Set(['203.0.113.0/24', '198.51.100.0/24']),
  );
  await close();
});

test('over a socket, a header that comes twice counts as one', async () => {
  const { app, log } = harness();
  const address = trustProxies(['127.0.0.1']);
  const { url, close } = await listen(app, { host: '127.0.0.1', port: 0, clientAddress: address });
  const { request } = await import('node:http');
  await new Promise<void>((resolve, reject) => {
    const headers = { 'X-Forwarded-For': ['1.1.1.1', '203.0.113.9'] };
    request(`${url}/api/health`, { headers, agent: false }, (response) => {
      response.resume().on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
  expect(JSON.parse(log[0] ?? '{}').address).toBe('203.0.113.0/24');
  await close();
});
