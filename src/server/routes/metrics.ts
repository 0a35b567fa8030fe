/** `/metrics`: the server's numbers, for a Prometheus that collects them. */

import type { Hono } from 'hono';
import { answer, type Handler, type ServerEnv } from '../http/answers.js';
import { NO_STORE } from '../http/headers.js';
import { route } from '../http/routing.js';
import type { Metrics } from '../telemetry/metrics.js';

/**
 * Adds the route to `app`. Only for a server whose operator asked for it: the numbers tell how much it is used, to
 * everyone who can reach it.
 * @param metrics where the numbers are counted, and what format they have.
 */
export function addMetricsRoute(app: Hono<ServerEnv>, metrics: Metrics): void {
  const handler: Handler = async (context) => {
    const text = await metrics.text();
    return answer(context, 200, text, { 'Content-Type': metrics.contentType, ...NO_STORE });
  };
  route(app, '/metrics', { GET: handler, HEAD: handler });
}
