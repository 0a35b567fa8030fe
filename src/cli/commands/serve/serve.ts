/** `zephr serve`: settings for the server, its log on stderr, and its end. */

import { join } from 'node:path';
import { EXPIRY_RANGE } from '../../../core/expiry.js';
import { parseServer } from '../../../core/link.js';
import type { TlsFiles } from '../../../server/http/tls-files.js';
import type { PackedFile } from '../../../server/routes/page-files.js';
import type { Access } from '../../../server/secrets/access.js';
import { startServer } from '../../../server/serve.js';
import { usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { notPermitted } from '../../exit/not-permitted.js';
import { messageOf } from '../../exit/reason.js';
import type { Context } from '../../parser/command.js';
import type { CommonFlags } from '../../settings/settings.js';
import { newStoreLocation } from '../../settings/store-location.js';
import { VERSION } from '../../terminal/environment.js';
import type { Terminal } from '../../terminal/terminal.js';
import { readBrand } from './brand.js';
import { logWriter } from './log-writer.js';
import { type MessageFlags, messageOptions } from './messages.js';
import { readableLine } from './readable-log.js';

declare const __ZEPHR_STORE_THREAD__: string | undefined;

/** The program of the store's thread, beside the bundle; run from source, the store shares the server's thread. */
const STORE_THREAD =
  typeof __ZEPHR_STORE_THREAD__ === 'string' ? join(__dirname, __ZEPHR_STORE_THREAD__) : undefined;

/** The files of the web page as JSON: put in by the bundler, or by .scripts/zephr.ts when run from source. */
declare const __ZEPHR_WEB_PAGE__: string;

const MB = 1024 * 1024;

export interface ServeFlags extends CommonFlags, MessageFlags {
  readonly host: string;
  readonly port: number;
  readonly store?: string;
  readonly access: Access;
  readonly rateLimit?: number;
  /** Minutes, both. */
  readonly maxExpiry?: number;
  readonly defaultExpiry?: number;
  readonly trustProxy?: readonly string[];
  readonly baseUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  /** In MB. */
  readonly maxMemory?: number;
  /** In MB, these three. */
  readonly maxUpload?: number;
  readonly maxStored?: number;
  readonly maxStoredPerCaller?: number;
  readonly brand?: string;
  readonly geoip?: string;
  readonly metrics?: boolean;
  readonly allowPrivateCallbacks?: boolean;
}

export type ServeContext = Context<ServeFlags>;

/**
 * Runs a server until SIGINT or SIGTERM, which let it finish the requests it has. A SIGHUP ends it in the same way,
 * unless there is a certificate: then that is read again.
 */
export async function serve({ flags, terminal }: ServeContext): Promise<ExitCode> {
  const { host, port, access, rateLimit, maxMemory } = flags;
  // Node throws this where nobody can catch it.
  if (!terminal.hasNetwork) throw notPermitted('Net');
  const tls = tlsFiles(flags);
  const brand = flags.brand === undefined ? undefined : await readBrand(flags.brand, terminal);
  const log = logWriter(terminal.stderr);
  terminal.onExit(() => log.flushNow());
  const readable = terminal.stderr.isTerminal && !flags.json;
  const server = await startServer({
    host,
    port,
    store: await newStoreLocation(flags.store, terminal),
    storeThread: STORE_THREAD,
    version: VERSION,
    page: JSON.parse(__ZEPHR_WEB_PAGE__) as readonly PackedFile[],
    brand,
    access,
    rateLimit,
    ...expiries(flags),
    trustedProxies: flags.trustProxy ?? [],
    baseUrl: baseUrl(flags),
    tls,
    maxConnections: flags.maxConnections,
    maxConnectionsPerAddress: flags.maxConnectionsPerAddress,
    maxMemory: inBytes(maxMemory),
    maxUpload: inBytes(flags.maxUpload),
    maxStored: inBytes(flags.maxStored),
    maxStoredPerCaller: inBytes(flags.maxStoredPerCaller),
    geoip: flags.geoip,
    messages: await messageOptions(flags, terminal),
    allowPrivateCallbacks: flags.allowPrivateCallbacks ?? false,
    metrics: flags.metrics ?? false,
    log: (line) => log.write(readable ? readableLine(line) : line),
    quiet: flags.quiet,
  }).catch(async (error: unknown) => {
    await log.flush();
    throw error;
  });
  const interrupt = whenInterrupted(terminal, tls === undefined ? undefined : server.reload);
  await terminal.stdout.write(`${server.url}\n`);
  if (readable && !flags.quiet) await terminal.stderr.write(usageOf(server.url));
  await interrupt;
  await server.close();
  await log.flush();
  return EXIT.done;
}

function inBytes(megabytes: number | undefined): number | undefined {
  return megabytes === undefined ? undefined : megabytes * MB;
}

/** How to use the server from another shell: for an address that clients take. */
function usageOf(url: string): string {
  try {
    return `use it with: export ZEPHR_SERVER=${parseServer(url)}\nCtrl-C ends it\n`;
  } catch {
    return 'Ctrl-C ends it\n';
  }
}

/** The first interrupt. Later ones change nothing: the server is closing then, within a time limit of its own. */
function whenInterrupted(terminal: Terminal, onHangup?: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    terminal.onInterrupt((signal) => {
      if (signal === 'SIGHUP' && onHangup !== undefined) void onHangup();
      else resolve();
    });
  });
}

/** The address that clients use, where it is not the one listened on. */
function baseUrl({ baseUrl: text }: ServeFlags): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseServer(text);
  } catch (cause) {
    const message = `${messageOf(cause)} (from --base-url)`;
    throw usageError(message, 'write it as https://host or https://host/path', cause);
  }
}

/** @throws CliError exit 2 for a default that no create could have. */
function expiries({ maxExpiry, defaultExpiry }: ServeFlags) {
  if (defaultExpiry !== undefined && defaultExpiry > (maxExpiry ?? EXPIRY_RANGE.max)) {
    throw usageError('--default-expiry is longer than the longest expiry', 'raise --max-expiry as well');
  }
  return { maxExpiry, defaultExpiry };
}

function tlsFiles({ tlsCert: cert, tlsKey: key }: ServeFlags): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw usageError('--tls-key is given without --tls-cert', 'name both files');
  if (key === undefined) throw usageError('--tls-cert is given without --tls-key', 'name both files');
  return { cert, key };
}
