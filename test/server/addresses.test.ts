/** How little of an address is kept. */

import { expect, test } from 'vitest';
import { callerAddress } from '../../src/server/secrets/callers.js';
import { loggedAddress } from '../../src/server/telemetry/log.js';

test.each([
  ['192.0.2.77', '192.0.2.0/24', '192.0.2.77/32'],
  ['::ffff:192.0.2.77', '192.0.2.0/24', '192.0.2.77/32'],
  ['::FFFF:10.1.2.3', '10.1.2.0/24', '10.1.2.3/32'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48', '2001:db8:1:2::/64'],
  ['2001:DB8:0001::6', '2001:db8:1::/48', '2001:db8:1:0::/64'],
  ['2001:db8::', '2001:db8:0::/48', '2001:db8:0:0::/64'],
  ['::1', '0:0:0::/48', '0:0:0:0::/64'],
  ['::', '0:0:0::/48', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0::/48', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.77', '64:ff9b:0::/48', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:192.0.2.77', '1:2:3::/48', '1:2:3:4::/64'],
])('%s is logged as %s and stands for %s', (address, logged, caller) => {
  expect(loggedAddress(address)).toBe(logged);
  expect(callerAddress(address)).toBe(caller);
});

test.each(['', 'localhost', '1.2.3', '1:2:3', 'a'.repeat(1000)])('%s is no address', (text) => {
  expect(loggedAddress(text)).toBe('unknown');
  expect(callerAddress(text)).toBe(text);
});
