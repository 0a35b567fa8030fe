/** Requests that no client should send, by the thousand: every one of them is to be refused. */

import fc from 'fast-check';
import { ODD_NUMBERS, PROTOTYPE_NAMES } from './odd.js';

/** A request as a function from Request to Response can get it. */
export interface MalformedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const VALID = { encrypted_blob: 'Y2lwaGVydGV4dA', expiry: 60, split_url_mode: false };
const VALID_TEXT = JSON.stringify(VALID);

const ODD_METHODS = ['PUT', 'PATCH', 'PROPFIND', 'MKCOL', 'SEARCH', 'LINK', 'PURGE', 'M-SEARCH'];

const utf8 = (text: string) => new Uint8Array(new TextEncoder().encode(text));
const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => new Uint8Array(bytes));

/** JSON but for one type. */
function jsonBut(...types: readonly string[]): fc.Arbitrary<unknown> {
  return fc.jsonValue({ maxDepth: 3 }).filter((value) => value !== null && !types.includes(typeof value));
}

const notBase64url = fc.string({ minLength: 1 }).filter((text) => !/^[A-Za-z0-9_-]+$/.test(text));
const notExpiry = fc.oneof(
  jsonBut('number'),
  fc.double().filter((value) => !(Number.isInteger(value) && value >= 1 && value <= 43_200)),
  fc.constantFrom(0, -1, 43_201, 2 ** 31, 2 ** 53, Number.MAX_VALUE),
);
const notHint = fc.oneof(
  jsonBut('string'),
  fc.constantFrom('', 'x'.repeat(129), 'line\n', '\u0000', '\u2028', '\u202e', '\ud800'),
);

/** One field that makes a valid create invalid. */
const wrongField: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({
    encrypted_blob: fc.oneof(jsonBut('string'), notBase64url, fc.constantFrom('', 'AAAAA', null)),
  }),
  fc.record({ expiry: notExpiry }),
  fc.record({ split_url_mode: fc.oneof(jsonBut('boolean'), fc.constant(null)) }),
  fc.record({ hint: notHint }),
  fc.record({ version: fc.jsonValue().filter((value) => value !== null && value !== 1) }),
  fc.record({ version: fc.constant(2), proof_hash: fc.oneof(jsonBut('string'), notBase64url) }),
  fc.record({ proof_hash: jsonBut() }),
  fc.record({ views: jsonBut() }),
  fc.record({ callback_url: jsonBut() }),
  fc.record({ callback_url: fc.webUrl(), callback_secret: jsonBut('string') }),
  fc.record({
    callback_url: fc.constantFrom('https://10.0.0.1/', 'https://[::1]/'),
    callback_secret: fc.string(),
  }),
  fc.record({ callback_secret: jsonBut() }),
);

/** Text that is no create, whether or not it is JSON. */
const malformedText: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  fc.string(),
  wrongField.map((field) => JSON.stringify({ ...VALID, ...field })),
  fc.constantFrom(...Object.keys(VALID)).map((name) => JSON.stringify({ ...VALID, [name]: undefined })),
  // Of two fields with one name the last one holds.
  wrongField.map((field) => `${VALID_TEXT.slice(0, -1)},${JSON.stringify(field).slice(1)}`),
  fc.constantFrom(...ODD_NUMBERS).map((number) => `${VALID_TEXT.slice(0, -1)},"expiry":${number}}`),
  fc.constantFrom(...PROTOTYPE_NAMES).map((name) => `{"${name}":${VALID_TEXT}}`),
  fc
    .tuple(fc.constantFrom(...PROTOTYPE_NAMES), fc.jsonValue())
    .map(([name, value]) => `{"${name}":${JSON.stringify(value)},"expiry":60}`),
  fc.nat({ max: VALID_TEXT.length - 1 }).map((length) => VALID_TEXT.slice(0, length)),
  fc
    .tuple(fc.constantFrom('[', '{"a":', '[{"a":'), fc.nat({ max: 20_000 }))
    .map(([open, depth]) => open.repeat(depth)),
  fc.nat({ max: 20_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 2, max: 5 }).map((count) => VALID_TEXT.repeat(count)),
);

/** Bytes that are no UTF-8: one that occurs in none, somewhere in a valid create. */
const brokenUtf8 = fc
  .tuple(fc.nat({ max: VALID_TEXT.length }), fc.constantFrom(0xc0, 0xc1, 0xf5, 0xff, 0xfe))
  .map(
    ([at, byte]) => new Uint8Array([...utf8(VALID_TEXT.slice(0, at)), byte, ...utf8(VALID_TEXT.slice(at))]),
  );

