/** What agents and programs send to the broker: lines of MCP, requests to the proxy, and where secrets go in them. */

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { InjectionError, PolicyError } from '../../src/broker/broker-error.js';
import { linesOf } from '../../src/broker/mcp/lines.js';
import { formatMessage, readLine } from '../../src/broker/mcp/messages.js';
import { refusalOf, withoutToken } from '../../src/broker/proxy/admission.js';
import { targetOf } from '../../src/broker/proxy/incoming.js';
import { checkBinding } from '../../src/broker/requests/bindings.js';
import { setMember } from '../../src/broker/requests/json-text.js';
import { makePlaceholder, slotsOf } from '../../src/broker/requests/placeholders.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { mutatedObject, oddLine, oddValue, PROTOTYPE_NAMES } from './odd.js';

const MOST = 40;

const pieces = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc
      .constantFrom('\n', '\r\n', 'x'.repeat(MOST), '{}\n{}')
      .map((text) => Uint8Array.from(Buffer.from(text))),
  ),
  { maxLength: 12 },
);

const lines = property(
  'lines are the same however they are cut, and one that is too long is left out alone',
  pieces,
  async (chunks) => {
    const whole = Buffer.concat(chunks);
    const read: (string | null)[] = [];
    const stream = async function* () {
      const shared = new Uint8Array(64);
      for (const chunk of chunks) {
        // Who reads a pipe uses its buffer again.
        shared.set(chunk);
        yield shared.subarray(0, chunk.length);
        shared.fill(0x0a);
      }
    };
    for await (const line of linesOf(stream(), MOST)) {
      read.push(line === null ? null : Buffer.from(line).toString('latin1'));
    }
    const expected = whole.toString('latin1').split('\n');
    if (expected.at(-1) === '') expected.pop();
    assert.deepEqual(
      read,
      expected.map((line) => (line.length > MOST ? null : line)),
    );
    return read.includes(null) ? 'too long' : 'read';
  },
  { outcomes: ['read', 'too long'] },
);

const message = fc.record({
  jsonrpc: fc.constant('2.0'),
  id: fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null)),
  method: fc.constantFrom('initialize', 'tools/call', 'tools/list', 'ping'),
  params: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), oddValue),
});
const answer = fc.record({ jsonrpc: fc.constant('2.0'), id: fc.integer(), result: fc.jsonValue() });
const text = fc.oneof(
  answer.map((one) => JSON.stringify(one)),
  { weight: 6, arbitrary: mutatedObject(message).map((one) => JSON.stringify(one)) },
  fc.array(mutatedObject(message), { maxLength: 3 }).map((many) => JSON.stringify(many)),
  fc.json(),
  oddLine,
);

