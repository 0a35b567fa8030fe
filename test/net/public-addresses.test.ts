/** Which hosts and addresses a webhook may go to. */

import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress, isPublicHost } from '../../src/net/public-addresses.js';

/** First and last address of every block that is not public, and what that is. */
const INSIDE: readonly (readonly [what: string, ...addresses: string[]])[] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private', '10.0.0.0', '10.255.255.255'],
  ['shared by a carrier', '100.64.0.0', '100.127.255.255', '100.100.100.200'],
  ['loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255'],
  ['Azure\u2019s own', '168.63.129.16'],
  ['link-local', '169.254.0.0', '169.254.169.254', '169.254.255.255'],
  ['private', '172.16.0.0', '172.31.255.255'],
  ['protocol assignments', '192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ['documentation', '192.0.2.0', '192.0.2.255'],
  ['AS112', '192.31.196.0', '192.31.196.255', '192.175.48.0', '192.175.48.255'],
  ['multicast tunnels', '192.52.193.0', '192.52.193.255'],
  ['6to4 relays', '192.88.99.0', '192.88.99.255'],
  ['private', '192.168.0.0', '192.168.255.255'],
  ['benchmarking', '198.18.0.0', '198.19.255.255'],
  ['documentation', '198.51.100.0', '198.51.100.255', '203.0.113.0', '203.0.113.255'],
  ['multicast', '224.0.0.0', '239.255.255.255'],
  ['reserved', '240.0.0.0', '255.255.255.254'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '::'],
  ['loopback', '::1', '0:0:0:0:0:0:0:1'],
  ['IPv4-compatible', '::2', '::8.8.8.8', '::ffff'],
  ['mapped', '::ffff:0.0.0.0', '::ffff:10.0.0.1', '::ffff:7f00:1', '::FFFF:169.254.169.254', '::ffff:c0a8:1'],
  ['translated', '::ffff:0:8.8.8.8'],
  ['NAT64 of the inside', '64:ff9b::', '64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe'],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1::808:808', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['beside NAT64', '64:ff9b:0:1::808:808', '64:ff9a::808:808'],
  ['discard-only', '100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::1'],
  ['protocol assignments', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['benchmarking', '2001:2::1'],
  ['ORCHID', '2001:10::1', '2001:20::1'],
  ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '3fff::', '3fff:fff:ffff::1'],
  ['6to4 of the inside', '2002::', '2002:a00:1::1', '2002:7f00:1::', '2002:c0a8:101::1', '2002:a9fe:a9fe::'],
  ['AS112', '2620:4f:8000::1'],
  ['6bone', '3ffe::1', '3ffe:ffff::1'],
  ['segment routing', '5f00::1'],
  ['not handed out', '4000::1', '1fff:ffff::1', 'fbff:ffff::1'],
  ['unique local', 'fc00::', 'fd00:ec2::254', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['link-local', 'fe80::', 'fe80::1', 'febf:ffff::1', 'fe80::1%eth0', 'fe80::1%1'],
  ['site-local', 'fec0::1', 'feff:ffff::1'],
  ['multicast', 'ff00::', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['public, but with a zone', '2606:4700::1111%eth0'],
  [
    'no address',
    '',
    'localhost',
    '8.8.8',
    '8.8.8.8.8',
    '08.8.8.8',
    '2606:4700:::1',
    '8.8.8.8/32',
    '::ffff:8.8.8',
  ],
];

/** Addresses on either side of the blocks above, and other public ones. */
const OUTSIDE = [
  ...['1.0.0.0', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.0', '168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255'],
  ...['172.32.0.0', '191.255.255.255', '192.0.1.0', '192.0.3.0', '192.88.98.255', '192.167.255.255'],
  ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
  ...['::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::8.8.8.8', '64:ff9b::808:808', '2002:808:808::1'],
  ...['2000::1', '2001:200::1', '2001:db7:ffff::1', '2001:db9::1', '2606:4700::1111', '2a00:1450::1'],
  ...['3ffd:ffff::1', '3fff:1000::1'],
];

describe('an address', () => {
  test.each(INSIDE)('is not for callbacks when it is %s: %s', (_, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  test('that is public is for callbacks', () => {
    expect(OUTSIDE.filter((address) => !isPublicAddress(address))).toEqual([]);
  });

  test('is judged alike in every IPv6 form of it', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const notable = fc.constantFrom(
      ...INSIDE.flatMap(([, ...all]) => all.filter(isIPv4)),
      ...OUTSIDE.filter(isIPv4),
    );
    const random = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
    fc.assert(
      fc.property(fc.oneof(notable, random), (ipv4) => {
        const hex = Buffer.from(ipv4.split('.').map(Number)).toString('hex');
        const [high, low] = [hex.slice(0, 4), hex.slice(4)];
        const forms = [`::ffff:${ipv4}`, `64:ff9b::${high}:${low}`, `2002:${high}:${low}:1::2`];
        expect(forms.map(isPublicAddress)).toEqual(forms.map(() => isPublicAddress(ipv4)));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** What people write into URLs, and the parser of URLs makes one of the above of. */
const INSIDE_HOSTS = [
  ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0x7F.0.0.0x1', '017700000001'],
  ...[
    '0177.0.0.1',
    '0177.1',
    '127.0.0.1.',
    '127.0.0.1..',
    '0',
    '0x',
    '0.0.0.0',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
  ],
  ...[
    '127。0。0。1',
    '①②⑦.0.0.1',
    '10.1',
    '0xa.1',
    '3232235777',
    '192.168.257',
    '169.254.43518',
    '0xa9fea9fe',
  ],
  ...[
    '[::1]',
    '[::]',
    '[0::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[fe80::1]',
    '[fd00::1]',
  ],
  ...['[64:ff9b::10.0.0.1]', '[2002:7f00:1::]', '[2001:0:4136:e378:8000:63bf:3fff:fdd2]', '[ff02::1]'],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost..',
    'ⓛocalhost',
    'loc%61lhost',
    'a.localhost',
    'a.b.localhost.',
  ],
  ...[
    'printer.local',
    'metadata.google.internal',
    'router.home.arpa',
    'home.arpa',
    'local',
    'internal.',
    'intranet',
  ],
  ...['com', '.', '..'],
];

const OUTSIDE_HOSTS = [
  ...[
    'feature.example.com',
    'ffmpeg.org',
    'fd.io',
    'fc00.example',
    'fe80.com',
    'fd00.example.com',
    'ff02.net',
  ],
  ...[
    'example.com.',
    'EXAMPLE.com',
    'localhost.example.com',
    'mylocalhost.com',
    'local.example',
    'internal.example.com',
  ],
  ...[
    'notlocal.example',
    'x-internal.io',
    'home.arpa.example',
    '10.example.com',
    '127.0.0.1.example.com',
    '1.2.3.4.example',
  ],
  ...[
    'xn--bcher-kva.example',
    'bücher.example',
    'a_b.example.com',
    '0x7f.example',
    '2130706433.example',
    'dead.beef.cafe',
  ],
  ...[
    '8.8.8.8',
    '134744072',
    '0x08080808',
    '8.8.8.8.',
    '[2606:4700::1111]',
    '[::ffff:8.8.8.8]',
    '[64:ff9b::8.8.8.8]',
  ],
];

describe('the host of a URL', () => {
  const hostOf = (host: string) => new URL(`https://${host}:8443/hook`).hostname;

  test.each(INSIDE_HOSTS)('is refused when it is %s', (host) => {
    expect(isPublicHost(hostOf(host))).toBe(false);
  });

  test.each(OUTSIDE_HOSTS)('passes when it is %s', (host) => {
    expect(isPublicHost(hostOf(host))).toBe(true);
  });

  // What the parser refuses never gets as far as the policy.
  test.each([
    '256.1.1.1',
    '1.2.3.4.5',
    'foo.0x1',
    '[fe80::1%25eth0]',
    '[::1',
    '::1',
    '0x100000000',
    'a b.example',
  ])('is no host at all when it is %s', (host) => {
    expect(URL.canParse(`https://${host}/`)).toBe(false);
  });
});
