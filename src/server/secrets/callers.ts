/** Identifies callers, and knows what each may create (core/protocol/PROTOCOL.md section 6). */

import { createHmac } from 'node:crypto';
import { EXPIRY_RANGE } from '../../core/expiry.js';
import { type KeyTier, type Limits, MAX_UPLOAD_BYTES, TIERS } from '../../core/protocol/limits.js';
import { networkOf } from '../../net/networks.js';
import { type ApiKey, isValidKey } from '../store/contracts/keys.js';
import type { Store } from '../store/contracts/store.js';
import type { KeyUses } from '../telemetry/key-uses.js';
import { type Access, keylessLimits, withLongestExpiry, withLongestUpload } from './access.js';
import { keyEnded, recognizeKey } from './api-keys.js';
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

/** What telling callers apart depends on. */
export interface CallersOptions {
  /** As for {@link keylessLimits}. */
  readonly rateLimit?: number | undefined;
  /** As for {@link withLongestExpiry}. */
  readonly maxExpiry?: number | undefined;
  /** As for {@link withLongestUpload}. */
  readonly maxUpload?: number | undefined;
  /** Told of each key that is shown. */
  readonly uses: KeyUses;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Tells callers apart and knows their limits. */
export class Callers {
  readonly #store: Pick<Store, 'callerSalt' | 'keys'>;
  /** What callers without a key may do; `null` if they may not create. */
  readonly #keyless: Limits | null;
  readonly #keylessMayCallBack: boolean;
  /** The limits of a tier, as the operator allows them. */
  readonly #allowed: (limits: Limits) => Limits;
  readonly #uses: KeyUses;
  readonly #now: () => number;
  /** The names of recent callers' addresses: an HMAC takes as long as everything else that a request needs of them. */
  readonly #names = new Map<string, string>();

  constructor(store: Pick<Store, 'callerSalt' | 'keys'>, access: Access, options: CallersOptions) {
    const { maxExpiry = EXPIRY_RANGE.max, maxUpload = MAX_UPLOAD_BYTES } = options;
    this.#store = store;
    this.#uses = options.uses;
    this.#now = options.now;
    this.#allowed = (limits) => withLongestUpload(withLongestExpiry(limits, maxExpiry), maxUpload);
    const keyless = keylessLimits(access, options.rateLimit);
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
      const { id, tier } = await this.#validKey(key, address);
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
   * @param key and @param address as for {@link identify}.
   * @throws ServiceError `INVALID_API_KEY`.
   */
  async check(key: string | null, address: string): Promise<void> {
    if (key !== null) await this.#validKey(key, address);
  }

  /** The name with which a key creates. @param address as for {@link identify}. @throws ServiceError `INVALID_API_KEY`. */
  async nameOfKey(key: string, address: string): Promise<string> {
    return (await this.#validKey(key, address)).id;
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

  async #validKey(key: string, address: string): Promise<ApiKey> {
    const known = await recognizeKey(this.#store.keys, key);
    if (!isValidKey(known, this.#now())) {
      this.#uses.refused(known.id, address);
      throw keyEnded(known);
    }
    this.#uses.used(known.id, address);
    return known;
  }
}

/**
 * What counts as one caller without a key: an IPv4 address, or the /64 of an IPv6 address, because a single host has
 * all of that to itself. Text that is not an address counts as it is.
 */
export function callerAddress(address: string): string {
  return networkOf(address, 32, 64) ?? address;
}
