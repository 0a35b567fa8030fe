/**
 * The server as a function from Request to Response. No sockets here: tests call it, and whatever listens calls it
 * with the address of who asked.
 */

import { type Context, Hono } from 'hono';
import { routePath } from 'hono/route';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { RandomBytes } from '../core/bytes.js';
import { ApiError } from '../core/errors.js';
import type { ErrorReply } from '../core/wire-replies.js';
import { loggedAddress } from './addresses.js';
import { type Access, Callers } from './callers.js';
import { describeFailure, type Log } from './log.js';
import { NO_STORE, SECURITY_HEADERS } from './response-headers.js';
import { type Handler, route, type ServerEnv } from './routing.js';
import { addSecretRoutes } from './secret-routes.js';
import { Secrets } from './secrets.js';
import { type Store, StoreError } from './store/store.js';

/** What the app is made of. */
export interface AppOptions {
  readonly store: Store;
  readonly access: Access;
  /** The package's version, which health tells. */
  readonly version: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Makes the ids. */
  readonly random?: RandomBytes;
}

/** The app. `app.fetch(request, peer)` answers; so does `app.request(path, init, peer)`. */
export type App = Hono<ServerEnv>;

/** Puts the app together. */
export function createApp(options: AppOptions): App {
  const { store, access, version, log, now, random } = options;
  const callers = new Callers(access, store.callerSalt);
  const app: App = new Hono();

  app.use(logged(log));
  app.use(withHeaders(SECURITY_HEADERS));
  app.use('/api/*', withHeaders(NO_STORE));
  addSecretRoutes(app, new Secrets(store, now, random), callers);
  const health = healthOf(store, access, version, callers);
  route(app, '/api/health', { GET: health, HEAD: health });
  route(app, '/secret/:id', { GET: secretPage, HEAD: secretPage });

  app.notFound((context) => refuse(context, new ApiError('there is nothing here', 404, 'NOT_FOUND')));
  app.onError((error, context) => {
    const refusal = refusalFor(error);
    if (refusal.statusCode >= 500)
      log.error('failure', { route: routeOf(context), ...describeFailure(error) });
    return refuse(context, refusal);
  });
  return app;
}

/** The refusal that answers for a thrown error. Only our own words reach the client. */
export function refusalFor(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const options = { cause: error };
  if (error instanceof StoreError) return new ApiError(error.message, 503, error.code, options);
  return new ApiError('something went wrong in the server', 500, 'INTERNAL_ERROR', options);
}

/** The body of a refusal. */
export function errorReply({ code, message }: ApiError): ErrorReply {
  return { error: { code, message } };
}

function refuse(context: Context<ServerEnv>, refusal: ApiError): Response {
  if (refusal.retryAfter !== undefined) context.header('Retry-After', String(refusal.retryAfter));
  return context.json(errorReply(refusal), refusal.statusCode as ContentfulStatusCode);
}

function healthOf(store: Store, access: Access, version: string, callers: Callers): Handler {
  const { expiry, blob } = callers.keylessLimits;
  const health = { status: 'ok', version, protocol: [1, 2], access, limits: { expiry, blob } };
  return async (context) => {
    await store.ping();
    return context.json(health);
  };
}

/** What a link's own URL shows. Link previews and mail scanners fetch it, so it touches no secret and knows none. */
const secretPage: Handler = (context) =>
  context.text('Here is a secret for whoever holds the whole link. To read it, run: zephr get\n', 200, {
    ...NO_STORE,
  });

function withHeaders(headers: Readonly<Record<string, string>>) {
  const entries = Object.entries(headers);
  return async (context: Context<ServerEnv>, next: () => Promise<void>): Promise<void> => {
    for (const [name, value] of entries) context.header(name, value);
    await next();
  };
}

/** One line a request: what kind, how it ended, how long it took, and roughly from where. */
function logged(log: Log) {
  return async (context: Context<ServerEnv>, next: () => Promise<void>): Promise<void> => {
    const start = performance.now();
    await next();
    log.info('request', {
      method: context.req.method,
      route: routeOf(context),
      status: context.res.status,
      ms: Math.round((performance.now() - start) * 10) / 10,
      address: loggedAddress(context.env.address),
    });
  };
}

/** The route's pattern; never the path, which holds the id and can hold the key (PROTOCOL.md section 1). */
function routeOf(context: Context<ServerEnv>): string {
  const pattern = routePath(context, -1);
  return pattern.includes('*') ? 'none' : pattern;
}
