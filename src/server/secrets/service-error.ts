/** What the service throws when it does not do what was asked: in terms of secrets and callers, not of HTTP. */

import { ZephrError } from '../../core/errors.js';

/**
 * Why the service does not do what was asked (core/protocol/PROTOCOL.md section 4, Error codes). The HTTP status of
 * each is in `http/error-response.ts`.
 */
export type ServiceErrorCode =
  | 'INVALID_EXPIRY'
  | 'INVALID_CALLBACK_URL_HOST'
  | 'INVALID_API_KEY'
  | 'API_KEY_REQUIRED'
  | 'UPGRADE_REQUIRED'
  | 'PROOF_REQUIRED'
  | 'WRONG_KEY'
  | 'WRONG_PASSPHRASE'
  | 'INVALID_GATES'
  | 'GATE_NOT_OFFERED'
  | 'ADDRESS_NOT_ALLOWED'
  | 'COUNTRY_NOT_ALLOWED'
  | 'TOO_EARLY'
  | 'CAPTCHA_REQUIRED'
  | 'CODE_REQUIRED'
  | 'WRONG_CODE'
  | 'SECRET_NOT_FOUND'
  | 'REQUEST_NOT_FOUND'
  | 'REQUEST_ANSWERED'
  | 'REQUEST_EXPIRED'
  | 'REQUEST_CANCELLED'
  | 'UPLOAD_NOT_FOUND'
  | 'CHUNK_NOT_FOUND'
  | 'CHUNK_CONFLICT'
  | 'UPLOAD_INCOMPLETE'
  | 'INVALID_CHUNK'
  | 'CLAIM_REQUIRED'
  | 'CHUNKS_NOT_ACCEPTED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'SECRET_ALREADY_CONSUMED'
  | 'SECRET_EXPIRED'
  | 'SECRET_REVOKED'
  | 'PAYLOAD_TOO_LARGE'
  | 'ANON_RATE_LIMIT_EXCEEDED'
  | 'MONTHLY_LIMIT_EXCEEDED'
  | 'RATE_LIMIT_EXCEEDED'
  | 'TOO_MANY_ATTEMPTS';

/** The service does not do what was asked. The message is for the person behind the client. */
export class ServiceError extends ZephrError {
  override readonly name = 'ServiceError';
  declare readonly code: ServiceErrorCode;
  /** How long to wait before the same may succeed, in milliseconds; `undefined` where waiting does not help. */
  readonly waitMs: number | undefined;

  constructor(code: ServiceErrorCode, message: string, options?: { readonly waitMs?: number }) {
    super(message, code);
    this.waitMs = options?.waitMs;
  }
}
