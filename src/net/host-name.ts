/** The host of a URL as resolvers, sockets and TLS want it. A URL has brackets around IPv6, and may end in a dot. */

import { isIP } from 'node:net';

/** The name or address in the host of a WHATWG URL, without its brackets or the dots of the root, in lower case. */
export function hostName(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(?<!\.)\.+$/, '')
    .toLowerCase();
}

/** The port of a URL, that of its scheme where it names none. */
export function portOf({ protocol, port }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/**
 * The name that a TLS client asks a host for (server name indication, RFC 6066 section 3).
 * @param name as {@link hostName} gives it.
 * @returns empty for an address, which is no server name; its certificate is checked all the same.
 */
export function serverName(name: string): string {
  return isIP(name) === 0 ? name : '';
}
