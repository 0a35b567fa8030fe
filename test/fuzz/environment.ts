/** Variables for proxies, and what is asked through them: nothing of a password is ever quoted. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CliError } from '../../src/cli/exit/cli-error.js';
import { EXIT } from '../../src/cli/exit/codes.js';
import { endingOf } from '../../src/cli/exit/ending.js';
import { parseTimeout } from '../../src/cli/parser/everywhere.js';
import { proxyFor } from '../../src/net/proxy.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { mutated, oddLine } from './odd.js';

const PASSWORD = 'k3ep-me-h1dden';

const proxyText = mutated(
  fc
    .tuple(
      fc.constantFrom('http://', 'https://', '', 'socks5://', 'HTTP://'),
      fc.constantFrom('', `me:${PASSWORD}@`, `me%40work:${PASSWORD}%@`),
      fc.constantFrom('proxy.example', '127.0.0.1', '[::1]', 'localhost', 'пример.example'),
      fc.constantFrom('', ':3128', ':99999', '/', ':8080/path?q'),
    )
    .map((parts) => parts.join('')),
);

const target = fc.constantFrom(
  'https://zephr.example',
  'https://eu.zephr.example:8443/x',
  'https://10.0.0.1',
  'https://[2001:db8::1]:8443',
  'http://localhost:8787',
  'http://[::1]:8787',
);

const LOOPBACK = /^(localhost|.*\.localhost|127\..*|\[::1\])$/;

const proxies = property(
  'a proxy is an http or https URL, or refused without a word of it',
  fc.tuple(proxyText, target, fc.constantFrom('HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy')),
  async ([value, server, variable]) => {
    const result = await resultOf(() => proxyFor(server, { [variable]: value }));
    if ('error' in result) {
      const { exit, message, advice } = endingOf(result.error);
      assert.equal(exit, EXIT.usage, message);
      assert(!quotes(`${message} ${advice}`, PASSWORD));
      assert.match(
        message,
        /^HTTPS?_PROXY (is not the URL of an http or https proxy$|names a SOCKS proxy, )/,
      );
      return 'refused';
    }
    const proxy = result.value;
    const counts = server.startsWith(`${variable.toLowerCase().split('_')[0]}:`) && value.trim() !== '';
    if (!counts) assert.equal(proxy, null);
    if (proxy === null) {
      // Plain http goes nowhere but to this machine.
      assert(!counts || server.startsWith('http:'), `${value} is passed by`);
      return 'direct';
    }
    assert.match(proxy.protocol, /^https?:$/);
    assert(server.startsWith('https:') || LOOPBACK.test(proxy.hostname));
    return 'through a proxy';
  },
  { outcomes: ['refused', 'direct', 'through a proxy'] },
);

const entry = fc
  .tuple(
    fc.constantFrom('', '.', '*.', ' '),
    fc.constantFrom(
      'zephr.example',
      'ephr.example',
      'example',
      'EU.zephr.EXAMPLE',
      '10.0.0.1',
      '2001:db8::1',
      '[2001:db8::1]',
      '::1',
      'localhost',
      '*',
      '',
    ),
    fc.constantFrom('', '', ':443', ':8443', ':'),
  )
  .map((parts) => parts.join(''));

/** Whether one entry names a host, in words of its own: a list of host suffixes by labels, and a port. */
function names(text: string, { hostname, port, protocol }: URL): boolean {
  if (text === '*') return true;
  const plain = text.replace(/^\*?\./, '');
  const isIpv6 = plain.split(':').length > 2;
  if (isIpv6 && plain !== text && !plain.startsWith('[')) return false;
  const withPort = isIpv6 ? /^\[(.*)\]:(\d+)$/ : /^(.*):(\d+)$/;
  const [, beforePort = '', itsPort] = withPort.exec(plain) ?? [undefined, plain];
  if (itsPort !== undefined && itsPort !== (port || (protocol === 'https:' ? '443' : '80'))) return false;
  const labels = beforePort
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
    .split('.');
  if (labels.join('.') === '') return false;
  const bare = hostname.replace(/^\[|\]$/g, '');
  return bare === labels.join('.') || bare.split('.').slice(-labels.length).join('.') === labels.join('.');
}

const exceptions = property(
  'NO_PROXY names hosts by their last labels, their address or their port',
  fc.tuple(fc.array(entry, { maxLength: 4 }), target, fc.constantFrom(',', ' ', ', ')),
  ([entries, server, separator]) => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' };
    const list = entries.join(separator);
    const proxy = proxyFor(server, { ...env, NO_PROXY: list });
    const expected = list.split(/[ ,]/).some((one) => one !== '' && names(one, new URL(server)));
    assert.equal(proxy === null, expected, `${JSON.stringify(list)} for ${server}`);
    return expected ? 'direct' : 'through a proxy';
  },
  { outcomes: ['direct', 'through a proxy'] },
);

const noise = property(
  'whatever NO_PROXY holds, there is a proxy or there is none',
  fc.tuple(fc.oneof(oddLine, mutated(entry)), target),
  ([list, server]) => {
    const proxy = proxyFor(server, { HTTPS_PROXY: 'a:1', http_proxy: 'http://[::1]:1', no_proxy: list });
    return proxy === null ? 'direct' : 'through a proxy';
  },
  { weight: 30 },
);

const timeouts = property(
  'a timeout is above nothing and at most an hour',
  fc.oneof(
    mutated(fc.double({ min: 0, max: 4_000, noNaN: true }).map(String)),
    mutated(fc.nat(3_700).map(String)),
  ),
  async (timeout) => {
    const result = await resultOf(() => parseTimeout(timeout));
    if ('error' in result) {
      assert(result.error instanceof CliError && result.error.exit === EXIT.usage);
      return 'refused';
    }
    assert(Number.isInteger(result.value) && result.value >= 1 && result.value <= 3_600_000, timeout);
    assert.equal(result.value, Math.ceil(Number(timeout) * 1000));
    return 'taken';
  },
  { weight: 30, outcomes: ['taken', 'refused'] },
);

export const ENVIRONMENT: Family = {
  name: 'environment',
  properties: [proxies, exceptions, noise, timeouts],
};
