/** Requests with secrets: they arrive unchanged, where they are bound and nowhere else, and never come back. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib, { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InjectionError, PolicyError, UpstreamError } from '../../src/broker/broker-error.js';
import { reachOf } from '../../src/broker/requests/bindings.js';
import type { OutgoingRequest } from '../../src/broker/requests/injection.js';
import type { RedactedResponse } from '../../src/broker/requests/redaction.js';
import { type SecretUse, sendWithSecrets } from '../../src/broker/requests/send.js';
import { encodeUtf8 } from '../../src/core/bytes.js';
import { resolveInSystem } from '../../src/net/resolve.js';
import { Trust } from '../../src/net/trust.js';
import type { Policy } from '../../src/vault/records.js';
import { formatSlot, parseSlot } from '../../src/vault/request-slots.js';

const VALUE = 'user-Ab1:p4ss/W0rd+"x"=&%é';
const NAME = 'API_KEY';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A server on loopback, and what it was asked. */
async function upstream(
  answer: (received: Received, response: ServerResponse) => void,
): Promise<{ url: string; host: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', rawHeaders } = request;
    const one = { method, url, rawHeaders, body: Buffer.concat(chunks).toString() };
    received.push(one);
    answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, received };
}

const use = (slot: string, policy: Policy, value = VALUE): SecretUse => ({
  name: NAME,
  value: encodeUtf8(value),
  policy,
  slot: parseSlot(slot),
});

const request = (url: string, rest: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: 'GET',
  url: new URL(url),
  headers: [],
  body: null,
  ...rest,
});

function send(one: OutgoingRequest, uses: readonly SecretUse[], redirects = 0): Promise<RedactedResponse> {
  const signal = AbortSignal.timeout(20_000);
  return sendWithSecrets(one, uses, {
    resolve: resolveInSystem,
    trust: Trust.ofSystem({}),
    now: () => 0,
    redirects,
    signal,
  });
}

