/**
 * Everything zephr throws on purpose. Messages start in lower case, have no full stop, and never hold a
 * secret, a key or a link's fragment.
 */

/** The root of zephr's errors: `code` is stable and for programs, `message` is for people. */
export class ZephrError extends Error {
  override readonly name: string = 'ZephrError';
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
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

/** The secret does not open: wrong key, wrong passphrase, or tampered. Which of them, nobody can tell. */
export class EncryptionError extends ZephrError {
  override readonly name = 'EncryptionError';

  constructor(message: string, code = 'ENCRYPTION_ERROR', options?: ErrorOptions) {
    super(message, code, options);
  }
}

/**
 * The error for a secret that does not open. Its message and code are the same whichever check failed, so that they
 * tell an attacker nothing.
 * @param why an error, or a sentence about the form of the data: becomes the `cause`.
 */
export function decryptionFailed(why: unknown): EncryptionError {
  return new EncryptionError(
    'the secret does not open: wrong key or passphrase, or it was tampered with',
    'DECRYPTION_FAILED',
    { cause: typeof why === 'string' ? new Error(why) : why },
  );
}

/** The codes of servers' errors (PROTOCOL.md section 4), with those that only servers of version 1 have. */
export type ApiErrorCode =
  | 'INVALID_REQUEST_BODY'
  | 'INVALID_BLOB'
  | 'INVALID_EXPIRY'
  | 'INVALID_HINT'
  | 'INVALID_CALLBACK_URL_TYPE'
  | 'INVALID_CALLBACK_URL_FORMAT'
  | 'INVALID_CALLBACK_URL_PROTOCOL'
  | 'INVALID_CALLBACK_URL_LENGTH'
  | 'INVALID_CALLBACK_URL_HOST'
  | 'MISSING_CALLBACK_SECRET'
  | 'UNEXPECTED_CALLBACK_SECRET'
  | 'INVALID_CALLBACK_SECRET_TYPE'
  | 'INVALID_CALLBACK_SECRET_LENGTH'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'INVALID_CLAIM'
  | 'INVALID_PROOF'
  | 'INVALID_VIEWS'
  | 'UNSUPPORTED_VERSION'
  | 'INVALID_REQUEST'
  | 'INVALID_API_KEY'
  | 'UPGRADE_REQUIRED'
  | 'API_KEY_REQUIRED'
  | 'PROOF_REQUIRED'
  | 'WRONG_KEY'
  | 'NOT_FOUND'
  | 'SECRET_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'SECRET_ALREADY_CONSUMED'
  | 'SECRET_EXPIRED'
  | 'SECRET_REVOKED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'ANON_RATE_LIMIT_EXCEEDED'
  | 'MONTHLY_LIMIT_EXCEEDED'
  | 'RATE_LIMIT_EXCEEDED'
  | 'TOO_MANY_ATTEMPTS'
  | 'INTERNAL_ERROR'
  | 'STORE_UNAVAILABLE'
  | 'SERVER_BUSY';

/** The server answered with an error. */
export class ApiError extends ZephrError {
  override readonly name = 'ApiError';
  /** Stable, for programs. `HTTP_<status>` where the answer has no code; other servers may have other codes. */
  declare readonly code: ApiErrorCode | (string & {});
  /** The HTTP status, 400 to 599. */
  readonly statusCode: number;
  /** Seconds to wait before another try, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    statusCode: number,
    code: ApiErrorCode | (string & {}),
    options?: ErrorOptions & { retryAfter?: number },
  ) {
    super(message, code, options);
    this.statusCode = statusCode;
    this.retryAfter = options?.retryAfter;
  }
}

/** No usable answer came: not reached, cut off, too late, redirected, or not a zephr server. */
export class NetworkError extends ZephrError {
  override readonly name = 'NetworkError';
  /** The host that was asked, with its port where it is not the default. */
  readonly host: string;

  constructor(message: string, host: string, code = 'NETWORK_ERROR', options?: ErrorOptions) {
    super(message, code, options);
    this.host = host;
  }
}

/** Whether `error` comes from the operating system with this code. */
export function isSystemError(
  error: unknown,
  ...codes: readonly string[]
): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
