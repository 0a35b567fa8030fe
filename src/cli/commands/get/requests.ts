/** Watches the requests of a read: whether one of them may have reached the server, and how many there were. */

import type { Fetch } from '../../../client/transport/fetch.js';
import { networkError } from '../../../client/transport/network-errors.js';
import type { ClientErrorCode } from '../../exit/error-codes.js';

export interface Requests {
  /** Sends, and counts. */
  readonly fetch: Fetch;
  count(): number;
  /** Whether a request left this machine, or may have: the answer to it is lost, or still on its way. */
  mayHaveArrived(): boolean;
}

/** Errors before a request has left this machine. */
const NOT_SENT: readonly ClientErrorCode[] = [
  'CONNECTION_REFUSED',
  'HOST_LOOKUP_FAILED',
  'HOST_NOT_FOUND',
  'PROXY_REFUSED',
  'PROXY_UNREACHABLE',
  'TLS_ERROR',
];

export function watchRequests(fetch: Fetch): Requests {
  let count = 0;
  let notSent = 0;
  return {
    async fetch(url, init) {
      count++;
      try {
        return await fetch(url, init);
      } catch (cause) {
        const { code } = networkError(cause, '');
        if (NOT_SENT.some((one) => one === code)) notSent++;
        throw cause;
      }
    },
    count: () => count,
    mayHaveArrived: () => count > notSent,
  };
}
