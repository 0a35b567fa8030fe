/** The client before a hostile server: it ends with a checked result or a documented error, and tells no key. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createSecret } from '../../src/client/create/create.js';
import { serverHealth } from '../../src/client/health.js';
import { newClaim } from '../../src/client/read.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import { revokeSecret, secretStatus } from '../../src/client/status.js';
import type { Fetch, FetchInit } from '../../src/client/transport/fetch.js';
import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { sealV1 } from '../../src/core/crypto/seal-v1.js';
import { sealV2 } from '../../src/core/crypto/seal-v2.js';
import { ApiError, EncryptionError, NetworkError } from '../../src/core/errors.js';
import { generateKey, type LinkKey } from '../../src/core/key.js';
import { formatLink } from '../../src/core/link.js';
import { MAX_REPLY_BYTES } from '../../src/core/protocol/replies.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { mutated, mutatedBytes, mutatedObject, ODD_NUMBERS, oddLine, oddText } from './odd.js';

const SERVER = 'https://zephr.example/base';
const ID = 'Ab3_-567890123456789_-';
const SECRET = 'hunter2-of-the-sender';
const API_KEY = `zeph_${'K3y'.repeat(14).slice(0, 40)}`;
/** Stands in bodies, and must not be passed on unless it is the message of an error. */
const BODY_MARK = 'b0dy-n0t-t0-be-sh0wn';

interface Keys {
  readonly key1: LinkKey;
  readonly key2: LinkKey;
  readonly blob1: string;
  readonly blob2: string;
}

let made: Promise<Keys> | undefined;

async function makeKeys(): Promise<Keys> {
  const [key1, key2] = [generateKey(1), generateKey(2)];
  const content = Buffer.from(SECRET);
  const blob2 = await sealV2(content, { name: 'n', message: 'm' }, await unlockKey(key2, undefined));
  return { key1, key2, blob1: await sealV1(content, key1), blob2 };
}

/** One reply, of which `BLOB` stands for the right blob and `CLAIM` for the claim of the request. */
interface Hostile {
  readonly status: number;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** How its body ends. `'endless'` never does. */
  readonly end: 'whole' | 'broken' | 'endless' | 'none';
  readonly chunk: number;
}

const at = '2026-01-01T00:00:00.000Z';
const okay = fc.constantFrom(
  { id: ID, expires_at: at, version: 2, views: 1 },
  { encrypted_blob: 'BLOB', hint: 'db', purge_at: at, version: 2, views_left: 0 },
  { encrypted_blob: 'BLOB', purge_at: at },
  { encrypted_blob: 'AAAA', purge_at: at },
  { state: 'read', created_at: at, expires_at: at, views: 1, views_left: 0, first_read_at: at },
  { status: 'ok', version: '2.0.0', protocol: [1, 2], access: 'open' },
);
const failed = fc.record({
  error: fc.oneof(
    mutatedObject(fc.constant({ code: 'SECRET_NOT_FOUND', message: 'no such secret' })),
    fc.constant(BODY_MARK),
  ),
  extra: fc.constant(BODY_MARK),
});

const json = fc
  .oneof({ weight: 4, arbitrary: mutatedObject(okay) }, { weight: 2, arbitrary: failed })
  .map((value) => Buffer.from(JSON.stringify(value)));
const body: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: json },
  { weight: 2, arbitrary: mutatedBytes(json) },
  { weight: 1, arbitrary: oddText.map((text) => Buffer.from(`${BODY_MARK}<html>${text}`)) },
  // gzip's first bytes, a byte order mark, JSON twice.
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('\x1f\x8b\x08', '\xef\xbb\xbf{}', '{}{}', '')
      .map((text) => Buffer.from(text, 'latin1')),
  },
);

const retryAfter = fc.oneof(
  mutated(fc.nat(4_000_000).map(String)),
  fc.constantFrom(
    ...ODD_NUMBERS,
    '-1',
    '',
    ' 5',
    'Wed, 21 Oct 2026 07:28:00 GMT',
    '2678400',
    '9999999',
    '5, 6',
  ),
);
const headers = fc.record(
  {
    'retry-after': retryAfter,
    'content-type': fc.constantFrom(
      'application/json',
      'text/html',
      'application/json; charset=x',
      'Application/JSON',
    ),
    location: fc.oneof(
      mutated(
        fc.constantFrom('https://evil.example/secret/x#y', '//evil.example', '/x', 'javascript:alert(1)'),
      ),
      oddLine,
    ),
    'zephr-claim': fc.oneof(fc.constantFrom('CLAIM', 'CLAIM', 'CLAIM, CLAIM'), oddLine),
    date: fc.oneof(fc.constantFrom('Wed, 21 Oct 2026 07:28:00 GMT', '(x) 1 2 3', '0'), oddLine),
  },
  { requiredKeys: [] },
);

