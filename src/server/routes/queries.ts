/** The parameters in a request's query (core/protocol/PROTOCOL.md section 4): what each holds, checked. */

import { MAX_VIEWS, MAX_WAIT_SECONDS } from '../../core/protocol/limits.js';
import { SECRET_STATES, type SecretState } from '../../core/protocol/replies.js';
import { RequestError } from '../http/request-error.js';

/**
 * How long a request wants to wait for news, in whole seconds; absent is not at all.
 * @throws RequestError `INVALID_REQUEST`.
 */
export function parseWait(wait: string | undefined): { readonly ms: number } | undefined {
  if (wait === undefined) return undefined;
  const seconds = /^[1-9][0-9]?$/.test(wait) ? Number(wait) : 0;
  if (seconds < 1 || seconds > MAX_WAIT_SECONDS) {
    throw new RequestError('INVALID_REQUEST', `wait is not 1 to ${MAX_WAIT_SECONDS} seconds`);
  }
  return { ms: seconds * 1_000 };
}

/**
 * The status of a secret that a client knows, `{state}.{views left}`; absent is `undefined`.
 * @throws RequestError `INVALID_REQUEST`.
 */
export function parseSeen(
  seen: string | undefined,
): { readonly state: SecretState; readonly viewsLeft: number } | undefined {
  if (seen === undefined) return undefined;
  const [, word, views] = /^([a-z]+)\.(0|[1-9][0-9]{0,3})$/.exec(seen) ?? [];
  const state = SECRET_STATES.find((known) => known === word);
  const viewsLeft = Number(views);
  if (state === undefined || viewsLeft > MAX_VIEWS) {
    throw new RequestError('INVALID_REQUEST', 'seen is not a state, a dot and how many views are left');
  }
  return { state, viewsLeft };
}
