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

/** The server answered with an error. `code` is one of PROTOCOL.md section 4, or `HTTP_<status>`. */
export class ApiError extends ZephrError {
  override readonly name = 'ApiError';
  /** The HTTP status, 400 to 599. */
  readonly statusCode: number;
  /** Seconds to wait before another try, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    statusCode: number,
    code: string,
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
