/** The lists of the store in memory: it looks at all that it has. */

import type { SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { stateOf } from '../contracts/lifecycle.js';
import {
  type CountedPart,
  type Cursor,
  inOrder,
  type ListStore,
  LOOKED_AT,
  pageOf,
  type SecretList,
  type SecretPage,
  type Since,
  type StateCount,
} from '../contracts/lists.js';
import { requestStateOf } from '../contracts/requests.js';
import type { MemoryRequests } from './requests.js';
import type { MemorySecrets } from './secrets.js';

/** A {@link ListStore} in memory. */
export class MemoryLists implements ListStore {
  readonly #secrets: MemorySecrets;
  readonly #requests: MemoryRequests;

  /** @param secrets and @param requests of the same store. */
  constructor(secrets: MemorySecrets, requests: MemoryRequests) {
    this.#secrets = secrets;
    this.#requests = requests;
  }

  async listSecrets(
    caller: string,
    { state, hint, after, limit }: SecretPage,
    now: number,
  ): Promise<SecretList> {
    const { records, next } = partOf(this.#secrets.ofCaller(caller, now), after);
    const found = records
      .filter((secret) => state === null || stateOf(secret, now) === state)
      .filter((secret) => hint === null || secret.hint?.includes(hint));
    return pageOf(found.slice(0, limit + 1), limit, next);
  }

  async countSecrets(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<SecretState>> {
    const { records, next } = partOf(this.#secrets.ofCaller(caller, now), after);
    const counts = countByState(records, (secret) => stateOf(secret, now), since);
    return { counts, next };
  }

  async countRequests(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<RequestState>> {
    const page = { state: null, after, limit: LOOKED_AT };
    const records = await this.#requests.listRequests(caller, page, now);
    const counts = countByState(records, (request) => requestStateOf(request, now), since);
    return { counts, next: edgeOf(records) };
  }
}

/** The records that one call looks at. */
function partOf<One extends Cursor>(all: readonly One[], after: Cursor | null) {
  const records = all
    .toSorted(inOrder)
    .filter((one) => after === null || inOrder(after, one) < 0)
    .slice(0, LOOKED_AT);
  return { records, next: edgeOf(records) };
}

function edgeOf(records: readonly Cursor[]): Cursor | null {
  const last = records[LOOKED_AT - 1];
  return last === undefined ? null : { createdAt: last.createdAt, id: last.id };
}

function countByState<One extends { readonly createdAt: number; readonly bytes?: number }, State>(
  records: readonly One[],
  stateOf: (one: One) => State,
  { today, thisWeek, thisMonth }: Since,
): StateCount<State>[] {
  return [...new Set(records.map(stateOf))].map((state) => {
    const those = records.filter((one) => stateOf(one) === state);
    const since = (from: number) => those.filter(({ createdAt }) => createdAt >= from).length;
    return {
      state,
      total: those.length,
      today: since(today),
      thisWeek: since(thisWeek),
      thisMonth: since(thisMonth),
      bytes: those.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    };
  });
}
