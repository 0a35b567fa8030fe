/**
 * The server as a function from Request to Response. No sockets here: tests call it, and whatever listens calls it
 * with the address of who asked.
 */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { RandomBytes } from '../core/bytes.js';
import { ApiError } from '../core/errors.js';
import type { Access } from '../core/protocol/limits.js';
import { type CallbackPolicy, PUBLIC_CALLBACKS } from '../net/public-addresses.js';
import { loggedAddress } from './http/addresses.js';
import { fixedHeaders, NO_STORE } from './http/headers.js';
import {
  answer,
  type Handler,
  pathBelow,
  refuse,
  route,
  type ServerEnv,
  withFixedHeaders,
} from './http/routing.js';
import { healthOf } from './routes/health.js';
import { addPageRoutes } from './routes/page.js';
import type { PackedFile } from './routes/page-files.js';
import { addSecretRoutes } from './routes/secrets.js';
import { Callers } from './secrets/callers.js';
import { Secrets } from './secrets/secrets.js';
import { type Store, StoreBusyError, StoreError } from './store/contracts/store.js';
import { describeError, type Log } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';

/** What the app is made of. */
export interface AppOptions {
  readonly store: Store;
  readonly access: Access;
  /** Creates a minute and address without a key where access is `open`; 0 for any number. Default 60. */
  readonly rateLimit?: number | undefined;
  /** The package's version, which health tells. */
  readonly version: string;
  readonly log: Log;
  /** The server's address as `parseServer` spells it; routes answer below its path. Default: no path. */
  readonly baseUrl?: string | undefined;
  /** Whether the server itself speaks HTTPS, and tells browsers to stay with it. Default no. */
  readonly secure?: boolean;
  /** The files of the web page. Default: there is no page, at `/` or where links lead. */
  readonly page?: readonly PackedFile[] | undefined;
  /** Counts requests, and is shown at `/metrics`. Default: nothing is counted, nothing is there. */
  readonly metrics?: Metrics | undefined;
  /** Where webhooks may go. Default {@link PUBLIC_CALLBACKS}. */
  readonly callbacks?: CallbackPolicy;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Makes the ids. */
  readonly random?: RandomBytes;
}

/** The app. `app.fetch(request, peer)` answers; so does `app.request(path, init, peer)`. */
export type App = Hono<ServerEnv>;

/** Puts the app together. */
export function createApp(options: AppOptions): App {
  const {
    store,
    access,
    rateLimit,
    version,
    log,
    baseUrl,
    secure = false,
    page,
    metrics,
    callbacks = PUBLIC_CALLBACKS,
    now,
    random,
  } = options;
  const callers = new Callers(store, access, rateLimit);
  const app: App = new Hono(baseUrl === undefined ? {} : { getPath: pathBelow(baseUrl) });

  app.use(observed(log, metrics));
  app.use(withFixedHeaders(fixedHeaders(secure)));
  addSecretRoutes(app, new Secrets(store.secrets, now, random, metrics), callers, callbacks);
  const health = healthOf({ store, access, version, callers });
  route(app, '/api/health', { GET: health, HEAD: health });
  if (page !== undefined) addPageRoutes(app, page);
  if (metrics !== undefined)
    route(app, '/metrics', { GET: metricsPage(metrics), HEAD: metricsPage(metrics) });

  app.notFound((context) => refuse(context, new ApiError('there is nothing here', 404, 'NOT_FOUND')));
  app.onError((error, context) => {
    const refusal = refusalFor(error);
    // What we refuse on purpose, for want of room, would only fill the log.
    if (refusal.statusCode >= 500 && refusal !== error && !(error instanceof StoreBusyError)) {
      log.error('failure', { route: routeOf(context), ...describeError(error) });
    }
    return refuse(context, refusal);
  });
  return app;
}

/** The refusal that answers for a thrown error. Only our own words reach the client. */
function refusalFor(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const options = { cause: error };
  if (error instanceof StoreBusyError) {
    return new ApiError(error.message, 503, error.code, { ...options, retryAfter: 1 });
  }
  if (error instanceof StoreError) return new ApiError(error.message, 503, error.code, options);
  return new ApiError('something went wrong in the server', 500, 'INTERNAL_ERROR', options);
}

/** The numbers, for who collects them. */
function metricsPage(metrics: Metrics): Handler {
  return async (context) =>
    answer(context, 200, await metrics.text(), { 'Content-Type': metrics.contentType, ...NO_STORE });
}

/** One line a request: what kind, how it ended, how long it took, and roughly from where. */
function observed(log: Log, metrics: Metrics | undefined): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    const start = performance.now();
    await next();
    const ms = performance.now() - start;
    const { method } = context.req;
    const { status } = context.res;
    const route = routeOf(context);
    metrics?.request(route, method, status, ms / 1000);
    log.info('request', {
      method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      address: loggedAddress(context.env.address),
    });
  };
}

/** The route's pattern; never the path, which holds the id and can hold the key (PROTOCOL.md section 1). */
function routeOf(context: Context<ServerEnv>): string {
  const pattern = routePath(context, -1);
  return pattern.includes('*') ? 'none' : pattern;
}
