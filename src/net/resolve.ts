/** Finds all addresses of a name, for connections that go to exactly those. Nothing is cached. */

import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/**
 * Finds every address of a name; none if it has none. An IP address resolves to itself.
 * @throws what the resolver throws, and the signal's reason once the signal is aborted.
 */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly LookupAddress[]>;

/** A name server that does not answer in 1.5 s is asked once more: both fit into the 5 s that a webhook has. */
const QUERY = { timeout: 1_500, tries: 2 };

/**
 * Resolves by asking name servers. It can be aborted, and occupies no thread of the process while it waits: an
 * attacker who names hosts whose name servers never answer keeps nothing else waiting.
 * @param servers IP addresses, with a port where it is not 53. Default: those of the system.
 */
export function resolveInDns(servers?: readonly string[]): Resolve {
  return async (name, signal) => {
    if (isIP(name) !== 0) return [toLookup(name)];
    signal.throwIfAborted();
    const resolver = new dns.Resolver(QUERY);
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel);
    // Many names have addresses of one kind only.
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    signal.removeEventListener('abort', cancel);
    signal.throwIfAborted();
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.map(toLookup) : []));
  };
}

/** Resolves by asking the operating system, which also knows the hosts file and the names of the local network. */
export const resolveInSystem: Resolve = async (name, signal) => {
  signal.throwIfAborted();
  const answered = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true, signal: answered.signal });
  });
  try {
    return await Promise.race([dns.lookup(name, { all: true }), aborted]);
  } finally {
    answered.abort();
  }
};

function toLookup(address: string): LookupAddress {
  return { address, family: isIP(address) };
}
