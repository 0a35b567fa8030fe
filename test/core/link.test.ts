import { describe, expect, it } from 'vitest';
import { isLoopbackHost, isSecretId, parseServer } from '../../src/core/link.js';

const id = 'Ab3_-567890123456789_-';

function code(expected: string): unknown {
  return expect.objectContaining({ name: 'ValidationError', code: expected });
}

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

describe('an id', () => {
  it.each([
    [id, true],
    [id.slice(1), false],
    [`${id}A`, false],
    [`${id.slice(1)}+`, false],
    [`${id}\n`, false],
    ['', false],
  ])('is 22 characters of base64url: %j', (text, is) => {
    expect(isSecretId(text)).toBe(is);
  });
});
