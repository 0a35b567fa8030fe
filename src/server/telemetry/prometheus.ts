/** {@link Metrics} in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Metrics, methodLabel, SECRET_EVENTS } from './metrics.js';

/** Upper bounds in seconds: from how long a read in memory takes to longer than a client waits. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics that start at zero, and those that Node has of its process. @param version the package's version. */
export function createPrometheusMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'zephr_info', help: 'Always 1', labelNames: ['version'], registers }).set({ version }, 1);
  const requests = new Counter({
    name: 'zephr_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'zephr_http_request_duration_seconds',
    help: 'From the headers of a request to those of its answer',
    labelNames: ['route', 'method'],
    buckets: BUCKETS,
    registers,
  });
  const secrets = new Counter({
    name: 'zephr_secrets_total',
    help: 'Secrets by what became of them: created, read (each answer counts, a repeated one too), revoked (the same), expired (ciphertext destroyed past its time, unread or never acknowledged)',
    labelNames: ['event'],
    registers,
  });
  for (const event of SECRET_EVENTS) secrets.inc({ event }, 0);
  const store = new Histogram({
    name: 'zephr_store_duration_seconds',
    help: 'Time the store takes to answer',
    labelNames: ['verb', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  return {
    request(route, given, status, seconds) {
      const method = methodLabel(given);
      requests.inc({ route, method, status });
      durations.observe({ route, method }, seconds);
    },
    secrets: (event, count) => secrets.inc({ event }, count),
    store: (verb, ok, seconds) => store.observe({ verb, outcome: ok ? 'ok' : 'failed' }, seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
