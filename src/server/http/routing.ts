/** From a request's path and method to its handler. */

import type { Context, Hono } from 'hono';
import { routePath } from 'hono/route';
import { getPath } from 'hono/utils/url';
import { answerError, type Handler, type ServerEnv } from './answers.js';
import { RequestError } from './request-error.js';

/**
 * Puts `handlers`, by method, at `path`; every other method gets 405. Without this, Hono would give a HEAD request
 * to the handler of GET, which consumes a view.
 */
export function route(app: Hono<ServerEnv>, path: string, handlers: Readonly<Record<string, Handler>>): void {
  const byMethod = new Map(Object.entries(handlers));
  app.all(path, (context) => {
    const handler = byMethod.get(context.req.method);
    if (handler) return handler(context);
    const error = new RequestError('METHOD_NOT_ALLOWED', 'the method is not allowed here');
    return answerError(context, error, { Allow: [...byMethod.keys()].join(', ') });
  });
}

/** The error for a path that nothing is at. */
export function notFound(): RequestError {
  return new RequestError('NOT_FOUND', 'there is nothing here');
}

/**
 * The pattern of the route that a request went to, such as `/api/secrets/:id`, or `none`. Logs and metrics have this
 * and never the path, which holds the id and can hold the key (core/protocol/PROTOCOL.md section 1).
 */
export function routeOf(context: Context<ServerEnv>): string {
  const pattern = routePath(context, -1);
  return pattern.includes('*') ? 'none' : pattern;
}

/**
 * A `getPath` for Hono where the server's address has a path: gives the path of a request without that of `baseUrl`.
 * A request whose path does not begin with it came through a proxy that takes it away, and is served all the same.
 * @param baseUrl as `parseServer` spells it: no trailing slash.
 */
export function pathBelow(baseUrl: string): (request: Request) => string {
  // By the same function as the request's, so that both are decoded alike.
  const prefix = getPath(new Request(baseUrl)).replace(/\/$/, '');
  return (request) => {
    const path = getPath(request);
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return path;
    return path.slice(prefix.length) || '/';
  };
}