async function textOf(response: RedactedResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

const everything = async (response: RedactedResponse): Promise<string> => {
  const body = await textOf(response);
  const { statusText, headers } = response;
  return JSON.stringify([statusText, headers, response.trailers()]) + body;
};

/** What the upstream saw of the secret, as it understood it. */
function injected({ url, rawHeaders, body }: Received, slot: string): string | null {
  const header = (name: string) => {
    const at = rawHeaders.indexOf(name);
    return at === -1 ? null : Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString();
  };
  const [kind, name = ''] = slot.split(/:(.*)/s);
  switch (kind) {
    case 'bearer':
      return header('Authorization')?.slice('Bearer '.length) ?? null;
    case 'basic':
      return Buffer.from(header('Authorization')?.slice('Basic '.length) ?? '', 'base64').toString();
    case 'header':
      return header(name);
    case 'query':
      return new URL(url, 'http://h').searchParams.get(name);
    case 'form':
      return new URLSearchParams(body).get(name);
    default:
      return name.split('.').reduce((object, part) => object[part], JSON.parse(body));
  }
}

const zstd: unknown = 'zstdCompressSync' in zlib ? zlib.zstdCompressSync : undefined;
const compressors: Record<string, (bytes: Buffer) => Buffer> = {
  identity: (bytes) => bytes,
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  'gzip, br': (bytes) => brotliCompressSync(gzipSync(bytes)),
  ...(typeof zstd === 'function' && { zstd: (bytes: Buffer): Buffer => zstd(bytes) }),
};
const SLOTS = ['bearer', 'basic', 'header:X-aPi-Key', 'query:Key', 'body:auth.Token', 'form:Pass Word'];
const TABLE = Object.keys(compressors).flatMap((encoding) => SLOTS.map((slot) => [slot, encoding] as const));

describe('a secret in a request', () => {
  it.each(TABLE)('as %s arrives as it is, and an echo in %s does not come back', async (slot, encoding) => {
    const { url, host, received } = await upstream((one, response) => {
      const seen = injected(one, slot) ?? '';
      const echo = `<<${seen}|${encodeURIComponent(seen)}|${Buffer.from(seen).toString('base64')}|${JSON.stringify(one)}>>`;
      const bytes = compressors[encoding]?.(Buffer.from(echo)) ?? Buffer.alloc(0);
      response.statusMessage = `Saw ${Buffer.from(seen).toString('hex')}`;
      response.setHeader('X-Echo', encodeURIComponent(seen));
      response.setHeader('X-Raw', Buffer.from(seen).toString('latin1'));
      response.setHeader('Location', `/?k=${encodeURIComponent(seen)}`);
      response.setHeader('Trailer', 'X-Last');
      if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
      response.addTrailers({ 'X-Last': encodeURIComponent(seen) });
      // One byte at a time, so that it comes in as many pieces as it can.
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    const method = /^(?:body|form)/.test(slot) ? 'POST' : 'GET';
    const response = await send(request(`${url}/a?x=1`, { method }), [use(slot, { hosts: [host] })]);
    const text = await everything(response);
    expect(received.map((one) => injected(one, slot))).toEqual([VALUE]);
    expect(response.redacted()).toBe(true);
    expect(text).toContain(`<<[masked ${NAME}]|[masked ${NAME}]|[masked ${NAME}]|`);
    expect(text.match(/\[masked API_KEY\]/g)?.length).toBeGreaterThanOrEqual(8);
    for (const form of [VALUE, encodeURIComponent(VALUE), 'p4ss', Buffer.from(VALUE).toString('hex')]) {
      expect(text).not.toContain(Buffer.from(form).toString('latin1'));
    }
  });

  it('leaves names of headers in their case, asks for no encoding, and keeps repeated headers apart', async () => {
    const { url, host, received } = await upstream((_, response) => response.end());
    const headers = [
      ['x-one', 'a'],
      ['Accept-Encoding', 'gzip'],
      ['X-ONE', 'b'],
    ] as const;
    await textOf(
      await send(request(url, { headers }), [use('header:x-KEY-z', { hosts: [host] }, 'abcdefgh')]),
    );
    const { rawHeaders = [] } = received[0] ?? {};
    expect(rawHeaders).toEqual(
      expect.arrayContaining(['x-KEY-z', 'abcdefgh', 'Accept-Encoding', 'identity']),
    );
    expect(rawHeaders.filter((text) => text.toLowerCase() === 'x-one')).toHaveLength(2);
    expect(rawHeaders).not.toContain('gzip');
  });

  it('passes events on as they come', async () => {
    let more = () => undefined as unknown;
    const { url, host } = await upstream((_, response) => {
      response.setHeader('Content-Type', 'text/event-stream');
      response.write('data: first\n\n');
      more = () => response.end('data: last\n\n');
    });
    const { body } = await send(request(url), [use('bearer', { hosts: [host] }, 'abcdefgh')]);
    const events = body[Symbol.asyncIterator]();
    expect(Buffer.from((await events.next()).value ?? []).toString()).toBe('data: first\n\n');
    more();
    expect(Buffer.from((await events.next()).value ?? []).toString()).toBe('data: last\n\n');
  });

  it.each<[string, Record<string, string>, Buffer]>([
    ['an encoding that is not known', { 'Content-Encoding': 'x-rot13' }, Buffer.from(VALUE)],
    ['a body that is not of its encoding', { 'Content-Encoding': 'gzip' }, Buffer.from(VALUE)],
    [
      'a charset of other bytes',
      { 'Content-Type': 'text/plain; charset=UTF-16LE' },
      Buffer.from(VALUE, 'utf16le'),
    ],
  ])('withholds %s', async (_, headers, body) => {
    const { url, host } = await upstream((_received, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(body);
    });
    const sent = send(request(url), [use('query:k', { hosts: [host] })]).then(textOf);
    await expect(sent).rejects.toMatchObject({ code: 'RESPONSE_WITHHELD' });
  });

  it('says when a response broke off', async () => {
    const { url, host } = await upstream((_, response) => {
      response.setHeader('Content-Length', '100');
      response.write('abc');
      setImmediate(() => response.destroy());
    });
    const sent = send(request(url), [use('query:k', { hosts: [host] })]).then(textOf);
    await expect(sent).rejects.toThrow(UpstreamError);
  });
});

describe('a binding', () => {
  const bound = (hosts: string[], rest: Policy = {}): Policy => ({ hosts, ...rest });
  it.each<[string, Policy, string, string, string, string]>([
    ['none', {}, 'GET', 'https://a.example/', 'bearer', 'NOT_BOUND'],
    ['another host', bound(['b.example']), 'GET', 'https://a.example/', 'bearer', 'HOST_NOT_BOUND'],
    ['a host below it', bound(['example']), 'GET', 'https://a.example/', 'bearer', 'HOST_NOT_BOUND'],
    [
      'a host that it begins',
      bound(['a.example']),
      'GET',
      'https://a.example.org/',
      'bearer',
      'HOST_NOT_BOUND',
    ],
    ['another port', bound(['a.example']), 'GET', 'https://a.example:8443/', 'bearer', 'HOST_NOT_BOUND'],
    ['no port', bound(['a.example:8443']), 'GET', 'https://a.example/', 'bearer', 'HOST_NOT_BOUND'],
    ['another path', bound(['a.example/v1/*']), 'GET', 'https://a.example/v2/', 'bearer', 'PATH_NOT_BOUND'],
    [
      'a path that leaves',
      bound(['a.example/v1/*']),
      'GET',
      'https://a.example/v1/../v2',
      'bearer',
      'PATH_NOT_BOUND',
    ],
    [
      'a path that leaves, coded',
      bound(['a.example/v1/*']),
      'GET',
      'https://a.example/v1/%2e%2e/v2',
      'bearer',
      'PATH_NOT_BOUND',
    ],
    [
      'a path that may leave',
      bound(['a.example/v1/*']),
      'GET',
      'https://a.example/v1/..%2fv2',
      'bearer',
      'PATH_NOT_BOUND',
    ],
    [
      'a path that goes on',
      bound(['a.example/v1']),
      'GET',
      'https://a.example/v1/x',
      'bearer',
      'PATH_NOT_BOUND',
    ],
    [
      'another method',
      bound(['a.example'], { methods: ['GET'] }),
      'POST',
      'https://a.example/',
      'bearer',
      'METHOD_NOT_ALLOWED',
    ],
    [
      'another slot',
      bound(['a.example'], { as: 'header:X-Key' }),
      'GET',
      'https://a.example/',
      'bearer',
      'SLOT_NOT_ALLOWED',
    ],
    [
      'another header',
      bound(['a.example'], { as: 'header:X-Key' }),
      'GET',
      'https://a.example/',
      'header:X-Keys',
      'SLOT_NOT_ALLOWED',
    ],
    ['plain http', bound(['a.example:80']), 'GET', 'http://a.example/', 'bearer', 'NOT_HTTPS'],
    ['another scheme', bound(['a.example']), 'GET', 'ftp://a.example/', 'bearer', 'NOT_HTTPS'],
  ])('to %s is refused, with what would allow it', async (_, policy, method, url, slot, code) => {
    const refused = await send(request(url, { method }), [use(slot, policy)]).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(PolicyError);
    expect(refused).toMatchObject({ code });
    const { change } = refused as PolicyError;
    if (code === 'NOT_HTTPS') expect(change).toBeNull();
    else expect(change).toMatch(/^zephr vault bind API_KEY --/);
  });

  it('that has expired is refused', async () => {
    const expired = { ...use('bearer', bound(['a.example'])), expiresAt: 0 };
    await expect(send(request('https://a.example/'), [expired])).rejects.toMatchObject({
      code: 'SECRET_PAST_EXPIRY',
    });
  });

  it.each<[string, readonly string[]]>([
    ['a name that resolves to this machine', ['127.0.0.1']],
    ['a name with one private address', ['93.184.215.14', '10.0.0.1']],
    ['a name for the credentials of an instance', ['169.254.169.254']],
    ['a name with a mapped address', ['::ffff:10.0.0.1']],
    ['a name with a NAT64 address', ['64:ff9b::a00:1']],
  ])('to %s goes nowhere', async (_, addresses) => {
    const resolve = async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const sent = sendWithSecrets(request('https://a.example/'), [use('bearer', bound(['a.example']))], {
      resolve,
      trust: Trust.ofSystem({}),
      now: () => 0,
      redirects: 0,
      signal: AbortSignal.timeout(5_000),
    });
    await expect(sent).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED' });
  });
});

it('a response in which a secret was found says so to its end, whatever follows', async () => {
  const { url, host } = await upstream((one, response) => {
    response.write(injected(one, 'bearer') ?? '');
    setImmediate(() => response.end(' and then something else'));
  });
  const response = await send(request(url), [use('bearer', { hosts: [host] })]);
  expect(await textOf(response)).toBe(`[masked ${NAME}] and then something else`);
  expect(response.redacted()).toBe(true);
});

describe('a name for local networks that a secret is bound to', () => {
  const reach = (host: string) => reachOf(new URL(`http://${host}/`), [{ hosts: [host] }]);

  it.each(['169.254.169.254', '127.0.0.1', '0.0.0.0', '::1', 'fe80::1'])('does not lead to %s', (address) => {
    expect(reach('vault.internal').allowsAddress(address)).toBe(false);
  });

  it.each(['10.0.0.7', '192.168.1.1', '93.184.215.14'])('leads to %s', (address) => {
    expect(reach('vault.internal').allowsAddress(address)).toBe(true);
  });

  it('opens none of them to other names', () => {
    const { allowsHost } = reach('vault.internal');
    expect(['vault.internal', 'other.internal', 'localhost'].map((host) => allowsHost(host))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a redirect', () => {
  it('is a response like any other where none is followed', async () => {
    const { url, host, received } = await upstream((_, response) =>
      response.writeHead(302, { Location: '/x' }).end(),
    );
    const { status } = await send(request(url), [use('bearer', { hosts: [host] })]);
    expect(status).toBe(302);
    expect(received).toHaveLength(1);
  });

  it('carries the secret to where it is bound, and not beyond its path', async () => {
    const { url, host, received } = await upstream(({ url: path }, response) => {
      if (path === '/a/1') response.writeHead(307, { Location: '/a/2' }).end();
      else if (path === '/a/2') response.writeHead(307, { Location: '/b' }).end();
      else response.end();
    });
    const sent = request(`${url}/a/1`, {
      method: 'POST',
      body: encodeUtf8('{"x":1}'),
      headers: [['Content-Type', 'application/json']],
    });
    await textOf(await send(sent, [use('body:k', { hosts: [`${host}/a/*`] })], 5));
    expect(received.map(({ url: path, body }) => [path, body.includes('p4ss')])).toEqual([
      ['/a/1', true],
      ['/a/2', true],
      ['/b', false],
    ]);
  });

  it.each<[string, string]>([
    ['another host', 'http://localhost'],
    ['https where it is bound to http', 'https://127.0.0.1'],
  ])('to %s does not carry it, and reaches no private host', async (_, target) => {
    const { url, host, received } = await upstream((_received, response) => {
      response.writeHead(302, { Location: `${target}/` }).end();
    });
    const sent = send(request(url), [use('bearer', { hosts: [host] })], 5);
    await expect(sent).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    expect(received).toHaveLength(1);
  });

  it('ends at some time', async () => {
    const { url, host } = await upstream((_, response) => response.writeHead(302, { Location: '/' }).end());
    const sent = send(request(url), [use('bearer', { hosts: [host] })], 3);
    await expect(sent).rejects.toMatchObject({ code: 'TOO_MANY_REDIRECTS' });
  });
});

describe('a request that could be read in two ways', () => {
  const policy: Policy = { hosts: ['a.example'] };
  const url = 'https://a.example/?k=1';
  it.each<[string, Partial<OutgoingRequest>, string, string?]>([
    ['a header twice', { headers: [['authorization', 'x']] }, 'bearer'],
    ['a parameter twice', {}, 'query:k'],
    [
      'a field twice',
      {
        method: 'POST',
        body: encodeUtf8('k=1'),
        headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      },
      'form:k',
    ],
    ['a form in JSON', { method: 'POST', headers: [['Content-Type', 'application/json']] }, 'form:k'],
    ['a member of a list', { method: 'POST', body: encodeUtf8('[]') }, 'body:k'],
    ['a member of a text', { method: 'POST', body: encodeUtf8('{"a":"b"}') }, 'body:a.k'],
    ['a member of what is no JSON', { method: 'POST', body: encodeUtf8('{') }, 'body:k'],
    ['a Host of its own', { headers: [['host', 'b.example']] }, 'bearer'],
    ['a length of its own', { headers: [['Content-Length', '3']] }, 'bearer'],
    ['chunks of its own', { headers: [['Transfer-Encoding', 'chunked']] }, 'bearer'],
    ['a header of the connection', { headers: [['Connection', 'x-key']] }, 'bearer'],
    ['a part of the response', { headers: [['Range', 'bytes=0-3']] }, 'bearer'],
    ['a line end in a header', { headers: [['X-A', 'b\r\nHost: c']] }, 'bearer'],
    ['a header without a name', { headers: [['', 'b']] }, 'bearer'],
    ['TRACE', { method: 'TRACE' }, 'bearer'],
    ['CONNECT', { method: 'CONNECT' }, 'bearer'],
    ['a user in the URL', { url: new URL('https://u:p@a.example/') }, 'bearer'],
    ['a secret for the Host', {}, 'header:Host'],
    ['a secret with a line end', {}, 'bearer', 'abc\r\nX-B: c'],
    ['a secret with a space at its end', {}, 'bearer', 'abcdefgh '],
    ['basic without a colon', {}, 'basic', 'abcdefgh'],
  ])('is refused: %s', async (_, rest, slot, value = VALUE) => {
    const refused = await send(request(url, rest), [use(slot, policy, value)]).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(InjectionError);
    expect(String(refused)).not.toContain('abc');
    expect(String(refused)).not.toContain('p4ss');
  });
});

it.each(['bearer', 'basic', 'header:X-Key', 'query:a b', 'body:a.b.c', 'form:k'])('the slot %s', (text) => {
  expect(formatSlot(parseSlot(text))).toBe(text);
});

it.each(['', 'Bearer', 'header:', 'header:a b', 'query:\n', 'body:a..b', 'body:__proto__.a', 'cookie:a'])(
  '%j is no slot',
  (text) => {
    expect(() => parseSlot(text)).toThrow('a place is bearer');
  },
);
