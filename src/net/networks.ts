/** The network that an IP address belongs to, for logs and names that must not hold the whole address. */

import { isIP } from 'node:net';

/**
 * The network of `address` in CIDR notation, such as `192.0.2.0/24` or `2001:db8:1::/48`; `null` if that is no IP
 * address. An IPv6 address that stands for an IPv4 address (mapped, RFC 4291) counts as that one, and a zone is
 * ignored.
 * @param ipv4Bits length of an IPv4 network's prefix: 8, 16, 24 or 32.
 * @param ipv6Bits length of an IPv6 network's prefix: a multiple of 16, at most 96.
 */
export function networkOf(address: string, ipv4Bits: number, ipv6Bits: number): string | null {
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
