import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../src/core/base64url.js';
import {
  formatCollectLink,
  formatRequestLink,
  kindOfLink,
  parseCollectLink,
  parseRequestLink,
} from '../../src/core/links/request-links.js';
import { requests as vectors } from './vectors.js';

const id = 'Ab3_-567890123456789_-';
const body = 'WTj-u3ZI7osMopS7gYpj-4Qxm4i8P5K7Iy1g7loBGPo';
const url = `https://zephr.example/request/${id}`;
const secret = `https://zephr.example/secret/${id}`;

const anyAddress = fc.record({
  server: fc.constantFrom('https://zephr.example', 'https://host/request/x', 'http://[::1]:8787/prefix'),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeBase64url),
});

function bytes(length: number) {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((one) => new Uint8Array(one));
}

function refusal(code: string, words = '') {
  return expect.objectContaining({
    name: 'ValidationError',
    code,
    message: expect.stringContaining(words),
  });
}

describe('the links of a request', () => {
  it('read as they were written', () => {
    fc.assert(
      fc.property(anyAddress, bytes(16), bytes(16), bytes(32), (address, fingerprint, linkSecret, seed) => {
        const request = { ...address, fingerprint, linkSecret };
        expect(parseRequestLink(formatRequestLink(request))).toEqual(request);
        const collect = { ...address, seed };
        expect(parseCollectLink(formatCollectLink(collect))).toEqual(collect);
      }),
    );
  });

  it.each(vectors.requests)('are those of the vector "$name"', (vector) => {
    const address = `https://zephr.example/request/${vector.id}`;
    expect(formatRequestLink(parseRequestLink(`${address}#${vector.request_key}`))).toBe(
      `${address}#${vector.request_key}`,
    );
    const { seed } = parseCollectLink(`${address}#${vector.collect_key}`);
    expect(encodeBase64url(seed)).toBe(vector.S);
  });

  it.each([
    ['brackets', `<${url}#r1.${body}>.`],
    ['a label', `[Send me the password](${url}#r1.${body})`],
    ['a quoted mail', `> ${url}#r1.${body.slice(0, 20)}\n> ${body.slice(20)}`],
    ['an escaped #', `${url}%23r1%2E${body}`],
    ['no scheme', `zephr.example/request/${id}#r1.${body}`],
    ['a mail gateway', `https://www.google.com/url?q=${encodeURIComponent(`${url}#r1.${body}`)}`],
  ])('read through %s', (_, text) => {
    expect(formatRequestLink(parseRequestLink(text))).toBe(`${url}#r1.${body}`);
  });

  it('name the mail gateway whose link they were in', () => {
    const text = `https://www.google.com/url?q=${encodeURIComponent(`${url}#c1.${body}`)}`;
    expect(parseCollectLink(text)).toMatchObject({
      server: 'https://zephr.example',
      wrapper: 'www.google.com',
    });
  });

  it.each([
    ['no key', url, 'MISSING_KEY'],
    ['a key cut short', `${url}#r1.${body.slice(0, -1)}`, 'INVALID_KEY'],
    ['a letter behind it', `${url}#r1.${body}A`, 'INVALID_KEY'],
    ['trailing bits', `${url}#r1.${body.slice(0, -1)}p`, 'INVALID_KEY'],
    ['the path of a secret', `${secret}#r1.${body}`, 'INVALID_LINK'],
    ['an id cut short', `https://zephr.example/request/${id.slice(1)}#r1.${body}`, 'INVALID_LINK'],
    ['another link beside it', `${url}#r1.${body}\n${url}#c1.${body}`, 'AMBIGUOUS_LINK'],
  ])('are refused with %s', (_, text, code) => {
    expect(() => parseRequestLink(text)).toThrow(refusal(code));
  });

  it.each([
    [`${url}#c1.${body}`, 'collect', 'collects the answers to a request: use zephr get'],
    [`${secret}#v2.${body}`, 'secret', 'reads a secret: use zephr get'],
    [`${secret}#v1.${body}`, 'secret', 'reads a secret'],
    [secret, 'secret', 'reads a secret'],
    [`${secret}#s1.${body}`, 'receipt', 'the receipt of a secret'],
  ])('are not to be confused with %s', (text, kind, words) => {
    expect(kindOfLink(text)).toBe(kind);
    expect(() => parseRequestLink(text)).toThrow(refusal('LINK_OF_ANOTHER_KIND', words));
  });

  it('are not to be confused with each other', () => {
    expect(kindOfLink(`${url}#r1.${body}`)).toBe('request');
    expect(() => parseCollectLink(`${url}#r1.${body}`)).toThrow(
      refusal('LINK_OF_ANOTHER_KIND', 'answers a request: use zephr give'),
    );
  });
});
