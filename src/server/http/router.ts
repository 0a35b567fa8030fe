/** From a request's path and method to its handler. */

import { errorResponse } from './error-response.js';
import type { HttpRequest, HttpResponse } from './messages.js';
import { RequestError } from './request-error.js';

/** Answers a request. @param parameters what the path has for each `:name` of the pattern, in their order. */
export type Handler = (request: HttpRequest, ...parameters: string[]) => HttpResponse | Promise<HttpResponse>;

interface Route {
  readonly pattern: string;
  readonly segments: readonly string[];
  readonly byMethod: ReadonlyMap<string, Handler>;
}

/** Where a request goes to. */
export interface Destination {
  /** The path below the server's address: what stands between its slashes, decoded. */
  readonly segments: readonly string[];
  /**
   * The pattern of the route, such as `/api/secrets/:id`, or `none`. Logs and metrics have this and never the path,
   * which holds the id and can hold the key (core/protocol/PROTOCOL.md section 1).
   */
  readonly pattern: string;
  readonly handler: Handler;
  readonly parameters: readonly string[];
}

/** The routes of a server. */
export class Router {
  readonly #base: readonly string[];
  /** By the number of their segments. */
  readonly #routes = new Map<number, Route[]>();
  #fallback: Handler = nothingHere;

  /**
   * @param baseUrl the server's address as `parseServer` spells it. Where it has a path, the routes are below that. A
   *   request whose path does not begin with it came through a proxy that takes it away, and is served all the same.
   */
  constructor(baseUrl?: string) {
    const path = pathOf(baseUrl ?? '/') ?? '/';
    this.#base = path === '/' ? [] : segmentsOf(path);
  }

  /**
   * Puts handlers, by method, at a path. Every other method gets 405, also HEAD where there is only GET: it would take
   * a view.
   * @param pattern a segment such as `:id` stands for any text that is not empty.
   */
  add(pattern: string, handlers: Readonly<Record<string, Handler>>): void {
    const segments = segmentsOf(pattern);
    const route = { pattern, segments, byMethod: new Map(Object.entries(handlers)) };
    this.#routes.set(segments.length, [...(this.#routes.get(segments.length) ?? []), route]);
  }

  /** Answers requests for paths that nothing is at. @param handler gets the path's segments below the base. */
  otherwise(handler: Handler): void {
    this.#fallback = handler;
  }

  find(method: string, target: string): Destination {
    const path = pathOf(target);
    if (path === null) return { segments: [], pattern: 'none', handler: malformed, parameters: [] };
    const segments = this.#below(segmentsOf(path));
    const route = this.#routes.get(segments.length)?.find((candidate) => isAt(candidate, segments));
    if (route === undefined) {
      return { segments, pattern: 'none', handler: this.#fallback, parameters: segments };
    }
    return {
      segments,
      pattern: route.pattern,
      handler: route.byMethod.get(method) ?? (() => methodNotAllowed(route)),
      parameters: segments.filter((_, index) => isParameter(route.segments[index])),
    };
  }

  #below(segments: readonly string[]): readonly string[] {
    if (!this.#base.every((part, index) => part === segments[index])) return segments;
    const rest = segments.slice(this.#base.length);
    return rest.length === 0 ? [''] : rest;
  }
}

/**
 * The path of a request's target (RFC 9112 section 3.2), as it was sent, without a query; `null` if it has none. One
 * with a backslash is none: some programs take it for a slash. One with a fragment is none either: a client that sends
 * it has sent a link's key.
 */
export function pathOf(target: string): string | null {
  // Other bytes are none of a URL's (RFC 3986 section 2); the HTTP parser of Node 20.18 lets them through.
  if (!/^[\x21-\x7e]*$/.test(target)) return null;
  const [, path] = /^(?:https?:\/\/[^/?#\\]+)?(|\/[^?#\\]*)(?:\?[^#]*)?$/i.exec(target) ?? [];
  return path === '' ? '/' : (path ?? null);
}

/** The error for a request whose target is none, or that names no host or two. */
export function malformedRequest(): RequestError {
  return new RequestError('INVALID_REQUEST', 'the request is malformed');
}

/** The error for a path that nothing is at. */
export function notFound(): RequestError {
  return new RequestError('NOT_FOUND', 'there is nothing here');
}

function nothingHere(): never {
  throw notFound();
}

function malformed(): never {
  throw malformedRequest();
}

function methodNotAllowed({ byMethod }: Route): HttpResponse {
  const error = new RequestError('METHOD_NOT_ALLOWED', 'the method is not allowed here');
  return errorResponse(error, { Allow: [...byMethod.keys()].join(', ') });
}

function segmentsOf(path: string): string[] {
  const segments = path.slice(1).split('/');
  return path.includes('%') ? segments.map(decoded) : segments;
}

/** What is not a valid encoding stays as it is, and matches nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function isAt(route: Route, segments: readonly string[]): boolean {
  return route.segments.every((part, index) =>
    isParameter(part) ? segments[index] !== '' : part === segments[index],
  );
}

function isParameter(part: string | undefined): boolean {
  return part?.startsWith(':') ?? false;
}
