/**
 * Notes when and from where API keys are used, and refused. No request waits for that, and few cost the store a write:
 * for each key a process tells the store about once a minute what it has seen of it.
 */

import type { KeyStore, KeyUse, SeenOfKey } from '../store/contracts/keys.js';
import { describeError, type Log, loggedAddress } from './log.js';

/** From one note of a key to the next, in milliseconds. */
const PERIOD_MS = 60_000;

/** What was seen of a key and not noted yet. */
interface Seen extends SeenOfKey {
  /** When the store was told last. */
  readonly toldAt: number;
}

const NOTHING: Seen = { use: null, refusals: null, toldAt: Number.NEGATIVE_INFINITY };

/** The uses of one store's keys that this process sees. */
export class KeyUses {
  readonly #store: Pick<KeyStore, 'recordKeyUse'>;
  readonly #log: Log;
  readonly #now: () => number;
  /** By the ids of keys that exist. */
  readonly #seen = new Map<string, Seen>();

  /** @param log gets what could not be noted. @param now milliseconds since 1970. */
  constructor(store: Pick<KeyStore, 'recordKeyUse'>, log: Log, now: () => number) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  /** A request from `address` showed the key of this id, which is valid. */
  used(id: string, address: string): void {
    this.#see(id, (seen) => ({ ...seen, use: this.#useFrom(address) }));
  }

  /** The same of a key that was revoked, or has expired. */
  refused(id: string, address: string): void {
    this.#see(id, (seen) => {
      const count = (seen.refusals?.count ?? 0) + 1;
      return { ...seen, refusals: { ...this.#useFrom(address), count } };
    });
  }

  /**
   * Tells the store what it was not told of yet.
   * @param which `due` for those keys only that it was not told of for a while. Default all, for a server that closes.
   */
  async flush(which: 'due' | 'all' = 'all'): Promise<void> {
    const due = [...this.#seen].filter(([, seen]) => which === 'all' || this.#isDue(seen));
    await Promise.all(due.map(([id, seen]) => this.#tell(id, seen)));
  }

  #see(id: string, change: (seen: Seen) => Seen): void {
    const seen = change(this.#seen.get(id) ?? NOTHING);
    this.#seen.set(id, seen);
    if (this.#isDue(seen)) void this.#tell(id, seen);
  }

  /** A clock that was set back makes no key wait for it. */
  #isDue({ toldAt }: Seen): boolean {
    return Math.abs(this.#now() - toldAt) >= PERIOD_MS;
  }

  /** What cannot be noted is logged: a request does not fail for it. */
  async #tell(id: string, { use, refusals }: Seen): Promise<void> {
    if (use === null && refusals === null) return;
    this.#seen.set(id, { use: null, refusals: null, toldAt: this.#now() });
    try {
      await this.#store.recordKeyUse(id, { use, refusals });
    } catch (error) {
      this.#log.error('use of a key not noted', describeError(error));
    }
  }

  #useFrom(address: string): KeyUse {
    return { at: this.#now(), network: loggedAddress(address) };
  }
}
