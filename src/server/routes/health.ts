/** `/api/health`: whether the server can do its work, and what it allows (PROTOCOL.md section 4, Health). */

import type { Access } from '../../core/protocol/limits.js';
import { answerJson, type Handler } from '../http/routing.js';
import type { Callers } from '../secrets/callers.js';
import { type Store, StoreError } from '../store/contracts/store.js';

/** How long the store may take to answer: less than those who ask for health commonly wait. In milliseconds. */
const PATIENCE_MS = 2_000;

/** What health is about. */
export interface HealthOptions {
  readonly store: Store;
  readonly access: Access;
  readonly version: string;
  readonly callers: Callers;
}

/**
 * Answers for health; rejects with StoreError when the store does not answer in time. Whoever shows an API key is told
 * its tier and limits, or 401.
 */
export function healthOf({ store, access, version, callers }: HealthOptions): Handler {
  const limits = callers.keylessLimits ?? {};
  const health = { status: 'ok', version, protocol: [1, 2], access, limits };
  const ping = patientPing(store);
  return async (context) => {
    await ping();
    const authorization = context.req.header('Authorization');
    if (authorization === undefined) return answerJson(context, 200, health);
    const { tier, limits } = await callers.identify(authorization, context.env.address);
    return answerJson(context, 200, { ...health, tier, limits });
  };
}

/**
 * Asks a store whether it answers. Who asks while somebody else waits for the answer waits for the same one, so that
 * a store that is stuck is not asked more and more.
 * @returns what asks; rejects with StoreError after `patienceMs` milliseconds.
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
