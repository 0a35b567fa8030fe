/** Lists of addresses and networks, and whether an address is in one. */

import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Bits of an IPv6 address before the IPv4 address that it stands for (mapped, RFC 4291 section 2.5.5.2). */
const MAPPED_BITS = 96;

/**
 * An address as it is looked up: without a zone, and an IPv6 address that stands for an IPv4 address as that one. Null for
 * what is no address.
 */
export function plainAddress(address: string): string | null {
  return addressIn(address)?.toString() ?? null;
}

/**
 * Whether `address` is one of `list`, or in one of its networks. An IPv6 address that stands for an IPv4 address counts
 * as that one, in the list too; a zone is ignored. What is no address is in no list.
 * @param list of IPv4 and IPv6 addresses and networks in CIDR notation. Bits behind a network's prefix do not count.
 */
export function isInList(address: string, list: readonly string[]): boolean {
  const one = addressIn(address);
  if (one === null) return false;
  return list.some((entry) => {
    const [network, bits] = networkIn(entry);
    return one.kind() === network.kind() && one.match(network, bits);
  });
}

/**
 * An address. One such as `::203.0.113.7`, which once meant an IPv4 address in IPv6 (RFC 4291 section 2.5.5.1), is none:
 * ipaddr.js takes it for a mapped one.
 */
function parsed(text: string): Address {
  // The dots tell it from the last part of an IPv6 address: `::10` is sixteen.
  const octets = /^::[0-9]+(?:\.[0-9]+){3}$/.test(text)
    ? ipaddr.IPv4.parse(text.slice(2)).toByteArray()
    : null;
  return octets === null
    ? ipaddr.parse(text)
    : ipaddr.fromByteArray([...Array<number>(12).fill(0), ...octets]);
}

function addressIn(text: string): Address | null {
  const [bare = ''] = text.split('%');
  if (!ipaddr.isValid(bare)) return null;
  const address = parsed(bare);
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
  return isMapped ? address.toIPv4Address() : address;
}

/** An entry of a list. One that holds the IPv4 addresses in IPv6 is a network of these. */
function networkIn(entry: string): [network: Address, bits: number] {
  const [text = '', prefix] = entry.split('/');
  const network = parsed(text);
  const bits = prefix === undefined ? (network.kind() === 'ipv4' ? 32 : 128) : Number(prefix);
  if (!(network instanceof ipaddr.IPv6) || !network.isIPv4MappedAddress() || bits < MAPPED_BITS) {
    return [network, bits];
  }
  return [network.toIPv4Address(), bits - MAPPED_BITS];
}
