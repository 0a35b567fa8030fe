/** A whole server: a store, an app, a port and maintenance, started and stopped in order. */

import { isLoopbackHost } from '../core/link.js';
import type { Brand } from '../core/protocol/brand.js';
import { resolveInDns, resolveInSystem } from '../net/resolve.js';
import { createApp } from './app.js';
import { watchCertificate } from './certificate.js';
import { ServerClock } from './clock.js';
import { listen } from './http/listen.js';
import { readTls, type TlsFiles } from './http/tls-files.js';
import { proxiesIn, trustProxies } from './http/trusted-proxies.js';
import { startMaintenance } from './maintenance.js';
import { Notices } from './notices/notices.js';
import type { PackedFile } from './routes/page-files.js';
import type { Access } from './secrets/access.js';
import { ANY_CALLBACKS, PUBLIC_CALLBACKS } from './secrets/callbacks.js';
import type { Countries } from './secrets/gates/countries.js';
import { Courier } from './secrets/gates/courier.js';
import { type MessageOptions, openWays } from './secrets/gates/ways.js';
import type { Store } from './store/contracts/store.js';
import { instrumentedStore } from './store/instrumented.js';
import { openStore } from './store/open.js';
import { KeyUses } from './telemetry/key-uses.js';
import { describeError, type Log, tally } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';
import { createLog } from './telemetry/pino-log.js';
import { startWebhooks } from './webhooks/delivery.js';
import { type SendOptions, sendWebhook } from './webhooks/send.js';

/** What an operator decides. */
export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** `memory:`, the URL of a PostgreSQL database, or the path of an SQLite file. */
  readonly store: string;
  /** The program of an SQLite store's own thread: see `OpenOptions`. Default: it works in this thread. */
  readonly storeThread?: string | undefined;
  readonly access: Access;
  /** The address that clients use, as `parseServer` spells it, where that is not the one listened on. */
  readonly baseUrl?: string | undefined;
  /** Creates a minute and address without a key where access is `open`; 0 for any number. Default 60. */
  readonly rateLimit?: number | undefined;
  /** As for the app. */
  readonly maxExpiry?: number | undefined;
  readonly defaultExpiry?: number | undefined;
  readonly maxUpload?: number | undefined;
  /** As for the app. Default: 10 GB, or 256 MB for a store in memory. */
  readonly maxStored?: number | undefined;
  readonly maxStoredPerCaller?: number | undefined;
  /** Ranges of addresses whose `X-Forwarded-For` is trusted. Default none. */
  readonly trustedProxies?: readonly string[];
  /** Certificate and key. The server speaks HTTPS with them, and HTTP without. */
  readonly tls?: TlsFiles | undefined;
  /** Connections at once; above it the longest idle one is closed, or a request answered 503. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** The same of one address that is not a trusted proxy's. Default 256. */
  readonly maxConnectionsPerAddress?: number | undefined;
  /**
   * Bytes that bodies and replies of all requests may take together; above it a request waits, or is answered 503.
   * Default: a quarter of the machine's memory, at most 512 MB.
   */
  readonly maxMemory?: number | undefined;
  /** A file in the MaxMind DB format, which tells the countries of addresses. Default: gates cannot ask for countries. */
  readonly geoip?: string | undefined;
  /** How codes are sent to readers. Default: gates cannot ask for codes. */
  readonly messages?: MessageOptions | undefined;
  /** Whether to count requests, and to serve the numbers at `/metrics`. Default no. */
  readonly metrics?: boolean;
  /** Whether webhooks may go to private addresses, and over http. Default no. */
  readonly allowPrivateCallbacks?: boolean;
  /** The files of the web page. */
  readonly page?: readonly PackedFile[] | undefined;
  /** Whose server it is, for the page to say. Default: nobody is named. */
  readonly brand?: Brand | undefined;
  /** The package's version, as health reports it. */
  readonly version: string;
  /** Writes one line of the log, JSON without a newline. */
  readonly log: (line: string) => void;
  /** Whether to log errors only. Default no. */
  readonly quiet?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A server that answers. */
export interface RunningServer {
  /** The base URL if there is one, else the origin listened on, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /**
   * Reads certificate and key again, for new connections. If they are not usable the server keeps those it has, and
   * logs why.
   */
  reload(): Promise<void>;
  /** Finishes what is under way (at most 10 s), then closes port and store. */
  close(): Promise<void>;
}

const TO_PUBLIC_HOSTS: SendOptions = { policy: PUBLIC_CALLBACKS, resolve: resolveInDns() };
const TO_ANY_HOST: SendOptions = { policy: ANY_CALLBACKS, resolve: resolveInSystem };

