/** The parameters in a request's query (core/protocol/PROTOCOL.md section 4): what each holds, checked. */

import { MAX_VIEWS, MAX_WAIT_SECONDS } from '../../core/protocol/limits.js';
import { PAGE } from '../../core/protocol/lists.js';
import { SECRET_STATES, type SecretState } from '../../core/protocol/replies.js';
import { isHint } from '../../core/protocol/requests.js';
import { type HttpRequest, queryOf } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Cursor } from '../store/contracts/lists.js';

/** A place in a list as clients are given it: the time of creation and the id of the record that it is behind. */
const CURSOR = /^([0-9]{1,15})\.([A-Za-z0-9_-]{22})$/;

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

/** A page of a list, of records in one of these states. */
export interface Page<State> {
  readonly state: State | null;
  readonly limit: number;
  readonly after: Cursor | null;
}

/**
 * Which page of a list a query asks for: `state`, `limit` (1 to 100, else 20) and `after`.
 * @throws RequestError `INVALID_REQUEST`.
 */
export function parsePage<State extends string>(request: HttpRequest, states: readonly State[]): Page<State> {
  const [wanted, limit = String(PAGE.usual), after] = ['state', 'limit', 'after'].map((name) =>
    queryOf(request, name),
  );
  const state = states.find((one) => one === wanted) ?? null;
  if (wanted !== undefined && state === null) {
    throw new RequestError('INVALID_REQUEST', `state is not ${states.join(', ')}`);
  }
  if (!/^[1-9][0-9]{0,2}$/.test(limit) || Number(limit) > PAGE.most) {
    throw new RequestError('INVALID_REQUEST', `limit is not 1 to ${PAGE.most}`);
  }
  if (after === undefined) return { state, limit: Number(limit), after: null };
  const [, createdAt, id] = CURSOR.exec(after) ?? [];
  if (createdAt === undefined || id === undefined) {
    throw new RequestError('INVALID_REQUEST', 'after is not a next');
  }
  return { state, limit: Number(limit), after: { createdAt: Number(createdAt), id } };
}

/** What the hints of a list have in them; absent is `null`. @throws RequestError `INVALID_REQUEST`. */
export function parseHintFilter(hint: string | undefined): string | null {
  if (hint === undefined) return null;
  if (!isHint(hint)) throw new RequestError('INVALID_REQUEST', 'hint is not what a hint can have in it');
  return hint;
}

/** What `after` takes to go on behind a record. */
export function formatCursor({ createdAt, id }: Cursor): string {
  return `${createdAt}.${id}`;
}
