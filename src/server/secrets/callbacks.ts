/**
 * Which callbacks a server takes. The creator of a secret names the URL and the server calls it, so it must not become
 * a way into the networks that the server stands in (server-side request forgery, core/protocol/PROTOCOL.md section 7).
 */

import type { HostPolicy } from '../../net/guarded-connection.js';
import { isPublicAddress, isPublicHost } from '../../net/public-addresses.js';
import type { CreateRequest } from '../store/contracts/secrets.js';
import { ServiceError } from './service-error.js';

/** Which URLs a callback may have, and where they may lead. */
export interface CallbackPolicy extends HostPolicy {
  /** URL schemes, with their colon. */
  readonly protocols: readonly string[];
}

/** Only https, and only to the public Internet. */
export const PUBLIC_CALLBACKS: CallbackPolicy = {
  protocols: ['https:'],
  allowsHost: isPublicHost,
  allowsAddress: isPublicAddress,
};

/** Any host, and http as well: for an operator who trusts everyone that may create. */
export const ANY_CALLBACKS: CallbackPolicy = {
  protocols: ['https:', 'http:'],
  allowsHost: () => true,
  allowsAddress: () => true,
};

/**
 * Checks that the policy allows the host of a callback, as far as the URL tells. `null`, for none, passes.
 * @throws ServiceError `INVALID_CALLBACK_URL_HOST`.
 */
export function checkCallback(callback: CreateRequest['callback'], policy: CallbackPolicy): void {
  if (callback === null || policy.allowsHost(new URL(callback.url).hostname)) return;
  throw new ServiceError('INVALID_CALLBACK_URL_HOST', 'callback_url leads to a private or reserved address');
}
