/** IP addresses: who a caller is taken for, and how little of it a log may hold. */

import { isIP } from 'node:net';

/**
 * What tells callers without a key apart: an IPv4 address, or the /64 of an IPv6 address, since a single host
 * has all of that to itself. Text that is no address stands for itself.
 */
export function callerAddress(address: string): string {
  return networkOf(address, 32, 64) ?? address;
}

/** What a log may hold of an address: its IPv4 /24 or IPv6 /48, or `unknown`. */
export function loggedAddress(address: string): string {
  return networkOf(address, 24, 48) ?? 'unknown';
}

/** The network of `address` in CIDR notation, or `null` if that is no IP address. */
function networkOf(address: string, ipv4Bits: number, ipv6Bits: number): string | null {
  const [bare = ''] = address.split('%');
  const mapped = /^::ffff:([0-9.]+)$/i.exec(bare)?.[1];
  const family = isIP(mapped ?? bare);
  if (family === 4) {
    const kept = (mapped ?? bare).split('.').slice(0, ipv4Bits / 8);
    return `${[...kept, '0', '0', '0'].slice(0, 4).join('.')}/${ipv4Bits}`;
  }
  if (family === 6) return `${ipv6Groups(bare, ipv6Bits / 16).join(':')}::/${ipv6Bits}`;
  return null;
}

/** The first `count` of the eight groups, at most six, in hexadecimal without leading zeros. */
function ipv6Groups(address: string, count: number): string[] {
  const [before = '', after = ''] = address.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === '' ? [] : after.split(':');
  // An IPv4 address at the end stands for two groups.
  const tailLength = tail.length + (after.includes('.') ? 1 : 0);
  const zeros = address.includes('::') ? 8 - head.length - tailLength : 0;
  const groups = [...head, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...tail];
  return groups.slice(0, count).map((group) => Number.parseInt(group, 16).toString(16));
}
