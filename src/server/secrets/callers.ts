/** Who asks, and what a caller may create (PROTOCOL.md section 6). */

import { createHmac } from 'node:crypto';
import { ApiError } from '../../core/errors.js';
import { type Access, KEYLESS, type KeyTier, type Limits, TIERS } from '../../core/protocol/limits.js';
import { callerAddress } from '../http/addresses.js';
import type { Store } from '../store/contracts/store.js';
import { recogniseKey } from './api-keys.js';

/** Addresses whose names are kept in memory: some hundred kilobytes at most. */
const REMEMBERED_NAMES = 1_000;

/** Somebody who creates. */
export interface Caller {
  /** Stands for the caller in the store: idempotency keys and quotas belong to it. The id of a key has a `_` in it. */
  readonly name: string;
  /** `null` without a key. */
  readonly tier: KeyTier | null;
  readonly limits: Limits;
}

/** Tells callers apart and knows their limits. */
export class Callers {
  readonly #store: Pick<Store, 'callerSalt' | 'keys'>;
  /** Of callers without a key; `null` if they may not create. */
  readonly #keyless: Limits | null;
  /** Of the addresses that asked lately: an HMAC takes as long as all else that is asked of one. */
  readonly #names = new Map<string, string>();

  /**
   * @param rateLimit creates a minute and address where the access mode has a rate; 0 for any number. Default: that
   *   of the mode.
   */
  constructor(store: Pick<Store, 'callerSalt' | 'keys'>, access: Access, rateLimit?: number) {
    this.#store = store;
    this.#keyless = withRate(KEYLESS[access], rateLimit);
  }

  /** The limits of a caller without a key; `null` if such a one may not create. */
  get keylessLimits(): Limits | null {
    return this.#keyless;
  }

  /**
   * Who asks to create. A key's own tier holds in every mode.
   * @param authorization the `Authorization` header, if there is one.
   * @throws ApiError 401 `INVALID_API_KEY`, 403 `API_KEY_REQUIRED`.
   */
  async identify(authorization: string | undefined, address: string): Promise<Caller> {
    if (authorization !== undefined) {
      const { id, tier } = await recogniseKey(this.#store.keys, authorization);
      return { name: id, tier, limits: TIERS[tier] };
    }
    if (this.#keyless === null) {
      throw new ApiError('this server creates secrets with an API key only', 403, 'API_KEY_REQUIRED');
    }
    return { name: this.nameOf(address), tier: null, limits: this.#keyless };
  }

  /** A name for an address that doesn't give it away to who reads the store without the salt: 22 characters. */
  nameOf(address: string): string {
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    const mac = createHmac('sha256', this.#store.callerSalt).update(callerAddress(address)).digest();
    const name = mac.subarray(0, 16).toString('base64url');
    if (this.#names.size >= REMEMBERED_NAMES) this.#names.clear();
    this.#names.set(address, name);
    return name;
  }
}

function withRate(limits: Limits | null, rateLimit: number | undefined): Limits | null {
  if (rateLimit === undefined || limits?.creates?.per !== 'minute') return limits;
  return { ...limits, creates: rateLimit === 0 ? null : { count: rateLimit, per: 'minute' } };
}