/** Statuses after which nothing is sent again, or the fuzzing would wait for the pauses between. */
const decided = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(200, 200, 201, 204) },
  { weight: 6, arbitrary: fc.constantFrom(400, 401, 403, 404, 409, 410, 413, 415, 429, 500, 501) },
  { weight: 2, arbitrary: fc.constantFrom(0, 300, 301, 302, 304, 307, 308, 399) },
  { weight: 2, arbitrary: fc.oneof(fc.nat(199), fc.integer({ min: 505, max: 1_000 })) },
);

const reply = (status: fc.Arbitrary<number>, end: Hostile['end'][]): fc.Arbitrary<Hostile> =>
  fc.record({ status, body, headers, end: fc.constantFrom(...end), chunk: fc.constantFrom(1 << 20, 64, 3) });

/** What was asked of the server, and how much of its answers was taken. */
interface Heard {
  readonly requests: { url: string; init: FetchInit }[];
  /** Of the longest body, in bytes. */
  taken: number;
  cancelled: number;
}

/** A `fetch` that answers with `replies` in turn, the last one again and again. */
function hostileFetch(replies: readonly Hostile[], blob: string): { fetch: Fetch; heard: Heard } {
  const heard: Heard = { requests: [], taken: 0, cancelled: 0 };
  const fetch: Fetch = async (url, init) => {
    const hostile = replies[Math.min(heard.requests.length, replies.length - 1)];
    assert(hostile);
    heard.requests.push({ url, init });
    const { end, chunk, status } = hostile;
    const claim = init.headers['Zephr-Claim'] ?? '';
    const text = Buffer.from(hostile.body).toString('latin1').replaceAll('BLOB', blob);
    const bytes = Buffer.from(text, 'latin1');
    let offset = 0;
    let taken = 0;
    return {
      status,
      headers: { get: (name) => hostile.headers[name.toLowerCase()]?.replaceAll('CLAIM', claim) ?? null },
      body:
        end === 'none'
          ? null
          : {
              getReader: () => ({
                async read() {
                  const value = offset < bytes.length ? bytes.subarray(offset, offset + chunk) : undefined;
                  offset += chunk;
                  if (value !== undefined) taken += value.length;
                  else if (end === 'endless') taken += BIG.length;
                  heard.taken = Math.max(heard.taken, taken);
                  if (value !== undefined) return { done: false, value };
                  if (end === 'endless') return { done: false, value: BIG };
                  if (end === 'broken') throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
                  return { done: true };
                },
                async cancel() {
                  heard.cancelled++;
                },
              }),
            },
    };
  };
  return { fetch, heard };
}

const BIG = Buffer.alloc(200_000, ' ');

type Operation = 'create' | 'create v1' | 'retrieve' | 'retrieve v1' | 'status' | 'revoke' | 'health';

const OPERATIONS: readonly Operation[] = [
  'create',
  'create v1',
  'retrieve',
  'retrieve v1',
  'status',
  'revoke',
  'health',
];

async function perform(
  operation: Operation,
  { key1, key2 }: Keys,
  options: { fetch: Fetch; timeout: number },
) {
  const link = formatLink({ server: SERVER, id: ID, key: key2 });
  switch (operation) {
    case 'create':
      return createSecret(SECRET, { ...options, server: SERVER, apiKey: API_KEY, name: 'n' });
    case 'create v1':
      return createSecret(SECRET, { ...options, server: SERVER, link: 'v1' });
    case 'retrieve':
      return retrieveSecret(link, { ...options, claim: newClaim() });
    case 'retrieve v1':
      return retrieveSecret(formatLink({ server: SERVER, id: ID, key: key1 }), options);
    case 'status':
      return secretStatus(link, options);
    case 'revoke':
      return revokeSecret(link, options);
    case 'health':
      return serverHealth({ ...options, server: SERVER });
  }
}

function checkError(error: unknown, operation: Operation, replies: readonly Hostile[]): string {
  if (error instanceof ApiError) {
    assert(error.statusCode >= 400 && error.statusCode <= 599, `status ${error.statusCode}`);
    const { retryAfter: seconds } = error;
    assert(
      seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 2_678_400),
      `${seconds}`,
    );
    const said = replies.some((one) => saysMessage(one, error.message));
    const plain = new RegExp(
      `^Request failed \\(HTTP ${error.statusCode}\\)\\. The answer is (empty|a web page|not zephr's)\\.$`,
    );
    assert(said || plain.test(error.message), error.message);
    return 'ApiError';
  }
  if (error instanceof EncryptionError) {
    assert(operation.startsWith('retrieve'), operation);
    assert.equal(error.code, 'DECRYPTION_FAILED');
    return 'EncryptionError';
  }
  assert(error instanceof NetworkError, String(error));
  assert.equal(error.host, 'zephr.example');
  assert.match(
    error.code,
    /^(INVALID_REPLY|REDIRECTED|REPLY_TOO_LARGE|CONNECTION_LOST|UNSUPPORTED_BY_SERVER|TIMEOUT)$/,
  );
  assert(!quotes(error.message, BODY_MARK), error.message);
  // Two hosts fit, of at most 259 characters each.
  assert.match(error.message, /^[\x20-\x7e]{1,600}$/);
  return error.code;
}

