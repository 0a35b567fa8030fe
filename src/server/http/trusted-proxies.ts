/** The client's address where requests come through proxies: how much of `X-Forwarded-For` can be trusted. */

import { BlockList, isIP, SocketAddress } from 'node:net';
import { ValidationError } from '../../core/errors.js';

/** Finds a request's client from the peer of its connection and its `X-Forwarded-For` header, empty without one. */
export type ClientAddress = (peer: string, forwardedFor: string) => string;

/**
 * Trusts `X-Forwarded-For` as far as proxies in `ranges` have written it. Each proxy appends the address that its
 * request came from, so the header is read from its end: the first address that is not a trusted proxy's is the
 * client's, and the client can have made up all that stands before it. An entry that is not an address ends the search
 * at the last trusted proxy.
 * @param ranges such as `10.0.0.0/8`, `2001:db8::/32` or `127.0.0.1`. None: the header is never trusted.
 * @throws ValidationError `INVALID_TRUSTED_PROXY` that says which of them is neither an address nor a range.
 */
export function trustProxies(ranges: readonly string[]): ClientAddress {
  if (ranges.length === 0) return (peer) => peer;
  const isProxy = proxiesIn(ranges);
  return (peer, forwardedFor) => {
    const hops = forwardedFor.split(',');
    let client = peer;
    while (isProxy(client)) {
      const hop = addressOf(hops.pop() ?? '');
      if (hop === null) break;
      client = hop;
    }
    return client;
  };
}

/**
 * Makes a function that tells whether an address is in one of the ranges.
 * @throws ValidationError as {@link trustProxies}.
 */
export function proxiesIn(ranges: readonly string[]): (address: string) => boolean {
  // Most servers trust none, and parsing an address is a good part of what a request costs.
  if (ranges.length === 0) return () => false;
  const proxies = new BlockList();
  for (const range of ranges) addRange(proxies, range);
  return (address) => isIP(address) !== 0 && proxies.check(address, familyOf(address));
}

/** The address in an entry of the header, normalized. An entry may have a port; IPv6 stands in brackets then. */
function addressOf(entry: string): string | null {
  const text = entry.trim();
  const [, ipv4, ipv6] = /^(?:([0-9.]+)|\[(.+)\])(?::[0-9]{1,5})?$/.exec(text) ?? [];
  const address = ipv4 ?? ipv6 ?? text;
  if (isIP(address) === 0 || (ipv6 !== undefined && familyOf(ipv6) !== 'ipv6')) return null;
  return new SocketAddress({ address, family: familyOf(address) }).address;
}

function addRange(proxies: BlockList, range: string): void {
  const [address = '', bits, ...rest] = range.split('/');
  const family = familyOf(address);
  const most = family === 'ipv6' ? 128 : 32;
  const prefix = bits === undefined ? most : /^[0-9]{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (isIP(address) === 0 || address.includes('%') || !(prefix <= most) || rest.length > 0) {
    throw new ValidationError(
      `'${range}' is not a range of addresses such as 10.0.0.0/8 or 2001:db8::/32`,
      'INVALID_TRUSTED_PROXY',
    );
  }
  proxies.addSubnet(address, prefix, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