const messages = property(
  'a line is messages or an error that repeats nothing of it, and every answer is one line',
  fc.oneof(
    { weight: 5, arbitrary: text.map((one) => Uint8Array.from(Buffer.from(one))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  ),
  (line) => {
    const { messages: read, isBatch } = readLine(line);
    assert(read.length > 0 && (isBatch || read.length === 1));
    for (const one of read) {
      if (one.kind === 'request') {
        assert(typeof one.request.id === 'string' || Number.isSafeInteger(one.request.id));
        assert.equal(typeof one.request.method, 'string');
      }
      if (one.kind !== 'invalid') continue;
      const said = formatMessage({ id: one.id, error: one.error });
      assert(!said.includes('\n') && JSON.parse(said).jsonrpc === '2.0');
      assert(
        !quotes(
          one.error.message,
          Buffer.from(line)
            .toString('latin1')
            .replace(/jsonrpc|method|params/g, ''),
        ),
      );
    }
    return read.map(({ kind }) => kind);
  },
  { outcomes: ['request', 'notification', 'other', 'invalid'] },
);

const path = fc.oneof(
  fc.webPath(),
  oddLine,
  fc
    .array(
      fc.constantFrom('/', '//', '..', '.', '%2e', '%2F', '\\', ';', '@', ':', '?', '#', 'a', 'v1', '%00'),
      {
        maxLength: 8,
      },
    )
    .map((parts) => `/${parts.join('')}`),
);

const targets = property(
  'a request goes to the origin that was checked, whatever its target is',
  fc.record({ target: path, origin: fc.constantFrom('https://api.example.com', 'http://127.0.0.1:8080') }),
  async ({ target, origin }) => {
    const result = await resultOf(() => targetOf(origin, target));
    if ('error' in result) {
      assert(result.error instanceof InjectionError);
      return 'refused';
    }
    const { value: url } = result;
    assert.equal(url.origin, origin);
    assert.equal(url.username + url.password + url.hash, '');
    return 'sent';
  },
  { outcomes: ['sent', 'refused'] },
);

const bindings = property(
  'a secret goes to the host, port, path and method of its binding, and nowhere else',
  fc.record({
    target: path,
    origin: fc.constantFrom(
      'https://api.example.com',
      'https://api.example.com:8443',
      'https://api.example.com.',
      'https://evil.example.com',
      'http://api.example.com',
      'http://127.0.0.1',
    ),
    host: fc.constantFrom(
      'api.example.com',
      'api.example.com:8443',
      'api.example.com/v1/*',
      '127.0.0.1/v1/a',
    ),
    method: fc.constantFrom('GET', 'POST', 'get'),
  }),
  async ({ target, origin, host, method }) => {
    if (!URL.canParse(origin + target) || !target.startsWith('/')) return 'no URL';
    const url = new URL(origin + target);
    const policy = { hosts: [host], methods: ['GET'], as: 'bearer' };
    const result = await resultOf(() =>
      checkBinding('API_KEY', policy, { url, method, slot: { kind: 'bearer' } }),
    );
    if ('error' in result) {
      assert(result.error instanceof PolicyError, String(result.error));
      return result.error.code;
    }
    const [, name = '', port = url.protocol === 'https:' ? '443' : '80', bound] =
      /^([^:/]+)(?::([0-9]+))?(\/.*)?$/.exec(host) ?? [];
    assert.equal(url.hostname.replace(/\.$/, ''), name);
    assert.equal(url.port || (url.protocol === 'https:' ? '443' : '80'), port);
    assert(url.protocol === 'https:' || url.hostname === '127.0.0.1');
    assert.equal(method, 'GET');
    if (bound !== undefined) {
      const start = bound.replace(/\*$/, '');
      assert(bound.endsWith('*') ? url.pathname.startsWith(start) : url.pathname === bound);
      // What another reader of the path makes of it is still below.
      const decoded = decodeURIComponent(url.pathname).replaceAll('\\', '/');
      assert(new URL(decoded, origin).pathname.startsWith(start), url.pathname);
    }
    return 'allowed';
  },
  { outcomes: ['allowed', 'HOST_NOT_BOUND', 'PATH_NOT_BOUND', 'METHOD_NOT_ALLOWED', 'NOT_HTTPS'] },
);

const TOKEN = 'T'.repeat(43);

const admissions = property(
  'nobody is answered without the token, and no web page with it; and the token is passed on to nobody',
  fc.record({
    use: fc.constantFrom('proxy', 'server'),
    host: fc.constantFrom(
      '127.0.0.1:9',
      'localhost:9',
      'LOCALHOST:9',
      'evil.example.com:9',
      '127.0.0.1',
      undefined,
    ),
    carrier: fc.constantFrom('x-zephr-token', 'proxy-authorization', 'authorization', 'x-api-key', 'cookie'),
    shown: fc.oneof(
      fc.constantFrom(
        TOKEN,
        `Bearer ${TOKEN}`,
        `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`,
        `Basic ${Buffer.from(`${TOKEN}:x`).toString('base64')}`,
        `${TOKEN}x`,
        TOKEN.slice(1),
        `${TOKEN}, ${TOKEN}`,
        '',
      ),
      oddLine,
    ),
    page: fc.constantFrom('origin', 'sec-fetch-site', null),
  }),
  ({ use, host, carrier, shown, page }) => {
    const headers = { host, [carrier]: shown, ...(page === null ? {} : { [page]: 'null' }) };
    const fake = { headers, socket: {} } as unknown as IncomingMessage;
    const refusal = refusalOf(fake, use as 'proxy' | 'server', { token: TOKEN, port: 9 });
    const passed = withoutToken([[carrier, shown]], TOKEN);
    if (refusal !== null) return `refused with ${refusal.status}`;
    assert.equal(page, null);
    assert.notEqual(carrier, 'cookie');
    assert(use === 'proxy' || /^(localhost|127\.0\.0\.1):9$/i.test(host ?? ''));
    const decoded = shown.replace(/^Basic (.*)$/, (_, pair: string) =>
      Buffer.from(pair, 'base64').toString(),
    );
    assert(decoded.includes(TOKEN));
    assert.deepEqual(passed, []);
    return 'answered';
  },
  { outcomes: ['answered', 'refused with 401', 'refused with 403', 'refused with 407'] },
);

const memberName = fc.oneof(
  fc.constantFrom('a', 'b', 'toString'),
  fc.string({ minLength: 1, maxLength: 4 }),
  fc.constantFrom(...PROTOTYPE_NAMES),
);

const member = property(
  'a member of a JSON body is set where it belongs, and all else stays',
  fc.record({
    body: fc.dictionary(memberName, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
    spaces: fc.constantFrom(undefined, 2, '\t'),
    name: memberName,
    inside: fc.option(fc.string({ minLength: 1, maxLength: 4 }), { nil: undefined }),
    secret: fc.string({ unit: 'binary', maxLength: 20 }),
  }),
  async ({ body, spaces, name, inside, secret }) => {
    const before = JSON.stringify(body, null, spaces);
    const path = inside === undefined ? [name] : [name, inside];
    const result = await resultOf(() => setMember(before, path, secret));
    if ('error' in result) {
      assert(result.error instanceof InjectionError, String(result.error));
      return 'refused';
    }
    const after: unknown = JSON.parse(result.value);
    const own = new Map(Object.entries(after as object));
    const found: unknown = own.get(name);
    assert.equal(
      inside === undefined ? found : new Map(Object.entries(Object(found) as object)).get(inside),
      secret,
    );
    for (const [other, kept] of Object.entries(JSON.parse(before) as object)) {
      if (other !== name) assert.deepEqual(own.get(other), kept);
    }
    return 'set';
  },
  { outcomes: ['set', 'refused'] },
);

const placeholders = property(
  'a placeholder tells little of its secret, and is found where it stands',
  fc.record({
    secret: fc.oneof(
      fc.stringMatching(/^[a-z]{2,6}_[A-Za-z0-9]{16,40}$/),
      fc.stringMatching(/^[0-9a-f]{20,40}$/),
      fc
        .tuple(fc.stringMatching(/^[a-z]{8,16}$/), fc.stringMatching(/^[a-z]{18,24}$/))
        .map((pair) => pair.join(':')),
      fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }),
    ),
    place: fc.constantFrom('bearer', 'header', 'query', 'path'),
  }),
  async ({ secret, place }) => {
    const value = Buffer.from(secret);
    const placeholder = makePlaceholder(value);
    assert.notEqual(placeholder, secret);
    assert.match(placeholder, /^[!-~]{16,}$/);
    const url = new URL('https://api.example.com/');
    if (place === 'query') url.searchParams.set('key', placeholder);
    if (place === 'path') url.pathname = `/${placeholder}`;
    const headers =
      place === 'bearer'
        ? [['Authorization', `Bearer ${placeholder}`] as const]
        : place === 'header'
          ? [['X-Key', placeholder] as const]
          : [];
    const result = await resultOf(() => slotsOf(placeholder, { method: 'GET', url, headers, body: null }));
    if (place === 'path') {
      assert('error' in result && result.error instanceof InjectionError);
      return 'refused in a path';
    }
    assert('value' in result);
    assert.deepEqual(
      result.value.map(({ kind }) => kind),
      [place],
    );
    return place;
  },
  { outcomes: ['bearer', 'header', 'query', 'refused in a path'] },
);

export const BROKERED: Family = {
  name: 'brokered',
  properties: [lines, messages, targets, bindings, admissions, member, placeholders],
};
