/** What goes wrong with a vault and its secrets, for programs: a class for each thing to do about it. */

import { ZephrError } from '../../core/errors.js';
import { endingOf } from '../exit/ending.js';

/** An error of the vault. Its `message` and its `advice` hold no value; its `code` is that of the command line. */
export class VaultError extends ZephrError {
  override readonly name: string = 'VaultError';
  /** What to do about it, for a person. */
  readonly advice: string;

  constructor(message: string, code: string, advice: string, options?: ErrorOptions) {
    super(message, code, options);
    this.advice = advice;
  }
}

/** There is no vault, or nothing here opens it: `NO_VAULT`, `VAULT_LOCKED`. */
export class VaultLockedError extends VaultError {
  override readonly name = 'VaultLockedError';
}

/** There is no secret of that name: `NO_SUCH_NAME`. */
export class SecretNotFoundError extends VaultError {
  override readonly name = 'SecretNotFoundError';
}

/** The secret is not bound to that host, port or path. Nothing was sent. */
export class HostNotAllowedError extends VaultError {
  override readonly name = 'HostNotAllowedError';
  /** Of the request, with its port where that is none of its scheme. */
  readonly host: string;

  constructor(message: string, code: string, advice: string, host: string, options?: ErrorOptions) {
    super(message, code, advice, options);
    this.host = host;
  }
}

/** The secret may not be used so: another method or place, expired, for no command, or a person has to be asked. */
export class UseNotAllowedError extends VaultError {
  override readonly name = 'UseNotAllowedError';
}

/** The host did not answer, or not so that the answer could be shown: `UPSTREAM_FAILED`, `RESPONSE_WITHHELD`. */
export class UpstreamError extends VaultError {
  override readonly name = 'UpstreamError';
}

/** The use cannot be written into the log, and so it was refused: `LOG_FAILED`. */
export class NotLoggedError extends VaultError {
  override readonly name = 'NotLoggedError';
}

/** Classes by code. Whatever is not here is thrown as it is: a ValidationError, say, for what is no name. */
const CLASSES: Readonly<Record<string, typeof VaultError>> = {
  NO_VAULT: VaultLockedError,
  VAULT_LOCKED: VaultLockedError,
  NO_SUCH_NAME: SecretNotFoundError,
  APPROVAL_TIMED_OUT: UseNotAllowedError,
  METHOD_NOT_ALLOWED: UseNotAllowedError,
  NOT_ALLOWED: UseNotAllowedError,
  NO_TERMINAL: UseNotAllowedError,
  SECRET_PAST_EXPIRY: UseNotAllowedError,
  SLOT_NOT_ALLOWED: UseNotAllowedError,
  RESPONSE_WITHHELD: UpstreamError,
  TOO_MANY_REDIRECTS: UpstreamError,
  UPSTREAM_FAILED: UpstreamError,
  LOG_FAILED: NotLoggedError,
};

const OF_HOSTS: readonly string[] = [
  'HOST_NOT_ALLOWED',
  'HOST_NOT_BOUND',
  'NOT_BOUND',
  'NOT_HTTPS',
  'PATH_NOT_BOUND',
];

/**
 * The error for programs that stands for what was thrown.
 * @param host of the request, where it is about one.
 */
export function withWayOut(error: unknown, host: string | null): unknown {
  if (!(error instanceof ZephrError) || error instanceof VaultError) return error;
  const { code, message, advice = 'zephr vault log shows what was refused, and why' } = endingOf(error);
  if (host !== null && OF_HOSTS.includes(code))
    return new HostNotAllowedError(message, code, advice, host, { cause: error });
  const Class = Object.hasOwn(CLASSES, code) ? CLASSES[code] : undefined;
  return Class === undefined ? error : new Class(message, code, advice, { cause: error });
}
