/**
 * The server as a function from request to response, without sockets: `http/listen.ts` calls it for each request of a
 * connection, and tests call it as it is.
 */

import { type Bytes, type RandomBytes, randomBytes } from '../core/bytes.js';
import type { Brand } from '../core/protocol/brand.js';
import { errorDetails, errorResponse, isFailure } from './http/error-response.js';
import { fixedHeaders } from './http/headers.js';
import { type App, completed, type HttpResponse, isStream } from './http/messages.js';
import { Router } from './http/router.js';
import type { Notices } from './notices/notices.js';
import { addGateRoutes } from './routes/gates.js';
import { addHealthRoute, addMetricsRoute } from './routes/health.js';
import { addStatsRoute } from './routes/lists.js';
import { addPageRoutes } from './routes/page.js';
import type { PackedFile } from './routes/page-files.js';
import { addReceiptRoutes } from './routes/receipts.js';
import { addSecretRequestRoutes } from './routes/secret-requests.js';
import { addSecretRoutes } from './routes/secrets.js';
import { addUploadRoutes } from './routes/uploads.js';
import type { Access } from './secrets/access.js';
import { type CallbackPolicy, PUBLIC_CALLBACKS } from './secrets/callbacks.js';
import { Callers } from './secrets/callers.js';
import { Chunks } from './secrets/chunks.js';
import { Codes, type CodesOptions } from './secrets/codes.js';
import { type CodeMeans, GateKeeper } from './secrets/gate-keeper.js';
import { Puzzles } from './secrets/gates/puzzles.js';
import { Lists } from './secrets/lists.js';
import { SecretRequests } from './secrets/requests.js';
import { Secrets } from './secrets/secrets.js';
import { StoredBytes } from './secrets/stored-bytes.js';
import type { Store } from './store/contracts/store.js';
import { KeyUses } from './telemetry/key-uses.js';
import { describeError, type Log, loggedAddress } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';

/** What the app is made of. */
export interface AppOptions {
  readonly store: Store;
  readonly access: Access;
  /** Creates a minute and address without a key where access is `open`; 0 for any number. Default 60. */
  readonly rateLimit?: number | undefined;
  /** The longest expiry of callers whose tier has 43,200, in minutes: 60 to 525,600. Default 43,200. */
  readonly maxExpiry?: number | undefined;
  /** The expiry of a create that names none, in minutes. Default: such a create is refused. */
  readonly defaultExpiry?: number | undefined;
  /** The longest upload of callers whose tier has 1 GB, and the most that any has, in bytes. Default 1 GB. */
  readonly maxUpload?: number | undefined;
  /** All chunks together, in bytes. Default 10 GB. */
  readonly maxStored?: number | undefined;
  /** All that a caller without an API key has stored, in bytes. Default: a tenth of `maxStored`. */
  readonly maxStoredPerCaller?: number | undefined;
  /** The package's version, as health reports it. */
  readonly version: string;
  readonly log: Log;
  /** The server's address as `parseServer` spells it; routes answer below its path. Default: no path. */
  readonly baseUrl?: string | undefined;
  /** Whether the server itself speaks HTTPS, and tells browsers to use nothing else. Default no. */
  readonly secure?: boolean;
  /** The files of the web page. Default: there is none, and links lead to 404. */
  readonly page?: readonly PackedFile[] | undefined;
  /** Whose server it is, for the page to say. Default: nobody is named. */
  readonly brand?: Brand | undefined;
  /** Told of each API key that is shown. Default: those of this app alone. */
  readonly keyUses?: KeyUses | undefined;
  /** Told of changes in the store, for requests that wait for one. Default: those of this app alone. */
  readonly notices?: Notices | undefined;
  /** Tells which country an address is in. Default: no secret can be held to countries. */
  readonly countryOf?: ((address: string) => string | null) | undefined;
  /** How codes are sent to readers. Default: no secret can ask for one. */
  readonly codes?: (Omit<CodeMeans, 'salt'> & Pick<CodesOptions, 'onQueued'>) | undefined;
  /** Counts requests, and is served at `/metrics`. Default: nothing is counted, and `/metrics` is 404. */
  readonly metrics?: Metrics | undefined;
  /** Which callbacks the server takes. Default {@link PUBLIC_CALLBACKS}. */
  readonly callbacks?: CallbackPolicy;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Makes the ids. */
  readonly random?: RandomBytes;
}

