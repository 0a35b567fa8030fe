/** The rules for gates that clients and servers both check. */

import { describe, expect, it } from 'vitest';
import {
  isAddressOrNetwork,
  isCountry,
  isMailAddress,
  isPhoneNumber,
  offersFor,
  parseGates,
} from '../../src/core/protocol/gates.js';

const refusing = (gates: unknown) => () => parseGates(gates);

describe('addresses and networks', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.0/24',
    '0.0.0.0/0',
    '255.255.255.255/32',
    '::',
    '::1',
    '2001:db8::/32',
    '2001:DB8:0:0:0:0:0:1/128',
    '::ffff:203.0.113.0/120',
  ])('%s is one', (text) => expect(isAddressOrNetwork(text)).toBe(true));

  it.each([
    '',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.07',
    '203.0.113.7.',
    '203.0.113.7/33',
    '203.0.113.7/',
    '203.0.113.7/08',
    '203.0.113.7:80',
    '2001:db8::/129',
    '2001:db8',
    ':::',
    'fe80::1%eth0',
    '[::1]',
    '1:2:3:4:5:6:7:8:9',
    '2001:db8::1%25eth0',
    '0x7f.0.0.1',
    '127.1',
    '2130706433',
    '\u0661.1.1.1',
    `${'1:'.repeat(50_000)}1`,
    'localhost',
    '203.0.113.7 ',
  ])('%j is none', (text) => expect(isAddressOrNetwork(text)).toBe(false));
});

describe('countries', () => {
  it.each(['FR', 'DE', 'GB', 'XK'])('%s is one', (text) => expect(isCountry(text)).toBe(true));
  it.each(['UK', 'EU', 'fr', 'FRA', 'ZZ', ''])('%j is none', (text) => expect(isCountry(text)).toBe(false));
});

describe('where codes go', () => {
  it.each(['a@example.org', 'first.last+tag@mail.example.co.uk', "o'neil@xn--mnchen-3ya.example"])(
    '%s is a mail address',
    (text) => expect(isMailAddress(text)).toBe(true),
  );
  it.each([
    'example.org',
    'a@b',
    'a@example.org\n',
    'a@example.org, b@example.org',
    'Ann <a@example.org>',
    'a b@example.org',
    `${'a'.repeat(65)}@example.org`,
    'a@-example.org',
    'a@example.org\r\nBcc: b@example.org',
    'a@example.org\u2028',
    'a@example.org>,<b@example.org',
    '"a b"@example.org',
    'a@[127.0.0.1]',
    // A Cyrillic letter, a dot and a sign of another width, and what turns the writing around.
    '\u0430@example.org',
    'a@ex\u0430mple.org',
    'a@example\u3002org',
    'a\uff20example.org',
    'a\u202e@example.org',
    `a@${'a-'.repeat(50_000)}.org`,
  ])('%j is none', (text) => expect(isMailAddress(text)).toBe(false));
  it.each(['+4930123456', '+12025550123'])('%s is a number', (text) =>
    expect(isPhoneNumber(text)).toBe(true),
  );
  it.each(['030123456', '+0123456789', '+49 30 123456', '+49', '+1234567890123456', '+49a0123456'])(
    '%j is none',
    (text) => expect(isPhoneNumber(text)).toBe(false),
  );
});

describe('gates', () => {
  it('come back as they are, without repetitions', () => {
    const gates = {
      addresses: ['203.0.113.7', '203.0.113.7', '2001:db8::/32'],
      countries: ['FR', 'DE', 'FR'],
      not_before: '2030-01-31T10:00:00+01:00',
      captcha: true,
      code: { phone: '+4930123456' },
    };
    expect(parseGates(gates)).toEqual({
      addresses: ['203.0.113.7', '2001:db8::/32'],
      countries: ['FR', 'DE'],
      not_before: '2030-01-31T09:00:00.000Z',
      captcha: true,
      code: { phone: '+4930123456' },
    });
    expect(offersFor(parseGates(gates))).toEqual([
      'addresses',
      'countries',
      'not_before',
      'captcha',
      'phone',
    ]);
    expect(offersFor(parseGates({ code: { email: 'a@example.org' } }))).toEqual(['email']);
    expect(parseGates({ addresses: ['::1'], countries: null })).toEqual({ addresses: ['::1'] });
  });

  it.each([
    ['no object', 1],
    ['null', null],
    ['a list', ['captcha']],
    ['none', {}],
    ['none but null', { captcha: null }],
    ['another name', { captcha: true, passport: true }],
    ['an address alone', { addresses: '203.0.113.7' }],
    ['no addresses', { addresses: [] }],
    ['51 addresses', { addresses: Array.from({ length: 51 }, (_, i) => `203.0.113.${i}`) }],
    ['a name for an address', { addresses: ['203.0.113.7', 'localhost'] }],
    ['an address in a list', { addresses: [['203.0.113.7']] }],
    ['an alias of a country', { countries: ['UK'] }],
    ['a time without a zone', { not_before: '2030-01-31T09:00:00' }],
    ['a number for a time', { not_before: 1_900_000_000 }],
    ['captcha that is false', { captcha: false }],
    ['a code to nobody', { code: {} }],
    ['a code to two', { code: { email: 'a@example.org', phone: '+4930123456' } }],
    ['a code to a list', { code: { email: ['a@example.org'] } }],
  ])('are refused: %s', (_, gates) => {
    expect(refusing(gates)).toThrow(expect.objectContaining({ code: 'INVALID_GATES' }));
  });

  it('are refused without being repeated', () => {
    for (const gates of [
      { addresses: ['canary.example'] },
      { countries: ['canary'] },
      { code: { email: 'canary' } },
      { canary: true },
      { not_before: 'canary' },
    ]) {
      expect(refusing(gates)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('canary') }),
      );
    }
  });
});
