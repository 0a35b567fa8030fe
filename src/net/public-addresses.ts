/**
 * Where webhooks may go. Whoever creates a secret names the place, and the server goes there: it must not become a
 * way into the networks it stands in (server-side request forgery).
 */

import { BlockList, isIP } from 'node:net';
import { ApiError } from '../core/errors.js';
import type { CreateRequest } from '../core/protocol/requests.js';

/** What a callback's URL may be. */
export interface CallbackPolicy {
  /** URL schemes, with their colon. */
  readonly protocols: readonly string[];
  /** Whether a name or an address in a URL may be asked for, as far as that can be told without DNS. */
  allowsHost(host: string): boolean;
  /** Whether a connection may be made to this IP address. */
  allowsAddress(address: string): boolean;
}

/** What any server on the Internet may be asked for. */
export const PUBLIC_CALLBACKS: CallbackPolicy = {
  protocols: ['https:'],
  allowsHost: isPublicHost,
  allowsAddress: isPublicAddress,
};

/** For an operator who trusts those who create: any place, and http as well. */
export const ANY_CALLBACKS: CallbackPolicy = {
  protocols: ['https:', 'http:'],
  allowsHost: () => true,
  allowsAddress: () => true,
};

/**
 * Every block of the IANA IPv4 Special-Purpose Address Registry, those that are called globally reachable as well:
 * none of them is where a receiver of webhooks lives. And multicast, what is reserved, and a public address behind
 * which Azure answers only its own virtual machines.
 */
const INSIDE_IPV4 = [
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
 * What may be public of IPv6: what is handed out for global unicast (RFC 4291 section 2.4), and two prefixes that
 * stand for IPv4 addresses, mapped (RFC 4291) and NAT64 (RFC 6052). That leaves out the unspecified address,
 * loopback, IPv4-compatible, local NAT64 (64:ff9b:1::/48), discard-only, unique local, link-local and multicast.
 */
const OUTSIDE_IPV6 = ['2000::/3', '::ffff:0:0/96', '64:ff9b::/96'] as const;

/**
 * What is not public within that: IETF protocol assignments with Teredo, ORCHID and benchmarking, AS112, the
 * 6bone, and documentation (IANA IPv6 Special-Purpose Address Registry).
 */
const INSIDE_IPV6 = ['2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3ffe::/16', '3fff::/20'] as const;

/**
 * Names that are kept for the networks inside: RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), and
 * internal, by a resolution of ICANN. Any other name is judged by what it resolves to.
 */
const INSIDE_NAMES = /(^|\.)(localhost|local|home\.arpa|internal)$/;

const inside = new BlockList();
const outside = new BlockList();

outside.addSubnet('0.0.0.0', 0, 'ipv4');
for (const block of OUTSIDE_IPV6) addIpv6(outside, block);
for (const block of INSIDE_IPV6) addIpv6(inside, block);
for (const block of INSIDE_IPV4) {
  const [address, bits] = parts(block);
  inside.addSubnet(address, bits, 'ipv4');
  inside.addSubnet(`::ffff:${address}`, 96 + bits, 'ipv6');
  inside.addSubnet(`64:ff9b::${address}`, 96 + bits, 'ipv6');
  // 6to4 has the IPv4 address after its first 16 bits (RFC 3056).
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16));
  inside.addSubnet(`2002:${groups.join(':')}::`, 16 + bits, 'ipv6');
}

/**
 * Whether `address` is an IP address of the public Internet. IPv6 addresses that stand for an IPv4 address (mapped,
 * NAT64, 6to4) are judged by that one. An address with a zone is none.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  return outside.check(address, type) && !inside.check(address, type);
}

/**
 * Whether `host`, as a WHATWG URL has it, may be a public one: an address as {@link isPublicAddress} has it, or a
 * name that is not kept for private use. What the name resolves to is another question.
 */
export function isPublicHost(host: string): boolean {
  const name = hostName(host);
  if (isIP(name) !== 0) return isPublicAddress(name);
  // A name without a dot is looked up in the local domain.
  return name.includes('.') && !INSIDE_NAMES.test(name);
}

/** The name or address in the host of a WHATWG URL: without brackets, and without the dots of the root. */
export function hostName(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(?<!\.)\.+$/, '')
    .toLowerCase();
}

/**
 * Lets only a callback pass whose host the policy allows; none at all passes.
 * @throws ApiError 400 `INVALID_CALLBACK_URL_HOST`.
 */
export function checkCallback(callback: CreateRequest['callback'], policy: CallbackPolicy): void {
  if (callback === null || policy.allowsHost(new URL(callback.url).hostname)) return;
  throw new ApiError('callback_url leads to a private or reserved address', 400, 'INVALID_CALLBACK_URL_HOST');
}

function addIpv6(list: BlockList, block: string): void {
  const [address, bits] = parts(block);
  list.addSubnet(address, bits, 'ipv6');
}

function parts(block: string): [address: string, bits: number] {
  const [address = '', bits = ''] = block.split('/');
  return [address, Number(bits)];
}