const utf16 = fc.constant(new Uint8Array(Buffer.from(VALID_TEXT, 'utf16le')));

/** Bodies that are no create. */
const malformedBody: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  { weight: 8, arbitrary: malformedText.map(utf8) },
  { weight: 1, arbitrary: brokenUtf8 },
  { weight: 1, arbitrary: utf16 },
  { weight: 1, arbitrary: anyBytes(300) },
);

/** Of what a header may hold, anything but what `pattern` allows. */
function headerBut(pattern: RegExp): fc.Arbitrary<string> {
  const printable = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 100,
  });
  return fc
    .oneof(printable, fc.constantFrom(...PROTOTYPE_NAMES, '\xff\xfe', 'a, b'))
    .filter((text) => !pattern.test(text));
}

const wrongHeader: fc.Arbitrary<Record<string, string>> = fc.oneof(
  headerBut(/^[A-Za-z0-9-]{1,64}$/).map((value) => ({ ...JSON_TYPE, 'idempotency-key': value })),
  headerBut(/^Bearer zeph_[A-Za-z0-9]{40}$/).map((value) => ({ ...JSON_TYPE, authorization: value })),
  headerBut(/^application\/json\s*(;|$)/i).map((value) => ({ 'content-type': value })),
  fc.constant({}),
);

/** The end of a path that leads to no secret. */
const noSecret = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => encodeURIComponent(text)),
  fc.constantFrom(
    ...PROTOTYPE_NAMES,
    '%',
    '%2',
    '%zz',
    '%00',
    '%ff%fe',
    '..%2f..',
    '%2e%2e',
    '%F0%9F',
    'x'.repeat(3_000),
  ),
  fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
);

/** A call that is refused, whatever the server holds. */
export const malformedCall: fc.Arbitrary<MalformedCall> = fc.oneof(
  {
    weight: 6,
    arbitrary: malformedBody.map((body) => ({
      method: 'POST',
      path: '/api/secrets',
      headers: JSON_TYPE,
      body,
    })),
  },
  {
    weight: 2,
    arbitrary: wrongHeader.map((headers) => ({
      method: 'POST',
      path: '/api/secrets',
      headers,
      body: utf8(VALID_TEXT),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      method: fc.constantFrom('GET', 'DELETE', 'HEAD', ...ODD_METHODS),
      path: fc
        .tuple(noSecret, fc.constantFrom('', '/status', '/x', '/'))
        .map(([id, rest]) => `/api/secrets/${id}${rest}`),
      headers: fc.oneof(
        fc.constant({}),
        headerBut(/^[A-Za-z0-9_-]{22,64}$/).map((value) => ({ 'zephr-claim': value })),
        headerBut(/^[A-Za-z0-9_-]{43}$/).map((value) => ({ 'zephr-proof': value })),
      ),
      body: fc.constant(undefined),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constantFrom(...ODD_METHODS),
      path: fc.constantFrom('/api/secrets', '/api/health', '/secret/x', '/', '/nothing'),
      headers: fc.constant({}),
      body: fc.option(anyBytes(50), { nil: undefined }),
    }),
  },
);

/** What goes down a socket: a call whose framing is right, or something that is wrong on the way. */
export const malformedBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: malformedCall.map((call) => wire(call)) },
  { weight: 2, arbitrary: lyingLength() },
  { weight: 2, arbitrary: chunked() },
  { weight: 2, arbitrary: headerAbuse() },
  { weight: 1, arbitrary: oddTarget() },
  { weight: 1, arbitrary: anyBytes(400) },
);

const HEAD = 'POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nContent-Type: application/json\r\n';

