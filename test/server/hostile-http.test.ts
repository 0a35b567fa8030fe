/** Requests that two programs may read in two ways, byte for byte on a socket: each gets one answer, or none. */

import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, listen } from '../../src/server/http/listen.js';
import { trustProxies } from '../../src/server/http/trusted-proxies.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { statusesFor } from '../support/raw-request.js';
import { BLOB, type Harness, harness } from './harness.js';

const CREATE = JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false });
const SMUGGLED = 'GET /api/health HTTP/1.1\r\nHost: zephr\r\n\r\n';
const LENGTH = `Content-Length: ${CREATE.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';

/** CREATE as one chunk, and the last one. */
const CHUNKS = `${CREATE.length.toString(16)}\r\n${CREATE}\r\n0\r\n\r\n`;

/** Headers that say nothing: as many as fit into a request, and more than Node keeps unless it is told to. */
const FILLER = Array<string>(3_000).fill('A:b');

/**
 * Whether Node's HTTP parser drops a length in a trailer, as that of Node 20.18 does, where later ones refuse it. It
 * counts for nothing either way (RFC 9110 section 6.5.1).
 */
const DROPS_TRAILERS = Number.parseInt(process.versions.llhttp ?? '', 10) < 9;

function get(target: string, ...headers: string[]): string {
  return [`GET ${target} HTTP/1.1`, 'Host: zephr', ...headers, '', ''].join('\r\n');
}

function post(headers: readonly string[], body: string, target = '/api/secrets', version = '1.1'): string {
  const head = [
    `POST ${target} HTTP/${version}`,
    'Host: zephr',
    'Content-Type: application/json',
    ...headers,
  ];
  return [...head, '', body].join('\r\n');
}

/** Bytes, and the statuses of all answers to them. */
type Case = readonly [what: string, bytes: string | Buffer, statuses: readonly number[]];

const SMUGGLING: readonly Case[] = [
  ['a length and chunks', post([LENGTH, CHUNKED], `0\r\n\r\n${SMUGGLED}`), [400]],
  ['chunks and a length', post([CHUNKED, LENGTH], CHUNKS), [400]],
  ['chunks that are not the last coding', post([`${CHUNKED}, identity`], `0\r\n\r\n${SMUGGLED}`), [400]],
  ['a coding that only looks like chunks', post(['Transfer-Encoding: xchunked'], CHUNKS), [400]],
  ['a space before the colon', post(['Transfer-Encoding : chunked', LENGTH], CHUNKS), [400]],
  ['two lengths that differ', post([LENGTH, 'Content-Length: 3'], CREATE), [400]],
  ['two lengths that agree', post([LENGTH, LENGTH], CREATE), [400]],
  ['a length with a sign', post([`Content-Length: +${CREATE.length}`], CREATE), [400]],
  ['a length in hexadecimal', post(['Content-Length: 0x48'], CREATE), [400]],
  ['line feeds alone', post([LENGTH], CREATE).replaceAll('\r\n', '\n'), [400]],
  ['line feeds alone between chunks', post([CHUNKED], CHUNKS.replaceAll('\r\n', '\n')), [400]],
  ['a header that is folded', get('/api/health', 'X-Folded: a', ' b'), [400]],
  ['a chunk size that is none', post([CHUNKED], `zz\r\n${CREATE}\r\n0\r\n\r\n`), [400]],
  [
    'a trailer with a length',
    post([CHUNKED], CHUNKS.replace(/\r\n$/, 'Content-Length: 5\r\n\r\n')),
    [DROPS_TRAILERS ? 201 : 400],
  ],
  ['two hosts', get('/api/health', 'Host: other'), [400]],
  ['two hosts that agree', get('/api/health', 'host: zephr'), [400]],
  ['a second host behind thousands of headers', get('/api/health', ...FILLER, 'Host: other'), [400]],
  ['no host', 'GET /api/health HTTP/1.1\r\n\r\n', [400]],
  ['a host with a path in it', get('/health').replace('Host: zephr', 'Host: zephr/api'), [400]],
  [
    'a body to a GET, as a request of its own',
    get('/api/health', 'Content-Length: 0') + SMUGGLED,
    [200, 200],
  ],
];

const TARGETS: readonly Case[] = [
  ['a whole URL of another host', get('http://other.example/api/health'), [200]],
  ['a whole URL of another kind', get('ftp://other.example/api/health'), [400]],
  ['two slashes', get('//api/health'), [404]],
  ['two slashes and a host', get('//other.example/api/health'), [404]],
  ['a slash too many', get('/api//health'), [404]],
  ['a slash at the end', get('/api/health/'), [404]],
  ['an encoded slash', get('/api%2fhealth'), [404]],
  ['an encoded slash in an id', get('/api/secrets/aaaaaaaaaa%2Faaaaaaaaaaa'), [404]],
  ['an encoding that is none', get('/api/secrets/%zz'), [404]],
  ['a backslash', get('/api\\health'), [400]],
  ['a fragment', get('/#x'), [400]],
  ['a query and a fragment', get('/api/health?x#y'), [400]],
  ['a null byte', get('/api/health\0'), [400]],
  ['bytes above 127', Buffer.from(get('/\xff\xfe'), 'latin1'), [400]],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: zephr\r\n\r\n', [400]],
  ['20,000 characters', get(`/${'a'.repeat(20_000)}`), [431]],
];

const MANNERS: readonly Case[] = [
  ['HTTP/1.0', 'GET /api/health HTTP/1.0\r\nHost: zephr\r\n\r\n', [200]],
  ['HTTP/1.0 without a host', 'GET /api/health HTTP/1.0\r\n\r\n', [200]],
  ['HTTP/1.0 with a body', post([LENGTH], CREATE, '/api/secrets', '1.0'), [201]],
  ['HTTP/1.0 with a body of no length', post([], CREATE, '/api/secrets', '1.0'), [400]],
  ['HTTP/2 without an upgrade', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['a TLS handshake', Buffer.from('160301020001000001fc0303', 'hex'), [400]],
  ['an upgrade', get('/api/health', 'Connection: Upgrade', 'Upgrade: websocket'), [200]],
  ['TRACE', get('/api/health').replace('GET', 'TRACE'), [405]],
  ['CONNECT', 'CONNECT other.example:443 HTTP/1.1\r\nHost: zephr\r\n\r\n', []],
  ['requests in one go', SMUGGLED.repeat(200), Array<number>(200).fill(200)],
  ['a body that is waited for', post([LENGTH, 'Expect: 100-continue'], CREATE), [201]],
  [
    'a body too large to wait for that never comes',
    post(['Content-Length: 99999999', 'Expect: 100-continue'], ''),
    [413, 400],
  ],
  ['something else expected', post([LENGTH, 'Expect: 200-ok'], CREATE), [417]],
  ['half a body', post([LENGTH], CREATE.slice(0, 9)), [400]],
  ['half a header', 'GET /api/health HTTP/1.1\r\nHost: ze', [400]],
  ['a header of 20,000 characters', get('/api/health', `X-Long: ${'a'.repeat(20_000)}`), [431]],
  [
    'a chunk with a long extension',
    post([CHUNKED], CHUNKS.replace('\r\n', `;${'a'.repeat(1e5)}\r\n`)),
    [413],
  ],
  [
    'a body that is compressed',
    Buffer.concat([
      Buffer.from(post(['Content-Encoding: gzip', `Content-Length: ${gzipSync(CREATE).length}`], '')),
      gzipSync(CREATE),
    ]),
    [415],
  ],
  ['a body that is called compressed', post(['Content-Encoding: identity', LENGTH], CREATE), [201]],
  ['two API keys', post([LENGTH, 'Authorization: Bearer a', 'Authorization: Bearer b'], CREATE), [401]],
  [
    'an API key behind thousands of headers',
    post([LENGTH, ...FILLER, 'Authorization: Bearer a'], CREATE),
    [401],
  ],
  ['two idempotency keys', post([LENGTH, 'Idempotency-Key: a', 'Idempotency-Key: b'], CREATE), [400]],
];

/** A store that remembers who created what. */
class Witness extends MemoryStore {
  readonly callers: string[] = [];

  constructor(callerSalt: string) {
    super(callerSalt);
    const create = this.secrets.create.bind(this.secrets);
    this.secrets.create = (secret) => {
      this.callers.push(secret.caller);
      return create(secret);
    };
  }
}

let store: Witness;
let app: Harness;
let listener: Listener;

beforeEach(async () => {
  store = new Witness('salt');
  app = harness(store);
  listener = await listen(app.app, {
    host: '127.0.0.1',
    port: 0,
    clientAddress: trustProxies(['127.0.0.1']),
  });
});
afterEach(async () => {
  await listener.close();
});

describe.each([
  ['made for two readers', SMUGGLING],
  ['for an odd target', TARGETS],
  ['of old or odd manners', MANNERS],
])('a request %s', (_, cases) => {
  test.each(cases)('%s', async (_what, bytes, statuses) => {
    expect(await statusesFor(listener.url, typeof bytes === 'string' ? Buffer.from(bytes) : bytes)).toEqual(
      statuses,
    );
    expect(store.callers).toHaveLength(statuses.filter((status) => status === 201).length);
    expect(app.log.filter((line) => JSON.parse(line).level !== 'info')).toEqual([]);
  });
});

describe('a request that says where it is from', () => {
  const from = async (...headers: string[]) => {
    store.callers.length = 0;
    await statusesFor(listener.url, Buffer.from(post([LENGTH, ...headers], CREATE)));
    return store.callers[0];
  };

  test('is believed only what the proxy wrote', async () => {
    const itself = await from();
    const client = await from('X-Forwarded-For: 198.51.100.7');
    expect(client).not.toBe(itself);
    for (const invented of ['203.0.113.9', '127.0.0.1', '::1', 'unknown', 'a"}\\n{']) {
      expect(await from(`X-Forwarded-For: ${invented}, 198.51.100.7`)).toBe(client);
      expect(await from(`X-Forwarded-For: ${invented}`, 'X-Forwarded-For: 198.51.100.7')).toBe(client);
      const pushed = [`X-Forwarded-For: ${invented}`, ...FILLER, 'X-Forwarded-For: 198.51.100.7'];
      expect(await from(...pushed)).toBe(client);
    }
    for (const other of ['Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9', 'Client-IP: 203.0.113.9']) {
      expect(await from(other)).toBe(itself);
    }
  });
});
