/** From a name to all its addresses, for connections that go to exactly those. Nothing is remembered. */

import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/**
 * Gives every address of a name, none if it has none. An IP address is its own.
 * @throws whatever the resolver throws, and the signal's reason once that is aborted.
 */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly LookupAddress[]>;

/** A name server that does not answer is asked once more, within the time that a webhook has. */
const QUERY = { timeout: 1_500, tries: 2 };

/**
 * Asks name servers. It can be broken off, and holds no thread of the process while it waits: names chosen by
 * strangers, on name servers of theirs that never answer, keep nothing else waiting.
 * @param servers IP addresses, with a port where it is not 53; default are those of the system.
 */
export function resolveInDns(servers?: readonly string[]): Resolve {
  return async (name, signal) => {
    if (isIP(name) !== 0) return [toLookup(name)];
    signal.throwIfAborted();
    const resolver = new dns.Resolver(QUERY);
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel);
    // A name may well have addresses of one kind only.
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    signal.removeEventListener('abort', cancel);
    signal.throwIfAborted();
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.map(toLookup) : []));
  };
}

/** Asks the operating system, which also knows the hosts file and the names of the local network. */
export const resolveInSystem: Resolve = async (name, signal) => {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return await Promise.race([dns.lookup(name, { all: true }), aborted]);
};

function toLookup(address: string): LookupAddress {
  return { address, family: isIP(address) };
}
