/** Whether a request may carry a secret, by the secret's own binding: what an agent can edit widens nothing. */

import { isIP } from 'node:net';
import type { HostPolicy } from '../../net/guarded-connection.js';
import { hostName } from '../../net/host-name.js';
import { isPublicAddress, isPublicHost } from '../../net/public-addresses.js';
import { splitBoundHost } from '../../vault/policy.js';
import type { Policy } from '../../vault/records.js';
import { formatSlot, isSameSlot, parseSlot, type Slot } from '../../vault/request-slots.js';
import { type PolicyCode, PolicyError } from '../broker-error.js';

/** What a secret is wanted for. */
export interface WantedUse {
  readonly url: URL;
  /** In capitals. */
  readonly method: string;
  readonly slot: Slot;
}

interface BoundHost {
  readonly host: string;
  /** Empty for that of the scheme. */
  readonly port: string;
  /** Null for any. */
  readonly path: string | null;
}

/** What some servers read as a slash or a dot where others do not, so that one path is two. */
const AMBIGUOUS_PATH = /%(?:2e|2f|5c|25|00)|\\|;|\/\//i;

/**
 * Checks that the binding of the secret `name` allows the use.
 * @throws PolicyError that says why not, and what would allow it.
 */
export function checkBinding(name: string, policy: Policy, { url, method, slot }: WantedUse): void {
  const { hosts = [], methods = [], as } = policy;
  const own = `${hostName(url.hostname)}${url.port === '' ? '' : `:${url.port}`}`;
  const refuse = (message: string, code: PolicyCode, more: Policy | null) => {
    throw new PolicyError(message, code, more && bindingLine(name, { ...policy, ...more }));
  };
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    refuse('secrets go over https, or to this machine', 'NOT_HTTPS', null);
  }
  const withHost = { hosts: [...hosts, own] };
  const ofHost = hosts.map(parseHost).filter((bound) => isHost(bound, url));
  if (hosts.length === 0)
    refuse(`${name} is bound to no host, so no request carries it`, 'NOT_BOUND', withHost);
  if (ofHost.length === 0) refuse(`${name} is not bound to ${own}`, 'HOST_NOT_BOUND', withHost);
  if (!ofHost.some(({ path }) => isPath(path, url.pathname))) {
    refuse(`${name} is bound to other paths of ${own}`, 'PATH_NOT_BOUND', withHost);
  }
  if (methods.length > 0 && !methods.includes(method)) {
    const message = `${name} is bound to other methods than ${method}`;
    refuse(message, 'METHOD_NOT_ALLOWED', { methods: [...methods, method] });
  }
  if (as !== undefined && !isSameSlot(parseSlot(as), slot)) {
    refuse(`${name} goes into requests as ${as} only`, 'SLOT_NOT_ALLOWED', { as: formatSlot(slot) });
  }
}

/** The command line that gives the secret this policy. */
function bindingLine(name: string, { hosts = [], as, methods = [], approve, run }: Policy): string {
  const options = [
    `--host ${quoted(hosts.join(','))}`,
    ...(as === undefined ? [] : [`--as ${quoted(as)}`]),
    ...(methods.length === 0 ? [] : [`--methods ${methods.join(',')}`]),
    ...(approve ? ['--approve'] : []),
    ...(run ? ['--run'] : []),
  ];
  return `zephr vault bind ${name} ${options.join(' ')}`;
}

/** For a shell: a path may end in `*`. */
function quoted(text: string): string {
  return /^[\w.,:/@%+=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Where a connection for `url` may go: to public addresses, and into private networks only where one of the bindings
 * names the host itself, as an address, `localhost` or a name that is reserved for local networks.
 */
export function reachOf(url: URL, policies: readonly Policy[]): HostPolicy {
  const name = hostName(url.hostname);
  const isBound = policies.some((policy) => isBoundTo(policy, url));
  const isLocal = isBound && !isPublicHost(url.hostname);
  const allowsLocal = (address: string) => {
    if (isIP(name) !== 0) return address === name;
    if (name === 'localhost' || name.endsWith('.localhost')) return /^(127\.|::1$)/.test(address);
    // 169.254.169.254 and its like are asked for an instance's credentials by name, too.
    return !/^(127\.|169\.254\.|0\.|::1?$|fe[89ab])/i.test(address);
  };
  return {
    allowsHost: (host) => isPublicHost(host) || (isLocal && hostName(host) === name),
    allowsAddress: (address) => isPublicAddress(address) || (isLocal && allowsLocal(address)),
  };
}

/** Whether a policy names the host and port of a URL, whatever it says of paths and methods. */
export function isBoundTo({ hosts = [] }: Policy, url: URL): boolean {
  return hosts.map(parseHost).some((bound) => isHost(bound, url));
}

/** Whether the URL's host is this machine, and says so by itself. */
export function isLoopback({ hostname }: URL): boolean {
  const name = hostName(hostname);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function parseHost(text: string): BoundHost {
  const { host, port = '', path = null } = splitBoundHost(text);
  return { host: hostName(host), port, path };
}

function isHost({ host, port }: BoundHost, url: URL): boolean {
  // A WHATWG URL has no port where it is that of the scheme.
  const wanted = url.port || (url.protocol === 'https:' ? '443' : '80');
  const own = port || (url.protocol === 'https:' ? '443' : '80');
  return hostName(url.hostname) === host && wanted === own;
}

function isPath(bound: string | null, path: string): boolean {
  if (bound === null || bound === '/*') return true;
  if (AMBIGUOUS_PATH.test(path)) return false;
  return bound.endsWith('*') ? path.startsWith(bound.slice(0, -1)) : path === bound;
}
