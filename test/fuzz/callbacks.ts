/** Callback URLs: however an address is written, a webhook goes only to public ones. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isPublicAddress } from '../../src/net/public-addresses.js';
import { errorResponse } from '../../src/server/http/error-response.js';
import { RequestError } from '../../src/server/http/request-error.js';
import { parseCreateRequest } from '../../src/server/routes/create-request.js';
import { checkCallback, PUBLIC_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import { ServiceError } from '../../src/server/secrets/service-error.js';
import { dotted, type Ipv4, ipv4, ipv6, isPublicIpv4, isPublicIpv6, spelledIpv6 } from './addresses.js';
import { type Family, property, resultOf } from './family.js';
import { mutated, oddText } from './odd.js';

const FULLWIDTH = 0xff10 - 0x30;

/** What URLs take for the same address: numbers in any base, fewer parts, other digits, dots that are none. */
function spelledIpv4(address: Ipv4): fc.Arbitrary<string> {
  const text = dotted(address);
  const parts = text.split('.').map(Number);
  const [a = 0, b = 0, c = 0] = parts;
  return fc.constantFrom(
    text,
    String(address),
    `0x${address.toString(16)}`,
    `0${address.toString(8)}`,
    `${a}.${address % 2 ** 24}`,
    `${a}.${b}.${address % 65_536}`,
    parts.map((part) => `0x${part.toString(16)}`).join('.'),
    parts.map((part) => `0${part.toString(8)}`).join('.'),
    `0x${a.toString(16)}.0${b.toString(8)}.${c}.${parts[3]}`,
    `${text}.`,
    text.replaceAll('.', '。'),
    text.replaceAll('.', '%2e'),
    text.replaceAll(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + FULLWIDTH)),
    text.replaceAll(/[0-9]/g, (digit) => `%3${digit}`),
  );
}

const literal = fc.oneof(
  ipv4.chain((address) => spelledIpv4(address).map((host) => ({ host, isPublic: isPublicIpv4(address) }))),
  ipv6.chain((groups) =>
    spelledIpv6(groups).map((text) => ({ host: `[${text}]`, isPublic: isPublicIpv6(groups) })),
  ),
);

/** Whether a callback to `url` is taken; a refusal has the code for its host. */
async function isTaken(url: string): Promise<boolean> {
  const fields = { encrypted_blob: 'AAAA', expiry: 60, split_url_mode: false };
  const { callback } = parseCreateRequest({ ...fields, callback_url: url, callback_secret: 'x' });
  const result = await resultOf(() => checkCallback(callback, PUBLIC_CALLBACKS));
  if ('value' in result) return true;
  assert(result.error instanceof ServiceError && result.error.code === 'INVALID_CALLBACK_URL_HOST');
  return false;
}

const literals = property(
  'a URL with an address is taken if that is public, however it is written',
  fc.tuple(literal, fc.constantFrom('', ':8443'), fc.constantFrom('', '/hook?x=1#y')),
  async ([{ host, isPublic }, port, path]) => {
    assert.equal(await isTaken(`https://${host}${port}${path}`), isPublic, host);
    return isPublic ? 'taken' : 'refused';
  },
  { weight: 200, outcomes: ['taken', 'refused'] },
);

const addresses = property(
  'an address that a name leads to is public or not, whatever its spelling',
  fc.oneof(
    ipv4.map((address) => ({ text: dotted(address), isPublic: isPublicIpv4(address) })),
    ipv6.chain((groups) => spelledIpv6(groups).map((text) => ({ text, isPublic: isPublicIpv6(groups) }))),
    ipv6.chain((groups) => spelledIpv6(groups).map((text) => ({ text: `${text}%eth0`, isPublic: false }))),
  ),
  ({ text, isPublic }) => {
    assert.equal(isPublicAddress(text), isPublic, text);
    return isPublic ? 'public' : 'not public';
  },
  { outcomes: ['public', 'not public'] },
);

const INSIDE = ['localhost', 'local', 'home.arpa', 'internal'];

const names = property(
  'a name is taken unless it is one for the networks inside, and never for an address in disguise',
  mutated(
    fc
      .tuple(
        fc.constantFrom('https://', 'https:', 'HTTPS:\\\\', 'https:///'),
        fc.constantFrom('hook', 'feature', 'ffmpeg', 'fd', 'fe80', '127', '0x7f', 'xn--mnchen-3ya'),
        fc.constantFrom(
          '.example.com',
          '.io',
          '.org',
          '',
          '.',
          '.localhost',
          '.LOCAL',
          '.internal.',
          '.home.arpa',
          '.1',
          '..',
        ),
        fc.constantFrom('', ':1', '/', '/x@10.0.0.1', '?@10.0.0.1'),
      )
      .map((parts) => parts.join('')),
  ),
  async (url) => {
    const result = await resultOf(() => isTaken(url));
    if ('error' in result) {
      const { error } = result;
      assert(error instanceof RequestError && errorResponse(error, {}).status === 400, String(error));
      return 'no URL';
    }
    const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
    const labels = host.replace(/\.*$/, '').toLowerCase().split('.');
    const inside = labels.length === 1 || INSIDE.some((name) => `.${labels.join('.')}`.endsWith(`.${name}`));
    const isAddress = /^(\d+\.){3}\d+\.*$/.test(host) || host.includes(':');
    if (isAddress) assert.equal(result.value, isPublicAddress(host.replace(/\.*$/, '')), host);
    else assert.equal(result.value, !inside, host);
    return result.value ? 'taken' : 'refused';
  },
  { outcomes: ['taken', 'refused', 'no URL'] },
);

const noise = property(
  'what is no address is never a public one',
  fc.oneof(mutated(ipv4.map(dotted)), mutated(ipv6.chain(spelledIpv6)), oddText),
  (text) => {
    if (!isPublicAddress(text)) return 'refused';
    // What is left reads as an address to the parser of URLs too, and as itself.
    const host = text.includes(':') ? `[${text}]` : text;
    assert(URL.canParse(`https://${host}`), text);
    if (!text.includes(':')) assert.equal(new URL(`https://${host}`).hostname, text);
    return 'an address';
  },
  { outcomes: ['refused', 'an address'] },
);

export const CALLBACKS: Family = { name: 'callbacks', properties: [literals, addresses, names, noise] };
