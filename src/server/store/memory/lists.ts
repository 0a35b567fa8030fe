/** The lists of the store in memory. It looks through all that it has for what a call looks at. */

import type { SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import { stateOf } from '../contracts/lifecycle.js';
import {
  type CountedPart,
  type Cursor,
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
    const records = this.#secrets.ofCaller(caller, after, LOOKED_AT, now);
    const found = records
      .filter((secret) => state === null || stateOf(secret, now) === state)
      .filter((secret) => hint === null || secret.hint?.includes(hint));
    return pageOf(found.slice(0, limit + 1), limit, edgeOf(records));
  }

  async countSecrets(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<SecretState>> {
    const records = this.#secrets.ofCaller(caller, after, LOOKED_AT, now);
    const counts = countByState(records, (secret) => stateOf(secret, now), since);
    return { counts, next: edgeOf(records) };
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

/** The last of the records that a call looked at, if there may be others behind it. */
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
