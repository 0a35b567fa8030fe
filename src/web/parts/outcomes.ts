/** What came of an attempt when it was not success: which error means which outcome, and the view that shows one. */

import { ApiError, NetworkError, ZephrError } from '../../core/errors.js';
import { byId, showView } from './elements.js';
import { type PlainKey, translate } from './language.js';

/** An outcome. Its texts have the keys `{name}.heading` and `{name}.text`. */
export type Outcome = Extract<PlainKey, `${string}.text`> extends `${infer Name}.text` ? Name : never;

/** Outcomes by error code: those of core/protocol/PROTOCOL.md section 4, and those of core and client. */
const BY_CODE: Readonly<Record<string, Outcome>> = {
  SECRET_ALREADY_CONSUMED: 'read',
  SECRET_EXPIRED: 'expired',
  SECRET_REVOKED: 'revoked',
  SECRET_NOT_FOUND: 'notFound',
  WRONG_KEY: 'wrongKey',
  WRONG_PASSPHRASE: 'wrongPassphrase',
  // A version 1 key for a version 2 secret, or the other way round.
  PROOF_REQUIRED: 'wrongKey',
  TOO_MANY_ATTEMPTS: 'tooManyAttempts',
  DECRYPTION_FAILED: 'decryptionFailed',
  ADDRESS_NOT_ALLOWED: 'addressNotAllowed',
  COUNTRY_NOT_ALLOWED: 'countryNotAllowed',
  TOO_EARLY: 'tooEarly',

  REQUEST_NOT_FOUND: 'requestNotFound',
  REQUEST_ANSWERED: 'requestAnswered',
  REQUEST_EXPIRED: 'requestExpired',
  REQUEST_CANCELLED: 'requestCancelled',

  INVALID_LINK: 'damaged',
  INVALID_KEY: 'damaged',
  UNKNOWN_KEY_VERSION: 'tooNew',

  STORE_FULL: 'storeFull',
  SECRET_TOO_LARGE: 'tooLarge',
  PAYLOAD_TOO_LARGE: 'tooLarge',
  API_KEY_REQUIRED: 'closed',
  UPGRADE_REQUIRED: 'notAllowed',
  RATE_LIMIT_EXCEEDED: 'limitReached',
  ANON_RATE_LIMIT_EXCEEDED: 'limitReached',
  MONTHLY_LIMIT_EXCEEDED: 'limitReached',

  INVALID_REPLY: 'notZephrServer',
  UNSUPPORTED_BY_SERVER: 'notZephrServer',
  REPLY_TOO_LARGE: 'notZephrServer',
  REDIRECTED: 'notZephrServer',
};

/** The outcome that an error means; `unexpected` where the error is a bug, or new to this page. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ZephrError)) return 'unexpected';
  const outcome = BY_CODE[error.code];
  if (outcome !== undefined) return outcome;
  if (error instanceof NetworkError) return 'noConnection';
  if (error instanceof ApiError && error.statusCode >= 500) return 'serverError';
  if (error instanceof ApiError && !error.isVerdict) return 'notZephrServer';
  return 'unexpected';
}

/** What these outcomes are called where they are about a request for a secret. */
const OF_REQUEST: Readonly<Partial<Record<Outcome, Outcome>>> = {
  wrongKey: 'requestWrongKey',
  decryptionFailed: 'requestTampered',
};

/** The outcome that an error means where a request for a secret is asked for or answered. */
export function outcomeOfRequest(error: unknown): Outcome {
  const outcome = outcomeOf(error);
  return OF_REQUEST[outcome] ?? outcome;
}

/** Whether an error may be gone the next time: the network's, and those of a server that is busy or starts again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return outcomeOf(error) === 'noConnection';
  return error.statusCode >= 500 || error.statusCode === 429 || !error.isVerdict;
}

/** Whether all that is missing is the code that a sender asks readers for, or the right one. */
export function isAboutCode(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isVerdict && /^(CODE_REQUIRED|WRONG_CODE)$/.test(error.code);
}

/** The code that a visitor can pass on to the server's operator. An error that is a bug has its name as code. */
export function codeOf(error: unknown): string {
  if (error instanceof ZephrError) return error.code;
  return error instanceof Error ? error.name : 'Error';
}

/** Outcomes after which a link of this page's own would lead to the same outcome again. */
const DEAD_ENDS: ReadonlySet<Outcome> = new Set(['insecure', 'closed']);

/** Shows an outcome in place of all other views. @param text default: the outcome's own. */
export function showOutcome(outcome: Outcome, text: string = translate(`${outcome}.text`)): void {
  byId('outcome-home', HTMLElement).hidden = DEAD_ENDS.has(outcome);
  const heading = translate(`${outcome}.heading`);
  byId('outcome-heading', HTMLElement).textContent = heading;
  byId('outcome-text', HTMLElement).textContent = text;
  showView('outcome', `${heading} – zephr`);
}
