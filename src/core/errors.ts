/**
 * The errors that zephr throws on purpose, and the codes of those that it did not make. Messages start in lower case,
 * have no full stop, and never hold a secret, a key or a link's fragment.
 */

import type { ApiErrorCode } from './error-codes.js';

/** The base class of zephr's errors: `code` is stable and for programs, `message` is for people. */
export class ZephrError extends Error {
  override readonly name: string = 'ZephrError';
  readonly code: string;

  constructor(message: string, code = 'ZEPHR_ERROR', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The caller's input is wrong; nothing was sent. */
export class ValidationError extends ZephrError {
  override readonly name = 'ValidationError';

  constructor(message: string, code = 'VALIDATION_ERROR', options?: ErrorOptions) {
    super(message, code, options);
  }
}

/**
 * The secret does not open: wrong key, wrong passphrase, or tampered with, and there is no telling which; or its key is
 * malformed (`INVALID_KEY`), which is found before anything is sent.
 */
export class EncryptionError extends ZephrError {
  override readonly name = 'EncryptionError';

  /** As in zephr 1. */
  constructor(message: string, cause?: Error);
  constructor(message: string, code: string, options?: ErrorOptions);
  constructor(message: string, codeOrCause: string | Error = 'ENCRYPTION_ERROR', options?: ErrorOptions) {
    if (typeof codeOrCause === 'string') super(message, codeOrCause, options);
    else super(message, 'ENCRYPTION_ERROR', { cause: codeOrCause });
  }
}

/**
 * The error for a secret that does not open. Its message and code are the same whichever check failed, so that they
 * tell an attacker nothing.
 * @param why the `cause`: an error, or a sentence about the form of the data.
 */
export function decryptionFailed(why: unknown): EncryptionError {
  return new EncryptionError(
    'the secret does not open: wrong key or passphrase, or it was tampered with',
    'DECRYPTION_FAILED',
    { cause: typeof why === 'string' ? new Error(why) : why },
  );
}

/** The server answered with an error. */
export class ApiError extends ZephrError {
  override readonly name = 'ApiError';
  /** Stable, for programs. `HTTP_<status>` where the answer has no code. Other servers may have other codes. */
  declare readonly code: ApiErrorCode | (string & {});
  /** The HTTP status, 400 to 599; 0 for an error that a program made without one. */
  readonly statusCode: number;
  /** Seconds to wait before another try, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    statusCode = 0,
    code: ApiErrorCode | (string & {}) = 'API_ERROR',
    options?: ErrorOptions & { retryAfter?: number },
  ) {
    super(message, code, options);
    this.statusCode = statusCode;
    this.retryAfter = options?.retryAfter;
  }

  /**
   * Whether these are the words of a zephr server. If not, something in between may have answered, such as a login
   * gateway, a firewall or a proxy, and nothing is known about the secret or the API key.
   */
  get isVerdict(): boolean {
    return !this.code.startsWith('HTTP_');
  }
}

/** No usable answer came: not reached, cut off, too late, redirected, or not a zephr server. */
export class NetworkError extends ZephrError {
  override readonly name = 'NetworkError';
  /** The host that was asked, with its port where it is not the default; empty where a program gave none. */
  readonly host: string;

  /** As in zephr 1. */
  constructor(message: string, cause?: Error);
  constructor(message: string, host: string, code?: string, options?: ErrorOptions);
  constructor(
    message: string,
    hostOrCause: string | Error = '',
    code = 'NETWORK_ERROR',
    options?: ErrorOptions,
  ) {
    const isHost = typeof hostOrCause === 'string';
    super(message, code, isHost ? options : { cause: hostOrCause });
    this.host = isHost ? hostOrCause : '';
  }
}

/** The `code` by which zephr, Node or the operating system names the reason of an error; `undefined` without one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether `error` is the operating system's, with one of these codes (errno(3), such as `ENOENT`). */
export function isSystemError(
  error: unknown,
  ...codes: readonly string[]
): error is Error & { readonly code: string } {
  const code = errorCode(error);
  return code !== undefined && codes.includes(code);
}

/** What is found of a file or a folder; null where there is none of that name. */
export async function ifThere<T>(finding: Promise<T>): Promise<T | null> {
  try {
    return await finding;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