/**
 * Starts a server; when this resolves it answers.
 * @throws ZephrError as opening the store and listening do, ValidationError as {@link trustProxies} does. Nothing is
 *   left open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, access, rateLimit, baseUrl, version, now = Date.now } = options;
  const clientAddress = trustProxies(options.trustedProxies ?? []);
  const log = createLog(options.log, now, options.quiet ? 'error' : 'info');
  const tls = options.tls && (await readTls(options.tls, now()));
  const countries = options.geoip === undefined ? undefined : await openCountries(options.geoip, log);
  const ways = await openWays(options.messages ?? {});
  const metrics = options.metrics ? await prometheus(version) : undefined;
  const store = instrumentedStore(await openStore(options.store, { thread: options.storeThread }), {
    metrics,
  });
  const clock = await ServerClock.start({ store, log, now }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const sending = options.allowPrivateCallbacks ? TO_ANY_HOST : TO_PUBLIC_HOSTS;
  const notices = new Notices(store.channel, log);
  const keyUses = new KeyUses(store.keys, log, () => clock.estimate());
  const courier =
    ways && new Courier({ outbox: store.outbox, ways: ways.ways, log, now: () => clock.estimate() });
  const app = createApp({
    store: withClock(store, clock),
    access,
    rateLimit,
    maxExpiry: options.maxExpiry,
    defaultExpiry: options.defaultExpiry,
    maxUpload: options.maxUpload,
    maxStored: options.maxStored ?? (options.store === 'memory:' ? MAX_STORED_IN_MEMORY : undefined),
    maxStoredPerCaller: options.maxStoredPerCaller,
    version,
    log,
    baseUrl,
    secure: tls !== undefined,
    page: options.page,
    brand: options.brand,
    metrics,
    callbacks: sending.policy,
    countryOf: countries && ((address) => countries.countryOf(address)),
    codes: ways && courier ? { ...ways, onQueued: () => courier.collect() } : undefined,
    notices,
    keyUses,
    now: () => clock.now(),
  });
  const listener = await listen(app, {
    host,
    port,
    clientAddress,
    tls,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    maxMemory: options.maxMemory,
    isProxy: proxiesIn(options.trustedProxies ?? []),
    onDropped: tally(log, 'connections refused'),
    onFailure: (error) => log.error('failure', describeError(error)),
  }).catch(async (error: unknown) => {
    clock.stop();
    await store.close();
    throw error;
  });
  const maintenance = startMaintenance({ store, keyUses, log, metrics, now: () => clock.now() });
  const certificate =
    options.tls && tls && watchCertificate({ files: options.tls, pair: tls, listener, log, now });
  const webhooks = startWebhooks({
    outbox: store.outbox,
    send: (event) => sendWebhook(event, sending),
    log,
    now: () => clock.estimate(),
  });
  void ways?.check(log);
  log.info('ready', { version, access, listening: listener.url });
  if (clientsRefuse(listener.url, baseUrl)) log.warn('plain http', { message: HTTPS_ADVICE });
  return {
    url: baseUrl ?? listener.url,
    reload: async () => certificate?.reload(),
    async close() {
      certificate?.stop();
      notices.close();
      await countries?.close();
      // At the same time, so that both fit into 10 s.
      await Promise.all([listener.close(), webhooks.stop(), courier?.stop()]);
      await maintenance.stop();
      await keyUses.flush();
      clock.stop();
      await store.close();
      log.info('closed');
    },
  };
}

/** What chunks may take of a store in memory where nothing else is said, in bytes. */
const MAX_STORED_IN_MEMORY = 256 * 2 ** 20;

/** `store`, which a server whose clock is far off does not call usable. */
function withClock(store: Store, clock: ServerClock): Store {
  const ping = async () => {
    clock.now();
    await store.ping();
  };
  return { ...store, ping };
}

const HTTPS_ADVICE =
  'clients refuse http from other machines: name a certificate with --tls-cert and --tls-key, or let a reverse proxy ' +
  'speak https and name its address with --base-url';

/** Whether no other machine can use the server: clients speak plain http on their own machine only. */
function clientsRefuse(listening: string, baseUrl: string | undefined): boolean {
  const { protocol, hostname } = new URL(listening);
  return protocol === 'http:' && baseUrl === undefined && !isLoopbackHost(hostname);
}

/** Loaded only where countries are wanted. */
async function openCountries(path: string, log: Log): Promise<Countries> {
  const { Countries } = await import('./secrets/gates/countries.js');
  return Countries.open(path, log);
}

/** Loaded only where metrics are wanted: it takes a while. */
async function prometheus(version: string): Promise<Metrics> {
  const { createPrometheusMetrics } = await import('./telemetry/prometheus.js');
  return createPrometheusMetrics(version);
}
