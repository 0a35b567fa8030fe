/** What an API key has made: its secrets in a list, and the statistics of these and of its requests. */

import { SECRET_STATES, type SecretState } from '../../core/protocol/replies.js';
import { REQUEST_STATES, type RequestState } from '../../core/protocol/secret-requests.js';
import type {
  CountedPart,
  Cursor,
  ListedSecret,
  ListStore,
  SecretPage,
  Since,
} from '../store/contracts/lists.js';
import { type Status, statusOf } from './secrets.js';

/** A secret in a list: what has become of it, and what the store holds of it. */
export interface Listed extends Status, Pick<ListedSecret, 'id' | 'version' | 'bytes'> {}

/** A page of a list. */
export interface ListPage {
  readonly secrets: readonly Listed[];
  /** Where the next page begins; `null` on the last one. */
  readonly next: Cursor | null;
}

/** How many records there are, and since when, in the calendar of UTC; weeks begin on Mondays. */
export interface Counts<State extends string> {
  readonly states: Readonly<Record<State, number>>;
  readonly total: number;
  readonly today: number;
  readonly thisWeek: number;
  readonly thisMonth: number;
  readonly bytes: number;
}

/** The statistics of a caller. */
export interface Statistics {
  readonly secrets: Counts<SecretState>;
  readonly requests: Counts<RequestState>;
}

const DAY_MS = 24 * 60 * 60_000;

/** The first day of the clock, 1970-01-01, was a Thursday: so many days after a Monday. */
const DAYS_SINCE_MONDAY = 3;

/** The lists of one store. Every method throws StoreError or StoreBusyError. */
export class Lists {
  readonly #store: ListStore;
  readonly #now: () => number;
  /** By caller: who asks while a count is under way gets that one, for it may take many calls of the store. */
  readonly #counting = new Map<string, Promise<Statistics>>();

  /** @param now milliseconds since 1970. */
  constructor(store: ListStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** A page of the secrets that an API key has made, the newest first. @param caller the id of the key. */
  async secrets(caller: string, page: SecretPage): Promise<ListPage> {
    const now = this.#now();
    const { secrets, next } = await this.#store.listSecrets(caller, page, now);
    return {
      secrets: secrets.map((secret) => {
        const { id, version, bytes } = secret;
        return { id, version, bytes, ...statusOf(secret, now, true) };
      }),
      next,
    };
  }

  /** How much an API key has made of what is not forgotten. @param caller as for {@link secrets}. */
  statistics(caller: string): Promise<Statistics> {
    const underWay = this.#counting.get(caller);
    if (underWay !== undefined) return underWay;
    const counting = this.#count(caller).finally(() => this.#counting.delete(caller));
    this.#counting.set(caller, counting);
    return counting;
  }

  async #count(caller: string): Promise<Statistics> {
    const now = this.#now();
    const since = sinceAt(now);
    const store = this.#store;
    return {
      secrets: await countsOf(SECRET_STATES, (after) => store.countSecrets(caller, after, since, now)),
      requests: await countsOf(REQUEST_STATES, (after) => store.countRequests(caller, after, since, now)),
    };
  }
}

/** Adds up the parts of a count. */
async function countsOf<State extends string>(
  states: readonly State[],
  partAfter: (after: Cursor | null) => Promise<CountedPart<State>>,
): Promise<Counts<State>> {
  const byState = Object.fromEntries(states.map((state) => [state, 0])) as Record<State, number>;
  const sums = { total: 0, today: 0, thisWeek: 0, thisMonth: 0, bytes: 0 };
  let after: Cursor | null = null;
  do {
    const part: CountedPart<State> = await partAfter(after);
    for (const count of part.counts) {
      byState[count.state] += count.total;
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += count[name];
    }
    after = part.next;
  } while (after !== null);
  return { states: byState, ...sums };
}

/** When the day, the week and the month of a time began. */
function sinceAt(now: number): Since {
  const day = Math.floor(now / DAY_MS);
  const date = new Date(now);
  return {
    today: day * DAY_MS,
    thisWeek: (day - ((day + DAYS_SINCE_MONDAY) % 7)) * DAY_MS,
    thisMonth: Date.UTC(date.getUTCFullYear(), date.getUTCMonth()),
  };
}
