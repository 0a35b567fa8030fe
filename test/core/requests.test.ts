/** The rules that clients and servers both check. */

import { describe, expect, it } from 'vitest';
import {
  callbackSecretProblem,
  callbackUrlProblem,
  isHint,
  isViews,
} from '../../src/core/protocol/requests.js';

describe('a hint', () => {
  it.each([
    [' ', true],
    ['~', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['', false],
    ['\u007f', false],
    ['\t', false],
    ['a\n', false],
    ['Müller, Zoë и 東京', true],
    ['\u{1f511}'.repeat(128), true],
    ['\u{1f511}'.repeat(129), false],
    ['\u{1f469}\u200d\u{1f4bb}', true],
    ['\u0085', false],
    ['a\u2028b', false],
    ['a\u2029b', false],
    ['a\u202eb', false],
    ['a\u2066b', false],
    ['\u05d0\u200f', true],
    ['\ud83d', false],
    ['\udd11a', false],
  ])('may be %j: %s', (text, may) => {
    expect(isHint(text)).toBe(may);
  });
});

describe('views', () => {
  it.each([1, 2, 1000])('may be %d', (views) => expect(isViews(views)).toBe(true));

  it.each([0, -1, 1.5, 1001, Number.NaN, '1', null, undefined])('may not be %j', (views) => {
    expect(isViews(views)).toBe(false);
  });
});

describe('a callback', () => {
  it.each([
    ['https://a.example/hook?x=1', null],
    [`https://a.example/${'x'.repeat(2030)}`, null],
    [`https://a.example/${'x'.repeat(2031)}`, 'too long'],
    ['a.example', 'not a URL'],
    ['https://a.example/\0', 'not a URL'],
    ['https://a.example/\ud800', 'not a URL'],
    ['http://a.example', 'wrong protocol'],
    ['https://user@a.example', 'has a user'],
    ['https://:password@a.example', 'has a user'],
  ])('to %j has the problem: %s', (url, problem) => {
    expect(callbackUrlProblem(url, ['https:'])).toBe(problem);
  });

  it('may have every protocol that is allowed', () => {
    expect(callbackUrlProblem('http://a.example', ['https:', 'http:'])).toBeNull();
  });

  it.each([
    ['s', null],
    ['x'.repeat(256), null],
    ['', 'wrong length'],
    ['x'.repeat(257), 'wrong length'],
    ['\0s', 'not storable'],
    ['s\ud800', 'not storable'],
  ])('with the secret %j has the problem: %s', (secret, problem) => {
    expect(callbackSecretProblem(secret)).toBe(problem);
  });
});
