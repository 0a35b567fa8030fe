/**
 * What an API key has made, as lists and counts of it (core/protocol/PROTOCOL.md section 10). Also the rules that every
 * engine shares.
 *
 * A key can have made hundreds of thousands of secrets. So each call looks at {@link LOOKED_AT} records at most, and says
 * where the next one goes on: no list and no count keeps other callers of the store waiting.
 */

import type { SecretState } from '../../../core/protocol/replies.js';
import type { RequestState } from '../../../core/protocol/secret-requests.js';
import type { SecretRecord } from './secrets.js';

/** Records that one call looks at, at most: a few milliseconds of work. */
export const LOOKED_AT = 2_000;

/** A place in a list: behind the record of this time and id. */
export interface Cursor {
  readonly createdAt: number;
  readonly id: string;
}

/** Which secrets a list has. */
export interface SecretPage {
  readonly state: SecretState | null;
  /** Only those whose hint has this in it, letter for letter. */
  readonly hint: string | null;
  /** Where the page before ended; `null` for the first one. */
  readonly after: Cursor | null;
  /** Most secrets, 1 or more. */
  readonly limit: number;
}

/** A secret in a list. */
export interface ListedSecret extends SecretRecord {
  readonly id: string;
  /** What the store holds of it: its blob and its chunks, in bytes. 0 once they are destroyed. */
  readonly bytes: number;
}

/** A page of a list. It may have fewer secrets than its limit, or none, and still be followed by another. */
export interface SecretList {
  readonly secrets: readonly ListedSecret[];
  /** Where the next page begins; `null` if this was the last. */
  readonly next: Cursor | null;
}

/** The moments from which on records are counted as lately made. */
export interface Since {
  readonly today: number;
  readonly thisWeek: number;
  readonly thisMonth: number;
}

/** How many records are in a state, and how many of those were made lately. */
export interface StateCount<State> {
  readonly state: State;
  readonly total: number;
  readonly today: number;
  readonly thisWeek: number;
  readonly thisMonth: number;
  /** Of all of them, as for {@link ListedSecret}; 0 for requests. */
  readonly bytes: number;
}

/** A part of a count: each state once, or not where no record is in it. */
export interface CountedPart<State> {
  readonly counts: readonly StateCount<State>[];
  /** Where the next part begins; `null` if this was the last. */
  readonly next: Cursor | null;
}

/**
 * Lists of what a caller has made who is the id of an API key; no other has any. They hold what is known, also of what
 * has ended, until it is forgotten. In each the newest comes first; of the same time, the highest id (in ASCII).
 */
export interface ListStore {
  /** The secrets of a caller; not those that answer its requests. */
  listSecrets(caller: string, page: SecretPage, now: number): Promise<SecretList>;

  /** Counts the part of a caller's secrets that comes after a place in its list; `null` for the beginning. */
  countSecrets(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<SecretState>>;

  /** The same of its requests. */
  countRequests(
    caller: string,
    after: Cursor | null,
    since: Since,
    now: number,
  ): Promise<CountedPart<RequestState>>;
}

/** Before the newest record, and behind the oldest. */
export const BEGINNING: Cursor = { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
export const END: Cursor = { createdAt: -1, id: '' };

/**
 * The page that was found.
 * @param found one more than the limit, if there are as many up to `edge`.
 * @param edge the last record that was looked at, if there may be others behind it.
 */
export function pageOf(found: readonly ListedSecret[], limit: number, edge: Cursor | null): SecretList {
  const secrets = found.slice(0, limit);
  const last = secrets.at(-1);
  if (found.length <= limit || last === undefined) return { secrets, next: edge };
  return { secrets, next: { createdAt: last.createdAt, id: last.id } };
}

/** The first `limit` of `records` behind a place in their list, in its order; `null` for the beginning. */
export function behind<One extends Cursor>(
  records: readonly One[],
  after: Cursor | null,
  limit: number,
): One[] {
  return records
    .filter((one) => after === null || inOrder(after, one) < 0)
    .sort(inOrder)
    .slice(0, limit);
}

/** The order of a list: negative where `one` comes first. */
function inOrder(one: Cursor, other: Cursor): number {
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}
