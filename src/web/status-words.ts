/** What has become of a secret, for its maker. */

import type { SecretStatus } from '../client/status.js';
import { say } from './language.js';
import { clockTime, localTime } from './quantities.js';

/** One or two sentences. @param now when it was so, in milliseconds since 1970. */
export function statusWords(status: SecretStatus, now: number): string {
  return `${stateWords(status)} ${say('status.checked', { time: clockTime(now) })}`;
}

function stateWords({ state, views, viewsLeft, firstReadAt }: SecretStatus): string {
  if (state === 'revoked') return say('status.revoked');
  const at = firstReadAt === undefined ? '' : localTime(firstReadAt);
  if (state === 'read') return say('status.read', { at });
  if (views > viewsLeft) return say('status.partly', { read: views - viewsLeft, views, at });
  return say(state === 'expired' ? 'status.expired' : 'status.waiting');
}
