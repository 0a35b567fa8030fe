/** Who asks, and what a caller may create (PROTOCOL.md section 6). */

import { createHmac } from 'node:crypto';
import { ApiError } from '../core/errors.js';
import { type Limits, TIERS, type Tier } from '../core/limits.js';
import { callerAddress } from './addresses.js';

/** What a caller without an API key may do. `open` is the default of a self-hosted server. */
export type Access = 'open';

/** Somebody who creates. */
export interface Caller {
  /** Stands for the caller in the store: idempotency keys belong to it. */
  readonly name: string;
  readonly limits: Limits;
}

const KEYLESS: Readonly<Record<Access, Tier>> = { open: 'pro' };

/** Tells callers apart and knows their limits. */
export class Callers {
  readonly #access: Access;
  readonly #salt: string;

  /** @param salt random text that stays the same as long as the store does. */
  constructor(access: Access, salt: string) {
    this.#access = access;
    this.#salt = salt;
  }

  /** The limits of a caller without a key. */
  get keylessLimits(): Limits {
    return TIERS[KEYLESS[this.#access]];
  }

  /**
   * Who asks to create.
   * @param authorization the `Authorization` header, if there is one.
   * @throws ApiError 401 `INVALID_API_KEY`: no keys have been issued, so none is right.
   */
  identify(authorization: string | undefined, address: string): Caller {
    if (authorization !== undefined) {
      throw new ApiError('the API key is not one of this server', 401, 'INVALID_API_KEY');
    }
    return { name: this.nameOf(address), limits: this.keylessLimits };
  }

  /** A name for an address that doesn't give it away to who reads the store without the salt: 22 characters. */
  nameOf(address: string): string {
    const mac = createHmac('sha256', this.#salt).update(callerAddress(address)).digest();
    return mac.subarray(0, 16).toString('base64url');
  }
}
