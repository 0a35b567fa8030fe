/** What the routes have in common: the shape of a handler, how it gets its path, and how it answers. */

import type { Context, Hono, MiddlewareHandler } from 'hono';
import { getPath } from 'hono/utils/url';
import { ApiError } from '../../core/errors.js';
import type { ErrorReply } from '../../core/protocol/replies.js';
import type { HeaderFields } from './headers.js';

/** What the socket knows of a request and the request itself doesn't say. */
export interface Peer {
  /** The client's IP address. */
  readonly address: string;
}

/** Hono's types for this server: every request comes with its {@link Peer}, and with what its answer must carry. */
export type ServerEnv = { Bindings: Peer; Variables: { fixedHeaders: HeaderFields } };

/** A whole server without its sockets. */
export interface WebApp {
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
}

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
    const refusal = new ApiError('the method is not allowed here', 405, 'METHOD_NOT_ALLOWED');
    return refuse(context, refusal, { Allow: [...byMethod.keys()].join(', ') });
  });
}

/** A middleware that tells {@link answer} which headers an answer to a request for a path must carry. */
export function withFixedHeaders(of: (path: string) => HeaderFields): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    context.set('fixedHeaders', of(context.req.path));
    await next();
  };
}

/**
 * An answer with the headers that every one at its path has, and its own. Everything answers by this and not by Hono's
 * `context.json` or `context.header`: those make a Headers object and check each header anew for each request, which
 * takes the processor as long as the rest of a request.
 */
export function answer(
  context: Context<ServerEnv>,
  status: number,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: HeaderFields = {},
): Response {
  return new Response(body, { status, headers: { ...context.get('fixedHeaders'), ...headers } });
}

/** An {@link answer} in JSON. */
export function answerJson(
  context: Context<ServerEnv>,
  status: number,
  value: object,
  headers: HeaderFields = {},
): Response {
  return answer(context, status, JSON.stringify(value), { 'Content-Type': 'application/json', ...headers });
}

/** The answer that tells of a refusal. */
export function refuse(context: Context<ServerEnv>, refusal: ApiError, headers: HeaderFields = {}): Response {
  return answerJson(context, refusal.statusCode, errorReply(refusal), {
    ...(refusal.statusCode === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(refusal.retryAfter === undefined ? {} : { 'Retry-After': String(refusal.retryAfter) }),
    ...headers,
  });
}

/** The body of a refusal. */
export function errorReply({ code, message }: ApiError): ErrorReply {
  return { error: { code, message } };
}

/**
 * Sub-path hosting, a `getPath` for Hono: the path of a request as the routes know it, without the path of `baseUrl`. A request that
 * comes without that has been through a proxy that takes it away, and is served all the same.
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
