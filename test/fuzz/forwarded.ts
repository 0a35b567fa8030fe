/** `X-Forwarded-For`: nobody but a trusted proxy says who a client is, and a log holds its network only. */

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { ValidationError } from '../../src/core/errors.js';
import { trustProxies } from '../../src/server/http/trusted-proxies.js';
import { callerAddress } from '../../src/server/secrets/callers.js';
import { loggedAddress } from '../../src/server/telemetry/log.js';
import { dotted, ipv4, ipv6, spelledIpv6 } from './addresses.js';
import { type Family, property, resultOf } from './family.js';
import { mutated, oddText } from './odd.js';

/** An address, in some spelling and in the one that URLs give it, which is the second opinion. */
interface Hop {
  readonly text: string;
  readonly trusted: boolean;
  readonly groups: readonly number[];
}

/** As groups; IPv4 as if it were mapped. */
const mapped = (address: number) => [0, 0, 0, 0, 0, 0xffff, Math.floor(address / 65_536), address % 65_536];
const isMapped = (groups: readonly number[]) =>
  groups.slice(0, 5).every((one) => one === 0) && groups[5] === 0xffff;

/** 10.0.0.0/8 and 2001:db8::/32, the proxies of these tests. */
function isTrusted(groups: readonly number[]): boolean {
  return isMapped(groups) ? (groups[6] ?? 0) >> 8 === 10 : groups[0] === 0x2001 && groups[1] === 0xdb8;
}

const trustedIpv4 = fc.nat(0xff_ffff).map((rest) => 10 * 2 ** 24 + rest);
const hop: fc.Arbitrary<Hop> = fc.oneof(
  fc.oneof(trustedIpv4, ipv4).chain((address) => {
    const groups = mapped(address);
    const text = dotted(address);
    return fc
      .constantFrom(text, `${text}:4711`, ` ${text}\t`, `::ffff:${text}`, `[::ffff:${text}]:80`)
      .map((spelled) => ({ text: spelled, trusted: isTrusted(groups), groups }));
  }),
  fc
    .oneof(
      ipv6,
      ipv6.map((groups) => [0x2001, 0xdb8, ...groups.slice(2)]),
    )
    .chain((groups) =>
      spelledIpv6(groups).chain((text) =>
        fc
          .constantFrom(text, `[${text}]`, `[${text}]:443`, ` ${text}`)
          .map((spelled) => ({ text: spelled, trusted: isTrusted(groups), groups })),
      ),
    ),
);

const clientOf = trustProxies(['10.0.0.0/8', '2001:db8::/32']);
const PROXY = '10.0.0.1';

/** The groups of an address in any spelling that is none of ours: by the parser of URLs. */
function groupsOf(address: string): readonly number[] {
  const text = address.includes(':') ? address : `::ffff:${address}`;
  const [head = '', tail] = new URL(`https://[${text}]`).hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((one) => Number.parseInt(one, 16));
}

function networkOf(groups: readonly number[], ipv4Bits: number, ipv6Bits: number): string {
  if (isMapped(groups)) {
    const address = (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0);
    return `${dotted(address - (address % 2 ** (32 - ipv4Bits)))}/${ipv4Bits}`;
  }
  const kept = groups.slice(0, ipv6Bits / 16).map((one) => one.toString(16));
  return `${kept.join(':')}::/${ipv6Bits}`;
}

const lists = property(
  'the client is the last one that no trusted proxy is, and a log holds its network',
  fc.array(hop, { minLength: 1, maxLength: 6 }),
  (hops) => {
    const client = clientOf(PROXY, hops.map(({ text }) => text).join(','));
    const expected = hops.findLast(({ trusted }) => !trusted) ?? hops[0];
    assert.deepEqual(groupsOf(client), expected?.groups);
    assert.equal(callerAddress(client), networkOf(groupsOf(client), 32, 64));
    assert.equal(loggedAddress(client), networkOf(groupsOf(client), 24, 48));
    return expected?.trusted ? 'a proxy' : 'a client';
  },
  { weight: 150, outcomes: ['a proxy', 'a client'] },
);

const headerText = mutated(
  fc.array(hop, { minLength: 1, maxLength: 4 }).map((hops) => hops.map(({ text }) => text).join(', ')),
);

const noise = property(
  'whatever the header says, the client is an address, and that of an untrusted peer is its own',
  fc.tuple(fc.oneof({ weight: 5, arbitrary: headerText }, { weight: 1, arbitrary: oddText }), hop),
  ([header, { text, trusted }]) => {
    const peer = text.trim().replace(/^\[?(.*?)\]?(?:(?<=\]):\d+|(?<=^[\d.]+):\d+)?$/, '$1');
    const client = clientOf(PROXY, header);
    assert.notEqual(isIP(client), 0, client);
    assert.match(loggedAddress(client), /^[0-9a-f.:]+::?\/48$|^[0-9.]+\.0\/24$/);
    if (trusted || isIP(peer) === 0) return 'behind a proxy';
    assert.equal(clientOf(peer, header), peer);
    return 'not believed';
  },
  { outcomes: ['behind a proxy', 'not believed'] },
);

const ranges = property(
  'a trusted range is one, or the server does not start',
  mutated(
    fc.oneof(
      fc.tuple(ipv4.map(dotted), fc.nat(40)).map(([address, bits]) => `${address}/${bits}`),
      fc.tuple(ipv6.chain(spelledIpv6), fc.nat(140)).map(([address, bits]) => `${address}/${bits}`),
      ipv4.map(dotted),
    ),
  ),
  async (range) => {
    const result = await resultOf(() => trustProxies([range]));
    const [address = '', bits] = range.split('/');
    const isRange = isIP(address) !== 0 && !address.includes('%') && range.split('/').length <= 2;
    const most = isIP(address) === 6 ? 128 : 32;
    const isValid = isRange && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
    assert.equal('value' in result, isValid, range);
    if ('error' in result) {
      assert(result.error instanceof ValidationError && result.error.code === 'INVALID_TRUSTED_PROXY');
      return 'refused';
    }
    const clients = ['192.0.2.1', '192.0.2.2'].map((header) => result.value(address, header));
    assert.deepEqual(clients, ['192.0.2.1', '192.0.2.2'], 'the range does not hold its own address');
    return 'taken';
  },
  { weight: 50, outcomes: ['taken', 'refused'] },
);

export const FORWARDED: Family = { name: 'forwarded', properties: [lists, noise, ranges] };
