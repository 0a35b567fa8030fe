/** Turns a reply that core does not believe into a fault of the host that sent it. */

import { NetworkError, ValidationError } from '../core/errors.js';

/**
 * The result of a check of a reply from `url`.
 * @throws NetworkError naming the host, with the check's code, when the check fails.
 */
export function believe<T>(url: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof ValidationError)) throw cause;
    const { host } = new URL(url);
    throw new NetworkError(`${host}: ${cause.message}`, host, cause.code, { cause });
  }
}