/** Whether `message` begins the message that stands where it should in the reply. */
function saysMessage({ body: bytes }: Hostile, message: string): boolean {
  try {
    const { error } = JSON.parse(Buffer.from(bytes).toString()) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' && error.message.startsWith(message);
  } catch {
    return false;
  }
}

/** That nothing which was sent has the key or the secret in it, and all went where it should. */
function checkRequests({ requests }: Heard, { key1, key2 }: Keys): void {
  assert(requests.length <= 6, `${requests.length} requests`);
  const urls = new Set(requests.map(({ url }) => url));
  for (const url of urls) assert(url.startsWith(`${SERVER}/api/`), url);
  for (const { init } of requests) {
    assert.equal(init.redirect, 'manual');
    const sent = JSON.stringify(init);
    for (const { bytes } of [key1, key2]) assert(!sent.includes(Buffer.from(bytes).toString('base64url')));
    assert(!sent.includes(SECRET));
    const { method, headers: own } = init;
    assert.equal(
      own.Authorization,
      method === 'POST' && own.Authorization !== undefined ? `Bearer ${API_KEY}` : undefined,
    );
  }
  // Tries of one request are the same to the byte.
  for (const method of ['GET', 'POST', 'DELETE']) {
    const tries = requests.filter(({ init }) => init.method === method);
    assert(new Set(tries.map(({ url, init }) => JSON.stringify([url, init.headers, init.body]))).size <= 1);
    assert(tries.length <= 3);
  }
}

async function meet(operation: Operation, replies: readonly Hostile[], timeout: number): Promise<string> {
  made ??= makeKeys();
  const keys = await made;
  const { fetch, heard } = hostileFetch(replies, operation === 'retrieve' ? keys.blob2 : keys.blob1);
  const result = await resultOf(() => perform(operation, keys, { fetch, timeout }));
  checkRequests(heard, keys);
  assert(heard.taken <= MAX_REPLY_BYTES + BIG.length, `${heard.taken} bytes were taken`);
  if ('error' in result) {
    const shown = result.error instanceof Error ? `${result.error.message} ${result.error.stack}` : '';
    for (const { bytes } of [keys.key1, keys.key2])
      assert(!quotes(shown, Buffer.from(bytes).toString('base64url')));
    return checkError(result.error, operation, replies);
  }
  // Whatever was believed came with 2xx; of a secret it is the very bytes.
  const answers = replies.slice(0, Math.max(1, heard.requests.length));
  assert(
    answers.some(({ status }) => status >= 200 && status <= 299),
    'believed without a 2xx',
  );
  if (operation.startsWith('retrieve'))
    assert.equal((result.value as { plaintext: string }).plaintext, SECRET);
  if (operation.startsWith('create')) assert.match(JSON.stringify(result.value), /^[\x20-\x7e]+$/);
  return 'done';
}

const decidedAtOnce = property(
  'whatever comes, an operation ends with a checked result or a documented error',
  fc.record({
    operation: fc.constantFrom(...OPERATIONS),
    replies: fc.array(reply(decided, ['whole', 'whole', 'whole', 'endless', 'none']), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  ({ operation, replies }) => {
    // Cut JSON is a lost connection, which is tried again: there is no time for that here.
    return meet(operation, replies, 3);
  },
  {
    weight: 60,
    outcomes: ['done', 'ApiError', 'EncryptionError', 'INVALID_REPLY', 'REDIRECTED', 'REPLY_TOO_LARGE'],
  },
);

const AT_ONCE = 64;

const tried = property(
  'what is tried again is tried three times in all, with the same bytes',
  fc.array(
    fc.record({
      operation: fc.constantFrom(...OPERATIONS),
      replies: fc.array(reply(fc.oneof(fc.constantFrom(502, 503, 504), decided), ['whole', 'broken']), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
    { minLength: AT_ONCE, maxLength: AT_ONCE },
  ),
  (all) => Promise.all(all.map(({ operation, replies }) => meet(operation, replies, 1_500))),
  { weight: 5, size: AT_ONCE, outcomes: ['done', 'ApiError'] },
);

export const CLIENT: Family = { name: 'client', properties: [decidedAtOnce, tried] };
