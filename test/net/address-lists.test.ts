/** Whether an address is in a list of addresses and networks. */

import { expect, it } from 'vitest';
import { isInList } from '../../src/net/address-lists.js';

it.each([
  ['203.0.113.7', ['203.0.113.7']],
  ['203.0.113.255', ['198.51.100.1', '203.0.113.0/24']],
  // Bits behind the prefix do not count.
  ['203.0.113.1', ['203.0.113.200/24']],
  ['198.51.100.1', ['0.0.0.0/0']],
  ['2001:db8::1', ['2001:DB8:0:0:0:0:0:1']],
  // Digits behind the colons are still in hex.
  ['::8', ['::08']],
  ['0:0:0:0:0:0:0:10', ['::10']],
  ['2001:db8:ffff::1', ['2001:db8::/32']],
  ['fe80::1%eth0', ['fe80::/10']],
  ['::ffff:203.0.113.7', ['203.0.113.0/24']],
  ['::FFFF:cb00:7107', ['203.0.113.7']],
  ['203.0.113.7', ['::ffff:203.0.113.7']],
  ['::ffff:203.0.113.7', ['::ffff:203.0.113.0/120']],
])('%s is in %j', (address, list) => expect(isInList(address, list)).toBe(true));

it.each([
  ['203.0.114.1', ['203.0.113.0/24']],
  ['203.0.113.8', ['203.0.113.7', '198.51.100.0/24']],
  ['2001:db9::1', ['2001:db8::/32']],
  ['::a', ['::10']],
  // All of IPv4 is not all of IPv6, nor the other way round.
  ['2001:db8::1', ['0.0.0.0/0']],
  ['203.0.113.7', ['::/0']],
  ['::ffff:203.0.114.1', ['203.0.113.0/24']],
  // Other ways to hold an IPv4 address in IPv6 are addresses of their own: anybody can have them.
  ['64:ff9b::cb00:7107', ['203.0.113.7']],
  ['2002:cb00:7107::1', ['203.0.113.7']],
  ['::203.0.113.7', ['203.0.113.7']],
  ['', ['0.0.0.0/0', '::/0']],
  ['unknown', ['0.0.0.0/0', '::/0']],
  ['203.0.113.7', []],
])('%s is not in %j', (address, list) => expect(isInList(address, list)).toBe(false));
