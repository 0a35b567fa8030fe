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
  /** Limits how long the client takes to send the body. Missing where there is no body or no connection. */
  readonly deadline?: BodyDeadline | undefined;
  /** Closes the connection at once. Missing where there is none, as in tests that call the app. */
  readonly cut?: (() => void) | undefined;
}

/** Hono's types for this server: every request comes with its {@link Peer}, and the app adds the variables. */
export type ServerEnv = { Bindings: Peer; Variables: RequestVariables };

interface RequestVariables {
  /** What every answer to this request must carry. */
  fixedHeaders: HeaderFields;
  /** Logs an error that came too late to be answered. */
  logFailure: (error: unknown) => void;
}

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
 * @param body a stream is sent chunk by chunk, and asked for the next one only when the client has room for it. If it
 *   throws, the error is logged and the connection cut, so that the client does not take what it got for the whole.
 */
export function answer(
  context: Context<ServerEnv>,
  status: number,
  body: string | Bytes | AsyncIterable<Bytes> | null,
  headers: HeaderFields = {},
): Response {
  const sent = isStream(body) ? readable(body, context) : body;
  return new Response(sent, { status, headers: { ...context.get('fixedHeaders'), ...headers } });
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

function isStream(body: string | Bytes | AsyncIterable<Bytes> | null): body is AsyncIterable<Bytes> {
  return body !== null && typeof body === 'object' && Symbol.asyncIterator in body;
}

/**
 * `source` as the stream of a Response. Where there is a connection it is cut when `source` throws: the error itself is
 * kept from Hono's adapter, which would print it and send its message.
 */
function readable(source: AsyncIterable<Bytes>, context: Context<ServerEnv>): ReadableStream<Bytes> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          context.get('logFailure')(error);
          if (context.env.cut === undefined) controller.error(error);
          else context.env.cut();
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
