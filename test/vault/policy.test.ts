/** Bindings as people write them: what is taken is what is meant, and nothing that only looks like it. */

import { describe, expect, it } from 'vitest';
import { isForProcesses, parseBoundHost, parseMethod, parseSlotName } from '../../src/vault/policy.js';

describe('a host', () => {
  it.each([
    ['api.example.com', 'api.example.com'],
    ['API.Example.com', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['api.example.com/v1/*', 'api.example.com/v1/*'],
    ['localhost:3000/', 'localhost:3000/'],
    ['[::1]:80', '[::1]:80'],
    ['127.0.0.1', '127.0.0.1'],
  ])('%s is %s', (text, host) => {
    expect(parseBoundHost(text)).toBe(host);
  });

  it.each([
    '',
    'https://api.example.com',
    '*.example.com',
    'api.example.com:0',
    'api.example.com:65536',
    'user@api.example.com',
    'api.example.com?x',
    'api.example.com/*/v1',
    'api..example.com',
    '-a.example.com',
    'a_b.example.com',
    'api.example.com /',
    `${'a'.repeat(64)}.com`,
  ])('%j is none', (text) => {
    expect(() => parseBoundHost(text)).toThrow('a host is written as');
  });
});

describe('a slot', () => {
  it.each(['bearer', 'basic', 'header:X-Key', 'query:api_key', 'body:auth.token', 'form:key'])(
    '%s is one',
    (text) => {
      expect(parseSlotName(text)).toBe(text);
    },
  );

  it.each(['', 'Bearer', 'header:', 'header:a b', 'header:a\r\nb', 'query:', 'body:a..b', 'cookie:x'])(
    '%j is none',
    (text) => {
      expect(() => parseSlotName(text)).toThrow('--as is');
    },
  );
});

it('methods are in capitals', () => {
  expect(parseMethod('post')).toBe('POST');
  expect(() => parseMethod('GET POST')).toThrow('methods are written as');
});

it('a process gets what is unbound, or says so', () => {
  expect(isForProcesses({})).toBe(true);
  expect(isForProcesses({ hosts: ['a.example'] })).toBe(false);
  expect(isForProcesses({ hosts: ['a.example'], run: true })).toBe(true);
});
