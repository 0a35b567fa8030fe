/** What monitoring asks for: `/api/health` (core/protocol/PROTOCOL.md section 4, Health) and `/metrics`. */

import { NO_STORE } from '../http/headers.js';
import { headerOf, jsonResponse } from '../http/messages.js';
import type { Handler, Router } from '../http/router.js';
import type { Access } from '../secrets/access.js';
import type { Callers } from '../secrets/callers.js';
import type { GateKeeper } from '../secrets/gate-keeper.js';
import { type Store, StoreError } from '../store/contracts/store.js';
import type { Metrics } from '../telemetry/metrics.js';
import { parseAuthorization } from './request-headers.js';

/** How long the store may take to answer, in milliseconds: less than health checks commonly wait. */
const PATIENCE_MS = 2_000;

/** What health reports on: whether the server can do its work, and what it allows. */
export interface HealthOptions {
  readonly store: Store;
  readonly access: Access;
  /** The package's version. */
  readonly version: string;
  readonly callers: Callers;
  readonly gates: GateKeeper;
}

/**
 * Adds `/api/health` to `router`. It answers 503 when the store does not answer in time. A request that shows an API key
 * is answered with the tier and limits of that key, or 401.
 */
export function addHealthRoute(
  router: Router,
  { store, access, version, callers, gates }: HealthOptions,
): void {
  const limits = callers.keylessLimits ?? {};
  const health = { status: 'ok', version, protocol: [1, 2], access, limits, gates: gates.offers };
  const ping = patientPing(store);
  const handler: Handler = async (request) => {
    await ping();
    const apiKey = parseAuthorization(headerOf(request, 'Authorization'));
    if (apiKey === null) return jsonResponse(200, health);
    const { tier, limits } = await callers.identify(apiKey, request.address);
    return jsonResponse(200, { ...health, tier, limits });
  };
  router.add('/api/health', { GET: handler, HEAD: handler });
}

/** Adds `/metrics` to `router`: the server's numbers, in the format that `metrics` has them in. */
export function addMetricsRoute(router: Router, metrics: Metrics): void {
  const handler: Handler = async () => ({
    status: 200,
    headers: { 'Content-Type': metrics.contentType, ...NO_STORE },
    body: await metrics.text(),
  });
  router.add('/metrics', { GET: handler, HEAD: handler });
}

/**
 * Makes a function that asks a store whether it answers. Requests that come while one is waiting for the answer wait
 * for the same one, so that a store that is stuck is not asked again and again.
 * @param patienceMs how long to wait, in milliseconds. The function rejects with StoreError after that.
 */
export function patientPing(store: Pick<Store, 'ping'>, patienceMs = PATIENCE_MS): () => Promise<void> {
  let pending: Promise<void> | undefined;
  return async () => {
    pending ??= store.ping().finally(() => {
      pending = undefined;
    });
    const answer = pending;
    await new Promise<void>((resolve, reject) => {
      const late = new StoreError(new Error(`no answer within ${patienceMs} ms`));
      const timer = setTimeout(() => reject(late), patienceMs);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  };
}