/** What chunks may take of a store's room where nothing else is said, in bytes. */
export const MAX_STORED_BYTES = 10 * 2 ** 30;

/** Puts the app together. */
export function createApp(options: AppOptions): App {
  const { store, access, rateLimit, version, log, baseUrl, secure = false, page, brand, metrics } = options;
  const { callbacks = PUBLIC_CALLBACKS, now = Date.now, random = randomBytes, notices } = options;
  const { maxExpiry, defaultExpiry, maxStored: stored = MAX_STORED_BYTES } = options;
  const { keyUses: uses = new KeyUses(store.keys, log, now), maxUpload } = options;
  const callers = new Callers(store, access, { rateLimit, maxExpiry, maxUpload, uses, now });
  const limits = { stored, storedPerCaller: options.maxStoredPerCaller };
  const storedBytes = new StoredBytes(store.chunks, limits, now);
  const gates = new GateKeeper({
    puzzles: new Puzzles(store.callerSalt, now),
    countryOf: options.countryOf,
    codes: options.codes && { salt: store.callerSalt, ...options.codes },
  });
  const onQueued = options.codes?.onQueued ?? (() => undefined);
  const codes = new Codes(store.secrets, { gates, now, onQueued });
  const common = { callbacks, now, random, maxExpiry, notices, metrics, storedBytes, gates };
  const secrets = new Secrets(store.secrets, common);
  const requests = new SecretRequests(store.requests, common);
  const router = new Router(baseUrl);
  const lists = new Lists(store.lists, now);
  addSecretRoutes(router, { secrets, lists, callers, callbacks, defaultExpiry });
  addStatsRoute(router, lists, callers);
  const chunks = new Chunks(store.chunks, { storedBytes, now, random });
  addUploadRoutes(router, { chunks, requests, callers });
  addGateRoutes(router, { secrets, gates, codes });
  addReceiptRoutes(router, secrets);
  addSecretRequestRoutes(router, { requests, callers, callbacks });
  addHealthRoute(router, { store, access, version, callers, gates });
  if (page !== undefined) addPageRoutes(router, page, brand);
  if (metrics !== undefined) addMetricsRoute(router, metrics);
  return withRoutes(router, { log, metrics, secure });
}

/** Answers each request by its route, and tells log and metrics: its route, status and time, and roughly from where. */
export function withRoutes(
  router: Router,
  { log, metrics, secure }: Pick<AppOptions, 'log' | 'metrics' | 'secure'>,
): App {
  const headersAt = fixedHeaders(secure ?? false);
  return async (request) => {
    const start = performance.now();
    const { method, target } = request;
    const { handler, parameters, pattern: route, segments } = router.find(method, target);
    const logFailure = (error: unknown) => log.error('failure', { route, ...describeError(error) });
    let response: HttpResponse;
    // Here and not in a function of its own: thousands of requests may wait in it, and each would pay for two.
    try {
      response = await handler(request, ...parameters);
    } catch (error) {
      const details = errorDetails(error);
      if (isFailure(details)) logFailure(error);
      response = errorResponse(details);
    }
    const ms = performance.now() - start;
    metrics?.request(route, method, response.status, ms / 1000);
    log.info('request', {
      method,
      route,
      status: response.status,
      ms: Math.round(ms * 10) / 10,
      address: loggedAddress(request.address),
    });
    const { body } = response;
    // While it is sent, the body and what the socket has of it.
    request.memory.shrink(2 * (body === null || isStream(body) ? 0 : body.length));
    const watched = isStream(body) ? { ...response, body: logged(body, logFailure) } : response;
    return completed(watched, headersAt(segments));
  };
}

/** Logs an error that comes too late to be answered. */
async function* logged(
  chunks: AsyncIterable<Bytes>,
  logFailure: (error: unknown) => void,
): AsyncGenerator<Bytes, void, undefined> {
  try {
    yield* chunks;
  } catch (error) {
    logFailure(error);
    throw error;
  }
}