function wire({ method, path, headers, body }: MalformedCall): Uint8Array {
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const lines = Object.entries({ host: 'zephr', ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([
    latin1(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`),
    body ?? new Uint8Array(),
  ]);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A body that is shorter or longer than announced, or announced in a way that means nothing. */
function lyingLength(): fc.Arbitrary<Uint8Array> {
  const length = fc.oneof(
    fc.integer({ min: VALID_TEXT.length + 1, max: 5_000_000 }).map(String),
    fc.integer({ min: 0, max: VALID_TEXT.length - 1 }).map(String),
    fc.constantFrom(
      '-1',
      '+5',
      '0x10',
      '1e3',
      'NaN',
      '',
      ' ',
      '9'.repeat(30),
      '5, 5',
      '5\r\nContent-Length: 6',
    ),
    fc.constant('5\r\nTransfer-Encoding: chunked'),
  );
  return length.map((text) => latin1(`${HEAD}Content-Length: ${text}\r\n\r\n${VALID_TEXT}`));
}

/** Chunks that lie about their size, never end, or hold what is no create. */
function chunked(): fc.Arbitrary<Uint8Array> {
  const chunk = (bytes: Uint8Array) =>
    Buffer.concat([latin1(`${bytes.length.toString(16)}\r\n`), bytes, latin1('\r\n')]);
  const encoding = fc.constantFrom(
    'chunked',
    'Chunked',
    'gzip, chunked',
    'chunked, chunked',
    'identity',
    '\x0bchunked',
  );
  const sizes = fc.constantFrom('-1', 'g', '', '0x5', 'f'.repeat(20), '5;x', '7fffffff', '1\r\n\r\n');
  const rest = fc.oneof(
    malformedBody
      .filter((body) => body.length > 0)
      .map((body) => Buffer.concat([chunk(body), latin1('0\r\n\r\n')])),
    sizes.map((size) => latin1(`${size}\r\n${VALID_TEXT}\r\n0\r\n\r\n`)),
    fc.constant(Buffer.concat([chunk(utf8(VALID_TEXT))])),
    fc.constant(Buffer.concat([chunk(utf8(VALID_TEXT.slice(0, 20))), latin1('0\r\nX: y\r\n\r\n')])),
  );
  return fc
    .tuple(encoding, rest)
    .map(([how, body]) => Buffer.concat([latin1(`${HEAD}Transfer-Encoding: ${how}\r\n\r\n`), body]));
}

/** Headers that are too long, too many, doubled, folded, or no headers; the secret asked for is none. */
function headerAbuse(): fc.Arbitrary<Uint8Array> {
  const name = fc.oneof(
    fc.constantFrom(
      ...PROTOTYPE_NAMES,
      'Host',
      'Content-Length',
      'Connection',
      'Upgrade',
      'Expect',
      'Authorization',
      'Zephr-Proof',
      'Zephr-Claim',
      'X-Forwarded-For',
      'Cookie',
      '',
    ),
    fc.string({ maxLength: 10 }),
  );
  const value = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(
      'x'.repeat(20_000),
      '\x00',
      'a\r\n b',
      '100-continue',
      'websocket',
      'h2c',
      'close',
      '%s%n',
      ','.repeat(1_000),
      '\xff',
    ),
  );
  const some = fc.array(
    fc.tuple(name, value).map((parts) => `${parts.join(': ')}\r\n`),
    { maxLength: 8 },
  );
  const many = fc
    .integer({ min: 1_000, max: 4_000 })
    .map((count) => Array.from({ length: count }, (_, index) => `x${index}: y\r\n`));
  return fc
    .tuple(fc.oneof({ weight: 9, arbitrary: some }, { weight: 1, arbitrary: many }), fc.boolean())
    .map(([lines, host]) =>
      latin1(
        `GET /api/secrets/AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\n${host ? 'Host: zephr\r\n' : ''}${lines.join('')}\r\n`,
      ),
    );
}

/** First lines that name nothing, or nothing in a way a server should follow. */
function oddTarget(): fc.Arbitrary<Uint8Array> {
  const method = fc.constantFrom(
    'GET',
    'get',
    'POST',
    'CONNECT',
    'TRACE',
    'PRI',
    'G\x00T',
    'x'.repeat(5_000),
    ...ODD_METHODS,
  );
  const target = fc.constantFrom(
    '*',
    '//',
    '/\\',
    '//zephr/api/x',
    '/api/secrets/../x',
    'http://',
    'http://[::1',
    'http://a<b/x',
    'https://other.example/api/x',
    'zephr:80',
    '/%',
    '/api/%c0%ae',
    '/\xff',
    '/#x',
    '/?'.padEnd(30_000, 'x'),
    '',
  );
  const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'FTP/1.1', '');
  const host = fc.constantFrom('zephr', '', 'a b', 'a<b', '[::1', 'x'.repeat(300), 'zephr:99999', '\xff');
  return fc
    .tuple(method, target, version, host)
    .map(([verb, path, protocol, name]) => latin1(`${verb} ${path} ${protocol}\r\nHost: ${name}\r\n\r\n`));
}
