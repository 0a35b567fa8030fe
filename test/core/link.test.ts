import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../src/core/base64url.js';
import { generateKey } from '../../src/core/key.js';
import {
  formatAddress,
  formatLink,
  isLoopbackHost,
  isSecretId,
  looksLikeLink,
  parseAddress,
  parseLink,
  parseServer,
} from '../../src/core/link.js';

const id = 'Ab3_-567890123456789_-';
const key = 'v2.WTj-u3ZI7osMopS7gYpj-4Qxm4i8P5K7Iy1g7loBGPo';
const url = `https://zephr.example/secret/${id}`;

const anyLink = fc.record({
  server: fc.constantFrom(
    'https://zephr.example',
    'https://zephr.example:8443',
    'https://host/zephr',
    'https://host/a/secret/b',
    'http://localhost:8787',
    'http://127.0.0.1:1',
    'http://[::1]:8787/prefix',
  ),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeBase64url),
  key: fc
    .constantFrom(
      () => generateKey(1),
      () => generateKey(2),
      () => generateKey(2, true),
    )
    .map((make) => make()),
});

function code(expected: string): unknown {
  return expect.objectContaining({ name: 'ValidationError', code: expected });
}

describe('a link', () => {
  it('reads as it was written', () => {
    fc.assert(
      fc.property(anyLink, (link) => {
        expect(parseLink(formatLink(link))).toEqual(link);
      }),
    );
  });

  it('may have %23 for #, as mail gateways write it', () => {
    fc.assert(
      fc.property(anyLink, (link) => {
        expect(parseLink(formatLink(link).replace('#', '%23'))).toEqual(link);
      }),
    );
  });

  it('has one spelling of its server', () => {
    const read = parseLink(`HTTPS://Zephr.Example:443/x/../prefix/secret/${id}#${key}`);
    expect(read.server).toBe('https://zephr.example/prefix');
  });

  it('may have a query, which trackers add, and which is left out', () => {
    expect(parseLink(`${url}?utm=1&x=/secret/#${key}`)).toEqual(parseLink(`${url}#${key}`));
    expect(parseAddress(`${url}?utm=1`)).toEqual(parseAddress(url));
  });

  it.each([
    ['no key', url, 'MISSING_KEY'],
    ['an empty key', `${url}#`, 'INVALID_KEY'],
    ['a key cut short', `${url}#${key.slice(0, -1)}`, 'INVALID_KEY'],
    ['something after the key', `${url}#${key}.`, 'INVALID_KEY'],
    ['a line end after the key', `${url}#${key}\n`, 'INVALID_KEY'],
    ['a second fragment', `${url}#${key}#${key}`, 'INVALID_KEY'],
    ['a key of a later version', `${url}#v3.${key.slice(3)}`, 'UNKNOWN_KEY_VERSION'],
    ['an id cut short', `${url.slice(0, -1)}#${key}`, 'INVALID_LINK'],
    ['an id too long', `${url}A#${key}`, 'INVALID_LINK'],
    ['a foreign character in its id', `${url.slice(0, -1)}.#${key}`, 'INVALID_LINK'],
    ['a slash after its id', `${url}/#${key}`, 'INVALID_LINK'],
    ['a query in its id', `${url.slice(0, -1)}?utm=1#${key}`, 'INVALID_LINK'],
    ['another path', `https://zephr.example/secrets/${id}#${key}`, 'INVALID_LINK'],
    ['no server', `/secret/${id}#${key}`, 'INVALID_LINK'],
    ['a host only', `zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['plain http', `http://zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['another scheme', `ftp://zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['a password', `https://me:pw@zephr.example/secret/${id}#${key}`, 'INVALID_LINK'],
    ['a query before its path', `https://zephr.example/?x=/secret/${id}#${key}`, 'INVALID_LINK'],
    ['nothing', '', 'INVALID_LINK'],
  ])('is not one with %s', (_, text, expected) => {
    expect(() => parseLink(text)).toThrow(code(expected));
  });

  it('misses no damage: whatever is cut, added or replaced is refused or another link', () => {
    const whole = `${url}#${key}`;
    const damage = fc.tuple(
      fc.nat(whole.length - 1),
      fc.constantFrom('cut', 'add', 'replace'),
      fc.constantFrom(...'A_-v2./#%'),
    );
    fc.assert(
      fc.property(damage, ([at, how, character]) => {
        const damaged =
          whole.slice(0, at) + (how === 'cut' ? '' : character) + whole.slice(how === 'add' ? at : at + 1);
        // What URLs mean the same by, such as a second slash, is no damage.
        fc.pre(damaged !== whole && at > url.indexOf('/secret/') + '/secret/'.length);
        let read: string | null = null;
        try {
          read = formatLink(parseLink(damaged));
        } catch (error) {
          expect(error).toMatchObject({ name: 'ValidationError' });
        }
        expect(read).not.toBe(whole);
      }),
    );
  });

  it('never has its key in the error about it', () => {
    for (const text of [`${url}#${key}x`, `${url}x#${key}`, `ftp://h/secret/${id}#${key}`, `x#${key}`]) {
      expect(() => parseLink(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(key.slice(5, 20)) }),
      );
    }
  });
});

