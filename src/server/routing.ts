/** What the routes have in common: the shape of a handler, and how it gets its path and its headers. */

import type { Context, Hono, MiddlewareHandler } from 'hono';
import { ApiError } from '../core/errors.js';

/** What the socket knows of a request and the request itself doesn't say. */
export interface Peer {
  /** The client's IP address. */
  readonly address: string;
}

/** Hono's types for this server: every request comes with its {@link Peer}. */
export type ServerEnv = { Bindings: Peer };

/** The answer to a request. */
export type Handler = (context: Context<ServerEnv>) => Response | Promise<Response>;

/**
 * Puts `handlers`, by method, at `path`; every other method gets 405. Without this, hono would give a HEAD request
 * to the handler of GET, which takes a view.
 */
export function route(app: Hono<ServerEnv>, path: string, handlers: Readonly<Record<string, Handler>>): void {
  const byMethod = new Map(Object.entries(handlers));
  app.all(path, (context) => {
    const handler = byMethod.get(context.req.method);
    if (handler) return handler(context);
    context.header('Allow', [...byMethod.keys()].join(', '));
    throw new ApiError('the method is not allowed here', 405, 'METHOD_NOT_ALLOWED');
  });
}

/** A middleware that gives every answer these headers. */
export function withHeaders(headers: Readonly<Record<string, string>>): MiddlewareHandler<ServerEnv> {
  const entries = Object.entries(headers);
  return async (context, next) => {
    for (const [name, value] of entries) context.header(name, value);
    await next();
  };
}
