/** How things end: from errors to the names of their words, by one table, and the view and sentences made of those. */

import type { SecretStatus } from '../../client/status.js';
import { ApiError, NetworkError, ZephrError } from '../../core/errors.js';
import { byId, showView } from './elements.js';
import { clockTime, localTime } from './format.js';
import { type PlainKey, say } from './language.js';

/** An ending: `{name}.heading` and `{name}.text` are its words. */
export type Ending = Extract<PlainKey, `${string}.text`> extends `${infer Name}.text` ? Name : never;

/** By the codes of PROTOCOL.md section 4 and of core's errors. */
const BY_CODE: Readonly<Record<string, Ending>> = {
  SECRET_ALREADY_CONSUMED: 'read',
  SECRET_EXPIRED: 'expired',
  SECRET_REVOKED: 'revoked',
  SECRET_NOT_FOUND: 'unknown',
  WRONG_KEY: 'wrongKey',
  // A version 1 key for a version 2 secret, or the other way round.
  PROOF_REQUIRED: 'wrongKey',
  TOO_MANY_ATTEMPTS: 'tooManyTries',
  DECRYPTION_FAILED: 'unreadable',

  INVALID_LINK: 'damaged',
  INVALID_KEY: 'damaged',
  UNKNOWN_KEY_VERSION: 'newer',

  SECRET_TOO_LARGE: 'tooLarge',
  PAYLOAD_TOO_LARGE: 'tooLarge',
  API_KEY_REQUIRED: 'closed',
  UPGRADE_REQUIRED: 'notAllowed',
  RATE_LIMIT_EXCEEDED: 'limit',
  ANON_RATE_LIMIT_EXCEEDED: 'limit',
  MONTHLY_LIMIT_EXCEEDED: 'limit',

  INVALID_REPLY: 'notZephrServer',
  UNSUPPORTED_BY_SERVER: 'notZephrServer',
  REPLY_TOO_LARGE: 'notZephrServer',
  REDIRECTED: 'notZephrServer',
};

/** How an error ends what was tried. */
export function endingOf(error: unknown): Ending {
  if (!(error instanceof ZephrError)) return 'unforeseen';
  const ending = BY_CODE[error.code];
  if (ending !== undefined) return ending;
  if (error instanceof NetworkError) return 'noConnection';
  if (error instanceof ApiError && error.statusCode >= 500) return 'serverTrouble';
  return 'unforeseen';
}

/** What names an error to whoever runs the server; of errors that are bugs it tells the kind only. */
export function codeOf(error: unknown): string {
  if (error instanceof ZephrError) return error.code;
  return error instanceof Error ? error.name : 'Error';
}

/** Says how a link ended, in place of everything else. */
export function showEnding(ending: Ending, text: string = say(`${ending}.text`)): void {
  const heading = say(`${ending}.heading`);
  byId('ending-heading', HTMLElement).textContent = heading;
  byId('ending-text', HTMLElement).textContent = text;
  showView('ending', `${heading} – zephr`);
}

/** What has become of a secret, for its maker. @param now when it was so, in milliseconds since 1970. */
export function statusText(status: SecretStatus, now: number): string {
  return `${stateText(status)} ${say('status.checked', { time: clockTime(now) })}`;
}

function stateText({ state, views, viewsLeft, firstReadAt }: SecretStatus): string {
  if (state === 'revoked') return say('status.revoked');
  const at = firstReadAt === undefined ? '' : localTime(firstReadAt);
  if (state === 'read') return say('status.read', { at });
  if (views > viewsLeft) return say('status.partly', { read: views - viewsLeft, views, at });
  return say(state === 'expired' ? 'status.expired' : 'status.waiting');
}
