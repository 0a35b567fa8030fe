/** How a handler answers: with text, bytes, a stream of bytes, JSON or an error, and the headers that each path has. */

import type { Context, MiddlewareHandler } from 'hono';
import type { Bytes } from '../../core/bytes.js';
import type { BodyDeadline } from './body-deadline.js';
import { type ErrorDetails, errorResponse } from './error-response.js';
import type { HeaderFields } from './headers.js';

/** What the connection of a request tells that the request itself does not. */
export interface Peer {
  /** The client's IP address. */
  readonly address: string;
  /** Limits how long the client takes to send the body. Missing where there is no connection, as in tests. */
  readonly deadline?: BodyDeadline | undefined;
}

/** Hono's types for this server: every request comes with its {@link Peer}, and with what its answer must carry. */
export type ServerEnv = { Bindings: Peer; Variables: { fixedHeaders: HeaderFields } };

/** Makes the answer to a request. */
export type Handler = (context: Context<ServerEnv>) => Response | Promise<Response>;

/** A middleware that tells {@link answer} which headers an answer to a request for a path must carry. */
export function withFixedHeaders(of: (path: string) => HeaderFields): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    context.set('fixedHeaders', of(context.req.path));
    await next();
  };
}

/**
 * An answer with the headers that every one at its path has, and its own. Every handler answers by this and not by
 * Hono's `context.json` or `context.header`: those make a Headers object and check each header anew for each request,
 * which takes the processor as long as the rest of a request.
 * @param body a stream is sent as it comes and only as fast as the client reads. If it fails the connection is cut,
 *   so that the client does not take what it got for the whole.
 */
export function answer(
  context: Context<ServerEnv>,
  status: number,
  body: string | Bytes | ReadableStream<Bytes> | null,
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

/** An {@link answer} that tells of an error. */
export function answerError(
  context: Context<ServerEnv>,
  error: ErrorDetails,
  headers: HeaderFields = {},
): Response {
  return errorResponse(error, { ...context.get('fixedHeaders'), ...headers });
}
