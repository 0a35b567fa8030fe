/** What log and metrics learn of each request: its route, its status, how long it took, and roughly from where. */

import type { MiddlewareHandler } from 'hono';
import { describeError, type Log, loggedAddress } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { ServerEnv } from './answers.js';
import { routeOf } from './routing.js';

/** A middleware that logs a line for each request, and counts it in `metrics` if there are any. */
export function logRequests(log: Log, metrics: Metrics | undefined): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    context.set('logFailure', (error) => {
      log.error('failure', { route: routeOf(context), ...describeError(error) });
    });
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
