/**
 * The server as a function from Request to Response, without sockets: `http/listen.ts` calls it with the client's
 * address, and so do tests.
 */

import { Hono } from 'hono';
import type { RandomBytes } from '../core/bytes.js';
import { answerError, type ServerEnv, withFixedHeaders } from './http/answers.js';
import { errorDetails, isFailure } from './http/error-response.js';
import { fixedHeaders } from './http/headers.js';
import { logRequests } from './http/request-log.js';
import { notFound, pathBelow } from './http/routing.js';
import { addHealthRoute, addMetricsRoute } from './routes/health.js';
import { addPageRoutes } from './routes/page.js';
import type { PackedFile } from './routes/page-files.js';
import { addSecretRoutes } from './routes/secrets.js';
import type { Access } from './secrets/access.js';
import { type CallbackPolicy, PUBLIC_CALLBACKS } from './secrets/callbacks.js';
import { Callers } from './secrets/callers.js';
import { Secrets } from './secrets/secrets.js';
import type { Store } from './store/contracts/store.js';
import type { Log } from './telemetry/log.js';
import type { Metrics } from './telemetry/metrics.js';

/** What the app is made of. */
export interface AppOptions {
  readonly store: Store;
  readonly access: Access;
  /** Creates a minute and address without a key where access is `open`; 0 for any number. Default 60. */
  readonly rateLimit?: number | undefined;
  /** The package's version, as health reports it. */
  readonly version: string;
  readonly log: Log;
  /** The server's address as `parseServer` spells it; routes answer below its path. Default: no path. */
  readonly baseUrl?: string | undefined;
  /** Whether the server itself speaks HTTPS, and tells browsers to use nothing else. Default no. */
  readonly secure?: boolean;
  /** The files of the web page. Default: there is none, and links lead to 404. */
  readonly page?: readonly PackedFile[] | undefined;
  /** Counts requests, and is served at `/metrics`. Default: nothing is counted, and `/metrics` is 404. */
  readonly metrics?: Metrics | undefined;
  /** Which callbacks the server takes. Default {@link PUBLIC_CALLBACKS}. */
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
  const secrets = new Secrets(store.secrets, { callbacks, now, random, metrics });
  const app: App = new Hono(baseUrl === undefined ? {} : { getPath: pathBelow(baseUrl) });

  app.use(logRequests(log, metrics));
  app.use(withFixedHeaders(fixedHeaders(secure)));
  addSecretRoutes(app, { secrets, callers, callbacks });
  addHealthRoute(app, { store, access, version, callers });
  if (page !== undefined) addPageRoutes(app, page);
  if (metrics !== undefined) addMetricsRoute(app, metrics);

  app.notFound((context) => answerError(context, notFound()));
  app.onError((error, context) => {
    const details = errorDetails(error);
    if (isFailure(details)) context.get('logFailure')(error);
    return answerError(context, details);
  });
  return app;
}