describe('the URL half of a split pair', () => {
  it('reads as it was written', () => {
    expect(parseAddress(url)).toEqual({ server: 'https://zephr.example', id });
    expect(formatAddress(parseAddress(url))).toBe(url);
  });

  it.each(['#', '%23'])('has no key, not even after %s', (hash) => {
    expect(() => parseAddress(`${url}${hash}${key}`)).toThrow(code('INVALID_LINK'));
  });
});

describe('a server', () => {
  it.each([
    ['https://zephr.io', 'https://zephr.io'],
    ['https://zephr.io/', 'https://zephr.io'],
    ['https://host/zephr//', 'https://host/zephr'],
    ['https://HOST:443', 'https://host'],
    ['https://host:8443/a', 'https://host:8443/a'],
    ['http://localhost:8787/', 'http://localhost:8787'],
    ['http://127.0.0.1', 'http://127.0.0.1'],
    ['http://127.1', 'http://127.0.0.1'],
    ['http://[::1]:1', 'http://[::1]:1'],
    ['http://zephr.localhost', 'http://zephr.localhost'],
    ['https://münchen.example', 'https://xn--mnchen-3ya.example'],
  ])('written %s is %s', (text, server) => {
    expect(parseServer(text)).toBe(server);
    expect(parseServer(server)).toBe(server);
  });

  it.each([
    '',
    'zephr.io',
    'localhost:8787',
    'http://zephr.io',
    'http://10.0.0.1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://notlocalhost',
    'http://[::2]',
    'ws://localhost',
    'file:///etc/passwd',
    'https://user@host',
    'https://:pw@host',
    'https://host?x',
    'https://host#x',
    'https://host/a%23b',
    'https://',
  ])('is not %j', (text) => {
    expect(() => parseServer(text)).toThrow(code('INVALID_SERVER'));
  });

  it.each([
    ['localhost', true],
    ['a.localhost', true],
    ['127.9.8.7', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['[::]', false],
    ['localhost.example', false],
    ['128.0.0.1', false],
  ])('on the host %s is on this machine: %s', (host, loopback) => {
    expect(isLoopbackHost(host)).toBe(loopback);
  });
});

describe('what people paste', () => {
  it.each([
    [`${url}#${key}`, true],
    [url, true],
    [`${url.slice(0, -4)}#v2.dam`, true],
    [`HTTP://host/prefix/secret/x`, true],
    ['https://host/page', false],
    ['hunter2', false],
    [key, false],
    [`see ${url}`, false],
  ])('looks like a link or not: %s', (text, link) => {
    expect(looksLikeLink(text)).toBe(link);
  });

  it.each([
    [id, true],
    [id.slice(1), false],
    [`${id}A`, false],
    [`${id.slice(1)}+`, false],
    [`${id}\n`, false],
    ['', false],
  ])('is an id or not: %j', (text, is) => {
    expect(isSecretId(text)).toBe(is);
  });
});
