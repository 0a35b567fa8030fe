/** Identifies callers, and knows what each may create (core/protocol/PROTOCOL.md section 6). */

import { createHmac } from 'node:crypto';
import { EXPIRY_RANGE } from '../../core/expiry.js';
import { type KeyTier, type Limits, MAX_UPLOAD_BYTES, TIERS } from '../../core/protocol/limits.js';
import { networkOf } from '../../net/networks.js';
import type { Store } from '../store/contracts/store.js';
import { type Access, keylessLimits, withLongestExpiry, withLongestUpload } from './access.js';
import { recognizeKey } from './api-keys.js';
import { ServiceError } from './service-error.js';

/** Most addresses whose names are kept in memory: a few hundred kilobytes. */
const REMEMBERED_NAMES = 1_000;

/** The creator of a secret. */
export interface Caller {
  /**
   * Names the caller in the store, where idempotency keys and quotas belong to it: the id of an API key, or what
   * {@link Callers.nameOf} makes of an address.
   */
  readonly name: string;
  /** `null` without a key. */
  readonly tier: KeyTier | null;
  readonly limits: Limits;
  /** Whether its secrets may have callbacks: where access is tiered that takes a key. */
  readonly mayCallBack: boolean;
}

/** Whether the name of a caller is the id of an API key: those of addresses are longer. */
export function isKeyId(name: string): boolean {
  return /^key_[A-Za-z0-9]{12}$/.test(name);
}

/** Tells callers apart and knows their limits. */
export class Callers {
  readonly #store: Pick<Store, 'callerSalt' | 'keys'>;
  /** What callers without a key may do; `null` if they may not create. */
  readonly #keyless: Limits | null;
  readonly #keylessMayCallBack: boolean;
  /** The limits of a tier, as the operator allows them. */
  readonly #allowed: (limits: Limits) => Limits;
  /** The names of recent callers' addresses: an HMAC takes as long as everything else that a request needs of them. */
  readonly #names = new Map<string, string>();

  /**
   * @param rateLimit as for {@link keylessLimits}. @param maxExpiry as for {@link withLongestExpiry}.
   * @param maxUpload as for {@link withLongestUpload}.
   */
  constructor(
    store: Pick<Store, 'callerSalt' | 'keys'>,
    access: Access,
    rateLimit?: number,
    maxExpiry: number = EXPIRY_RANGE.max,
    maxUpload: number = MAX_UPLOAD_BYTES,
  ) {
    this.#store = store;
    this.#allowed = (limits) => withLongestUpload(withLongestExpiry(limits, maxExpiry), maxUpload);
    const keyless = keylessLimits(access, rateLimit);
    this.#keyless = keyless && this.#allowed(keyless);
    this.#keylessMayCallBack = access === 'open';
  }

  /** What a caller without a key may do; `null` if it may not create. */
  get keylessLimits(): Limits | null {
    return this.#keyless;
  }

  /**
   * Identifies who wants to create. The tier of a key holds in every access mode.
   * @param key what the caller showed as its API key; `null` if it showed none.
   * @param address the caller's IP address.
   * @throws ServiceError `INVALID_API_KEY`, or `API_KEY_REQUIRED` where only callers with a key may create.
   */
  async identify(key: string | null, address: string): Promise<Caller> {
    if (key !== null) {
      const { id, tier } = await recognizeKey(this.#store.keys, key);
      return { name: id, tier, limits: this.#allowed(TIERS[tier]), mayCallBack: true };
    }
    if (this.#keyless === null) {
      throw new ServiceError('API_KEY_REQUIRED', 'this server creates secrets with an API key only');
    }
    const mayCallBack = this.#keylessMayCallBack;
    return { name: this.nameOf(address), tier: null, limits: this.#keyless, mayCallBack };
  }

  /**
   * Checks the key of a request that takes none: a caller who shows one that is not valid should learn of it.
   * @param key as for {@link identify}.
   * @throws ServiceError `INVALID_API_KEY`.
   */
  async check(key: string | null): Promise<void> {
    if (key !== null) await recognizeKey(this.#store.keys, key);
  }

  /** The name with which a key creates. @throws ServiceError `INVALID_API_KEY`. */
  async nameOfKey(key: string): Promise<string> {
    return (await recognizeKey(this.#store.keys, key)).id;
  }

  /** A name for an address, 22 characters long. Without the salt of the store it does not give the address away. */
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

/**
 * What counts as one caller without a key: an IPv4 address, or the /64 of an IPv6 address, because a single host has
 * all of that to itself. Text that is not an address counts as it is.
 */
export function callerAddress(address: string): string {
  return networkOf(address, 32, 64) ?? address;
}
