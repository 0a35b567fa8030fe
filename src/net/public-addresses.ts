/**
 * Which IP addresses and host names are of the public Internet. The others lead into the networks that a machine
 * stands in, where only its operator should be able to send it (server-side request forgery).
 */

import { BlockList, isIP } from 'node:net';
import { hostName } from './host-name.js';

/**
 * Every block of the IANA IPv4 Special-Purpose Address Registry, those that are called globally reachable as well:
 * no public service has its address in one of them. And multicast, reserved addresses, and a public address at which
 * Azure answers only its own virtual machines.
 */
const PRIVATE_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;

/**
 * The IPv6 blocks that may hold public addresses: global unicast as IANA assigns it (RFC 4291 section 2.4), and two
 * prefixes that stand for IPv4 addresses, mapped (RFC 4291) and NAT64 (RFC 6052). That leaves out the unspecified
 * address, loopback, IPv4-compatible, local NAT64 (64:ff9b:1::/48), discard-only, unique local, link-local and
 * multicast.
 */
const PUBLIC_IPV6 = ['2000::/3', '::ffff:0:0/96', '64:ff9b::/96'] as const;

/**
 * The blocks within those that are not public: IETF protocol assignments with Teredo, ORCHID and benchmarking, AS112,
 * the 6bone, and documentation (IANA IPv6 Special-Purpose Address Registry).
 */
const PRIVATE_IPV6 = ['2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3ffe::/16', '3fff::/20'] as const;

/**
 * Names that are reserved for local networks: RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), and
 * internal, by a resolution of ICANN. Any other name is as public as the addresses that it resolves to.
 */
const LOCAL_NAMES = /(^|\.)(localhost|local|home\.arpa|internal)$/;

const notPublic = new BlockList();
const maybePublic = new BlockList();

maybePublic.addSubnet('0.0.0.0', 0, 'ipv4');
for (const block of PUBLIC_IPV6) addIpv6(maybePublic, block);
for (const block of PRIVATE_IPV6) addIpv6(notPublic, block);
for (const block of PRIVATE_IPV4) {
  const [address, bits] = parts(block);
  notPublic.addSubnet(address, bits, 'ipv4');
  notPublic.addSubnet(`::ffff:${address}`, 96 + bits, 'ipv6');
  notPublic.addSubnet(`64:ff9b::${address}`, 96 + bits, 'ipv6');
  // 6to4 has the IPv4 address after its first 16 bits (RFC 3056).
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16));
  notPublic.addSubnet(`2002:${groups.join(':')}::`, 16 + bits, 'ipv6');
}

/**
 * Whether `address` is an IP address of the public Internet. IPv6 addresses that stand for an IPv4 address (mapped,
 * NAT64, 6to4) count as that one. An address with a zone is not public.
 */
export function isPublicAddress(address: string): boolean {
  const known = recent.get(address);
  if (known !== undefined) return known;
  const isPublic = isInPublicBlock(address);
  if (recent.size >= MOST_RECENT) recent.clear();
  recent.set(address, isPublic);
  return isPublic;
}

/** What was found of addresses lately: to look for one takes as long as half of all else that a proxy does for a request. */
const recent = new Map<string, boolean>();
const MOST_RECENT = 1_000;

function isInPublicBlock(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  return maybePublic.check(address, type) && !notPublic.check(address, type);
}

/**
 * Whether `host`, as a WHATWG URL has it, may be a public one: a public address (see {@link isPublicAddress}), or a
 * name that is not reserved for local networks. The addresses that the name resolves to are still to be checked.
 */
export function isPublicHost(host: string): boolean {
  const name = hostName(host);
  if (isIP(name) !== 0) return isPublicAddress(name);
  // A name without a dot is looked up in the local domain.
  return name.includes('.') && !LOCAL_NAMES.test(name);
}

function addIpv6(list: BlockList, block: string): void {
  const [address, bits] = parts(block);
  list.addSubnet(address, bits, 'ipv6');
}

function parts(block: string): [address: string, bits: number] {
  const [address = '', bits = ''] = block.split('/');
  return [address, Number(bits)];
}
