/** How a server is reached: through which proxy, and trusting which certificate authorities. */

import type { HttpFetch } from '../../net/http.js';
import { fetchFor, proxyFor } from '../../net/proxy.js';
import { Trust } from '../../net/trust.js';
import { CliError, Interrupted, usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import { readUpTo } from '../files/bounded-read.js';
import type { Terminal } from '../terminal/terminal.js';
import type { CommonFlags } from './settings.js';

export interface Connection {
  readonly fetch: HttpFetch;
  /** The proxy on the way, if there is one. */
  readonly proxy: URL | null;
  readonly trust: Trust;
}

/** The longest file of certificates, in bytes: ten times what a system has. */
const MAX_BYTES = 4 << 20;

/**
 * Finds the way to a server. Nothing is sent.
 * @throws ValidationError `INVALID_PROXY`; CliError exit 2 when the file of `--ca-file` holds no certificate. It is read
 *   only where there is TLS on the way.
 */
export async function connectionTo(
  server: string,
  { caFile }: Pick<CommonFlags, 'caFile'>,
  terminal: Terminal,
): Promise<Connection> {
  const proxy = proxyFor(server, terminal.env);
  const hasTls = server.startsWith('https:') || proxy?.protocol === 'https:';
  const trust = await trustFor(hasTls && caFile !== undefined ? { caFile } : {}, terminal);
  return { fetch: fetchFor(server, terminal.env, trust), proxy, trust };
}

/** How a server is reached, for the client: the way there, and when a request ends. @throws as {@link connectionTo}. */
export async function transportTo(
  server: string,
  flags: Pick<CommonFlags, 'caFile' | 'timeout'>,
  terminal: Terminal,
): Promise<{ readonly fetch: HttpFetch; readonly timeout: number; readonly signal: AbortSignal }> {
  const { fetch } = await connectionTo(server, flags, terminal);
  return { fetch, timeout: flags.timeout, signal: terminal.interrupt };
}

/**
 * Whom to trust: the authorities of `--ca-file`, or Node's and the system's.
 * @throws CliError exit 2, as {@link connectionTo}.
 */
export async function trustFor({ caFile }: Pick<CommonFlags, 'caFile'>, terminal: Terminal): Promise<Trust> {
  if (caFile === undefined) return Trust.ofSystem(terminal.env);
  return Trust.only(await readAuthorities(caFile, terminal));
}

async function readAuthorities(path: string, terminal: Terminal): Promise<string> {
  const refused = (why: string, cause?: unknown) =>
    usageError(`no certificates in ${path}: ${why}`, '--ca-file takes a file of certificates in PEM', cause);
  let bytes: Uint8Array;
  try {
    ({ bytes } = await readUpTo(path, MAX_BYTES + 1, 'certificates', terminal));
  } catch (cause) {
    if (cause instanceof Interrupted || cause instanceof CliError) throw cause;
    throw refused(systemReason(cause), cause);
  }
  if (bytes.length > MAX_BYTES) throw refused('it is too large');
  const pem = new TextDecoder().decode(bytes);
  // TLS takes a file without certificates for one that trusts nobody, and a damaged one for what stands before the damage.
  const { X509Certificate } = await import('node:crypto');
  const certificates = pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]*/g) ?? [];
  if (certificates.length === 0) throw refused('it is not PEM');
  try {
    for (const start of certificates) new X509Certificate(`${start}-----END CERTIFICATE-----\n`);
  } catch (cause) {
    throw refused('one of them is damaged', cause);
  }
  return pem;
}
