/** `zephr serve`: settings for the server, its log on stderr, and its end. */

import { join } from 'node:path';
import { parseServer } from '../../../core/link.js';
import type { TlsFiles } from '../../../server/http/tls-files.js';
import type { PackedFile } from '../../../server/routes/page-files.js';
import { ACCESS_MODES, type Access } from '../../../server/secrets/access.js';
import { startServer } from '../../../server/serve.js';
import { usageError } from '../../exit/exit.js';
import { serveSetting, serveSwitch, storePlace } from '../../settings/serve-settings.js';
import type { CommonFlags } from '../../settings/settings.js';
import { VERSION } from '../../terminal/environment.js';
import type { Terminal } from '../../terminal/terminal.js';
import { logWriter } from './log-writer.js';

declare const __ZEPHR_STORE_THREAD__: string | undefined;

/** The bundle has a program for the store's thread beside this one; run from source, the store shares the server's. */
const STORE_THREAD =
  typeof __ZEPHR_STORE_THREAD__ === 'string' ? join(__dirname, __ZEPHR_STORE_THREAD__) : undefined;

/** The files of the web page as JSON: put in by the bundler, or by .scripts/zephr.ts when run from source. */
declare const __ZEPHR_WEB_PAGE__: string;

export interface ServeFlags extends CommonFlags {
  readonly host?: string;
  readonly port?: string;
  readonly store?: string;
  readonly access?: string;
  readonly rateLimit?: string;
  readonly trustProxy?: string;
  readonly baseUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxConnections?: string;
  readonly metrics?: boolean;
  readonly allowPrivateCallbacks?: boolean;
}

/**
 * Runs a server until SIGINT or SIGTERM; then what is in flight is finished first. A SIGHUP does the same, but where
 * there is a certificate to read again: then it does that.
 */
export async function serve(flags: ServeFlags, terminal: Terminal): Promise<void> {
  const { env, stdout, stderr } = terminal;
  const setting = (flag: string | undefined, name: string) => serveSetting(flag, name, env);
  const tls = tlsFiles(setting(flags.tlsCert, 'TLS_CERT'), setting(flags.tlsKey, 'TLS_KEY'));
  const server = await startServer({
    host: setting(flags.host, 'HOST') ?? '127.0.0.1',
    port: portNumber(setting(flags.port, 'PORT') ?? '8787'),
    store: storePlace(flags.store, terminal),
    storeThread: STORE_THREAD,
    version: VERSION,
    page: JSON.parse(__ZEPHR_WEB_PAGE__) as readonly PackedFile[],
    access: accessMode(setting(flags.access, 'ACCESS') ?? 'open'),
    rateLimit: rateLimit(setting(flags.rateLimit, 'RATE_LIMIT')),
    trustedProxies: addressRanges(setting(flags.trustProxy, 'TRUST_PROXY')),
    baseUrl: baseUrl(setting(flags.baseUrl, 'BASE_URL')),
    tls,
    maxConnections: maxConnections(setting(flags.maxConnections, 'MAX_CONNECTIONS')),
    allowPrivateCallbacks: serveSwitch(flags.allowPrivateCallbacks, 'ALLOW_PRIVATE_CALLBACKS', env),
    metrics: serveSwitch(flags.metrics, 'METRICS', env),
    log: logWriter(stderr),
  });
  const interrupt = whenInterrupted(terminal, tls === undefined ? undefined : server.reload);
  await stdout.write(`${server.url}\n`);
  await interrupt;
  await server.close();
}

/** The first interrupt; later ones change nothing, for the end is on its way and has its own time limit. */
function whenInterrupted(terminal: Terminal, onHangup?: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    terminal.onInterrupt((signal) => {
      if (signal === 'SIGHUP' && onHangup !== undefined) void onHangup();
      else resolve();
    });
  });
}

function portNumber(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw usageError('the port is not a number from 0 to 65535');
  return port;
}

function accessMode(text: string): Access {
  const access = ACCESS_MODES.find((mode) => mode === text);
  if (access === undefined) throw usageError('the access mode is not open, tiered or closed');
  return access;
}

function rateLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) {
    throw usageError('the rate limit is not a number', 'write it as creates a minute, or 0 for none');
  }
  return Number(text);
}

function addressRanges(text: string | undefined): string[] {
  return text?.split(',').map((range) => range.trim()) ?? [];
}

/** The address that clients use, where it is not the one listened on. */
function baseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseServer(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw usageError(`${why} (from --base-url)`, 'write it as https://host or https://host/path', cause);
  }
}

function tlsFiles(cert: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw usageError('--tls-key is given without --tls-cert', 'name both files');
  if (key === undefined) throw usageError('--tls-cert is given without --tls-key', 'name both files');
  return { cert, key };
}

function maxConnections(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (count === 0) throw usageError('the limit of connections is not a number from 1 to 999999');
  return count;
}
