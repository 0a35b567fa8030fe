/** From an error to the HTTP response that tells of it. Every error response of the server is made here. */

import type { ApiErrorCode } from '../../core/error-codes.js';
import type { ErrorReply } from '../../core/protocol/replies.js';
import { ServiceError, type ServiceErrorCode } from '../secrets/service-error.js';
import { StoreBusyError, StoreError, StoreFullError } from '../store/contracts/store.js';
import type { HeaderFields } from './headers.js';
import { OverBudgetError } from './memory-budget.js';
import { type HttpResponse, jsonResponse } from './messages.js';
import { RequestError, type RequestErrorCode } from './request-error.js';

/** The code of every error that a client can be told of. */
type ServerErrorCode =
  | RequestErrorCode
  | ServiceErrorCode
  | 'STORE_FULL'
  | 'STORE_UNAVAILABLE'
  | 'SERVER_BUSY'
  | 'INTERNAL_ERROR';

/** What a client is told of an error. */
export interface ErrorDetails {
  readonly code: ServerErrorCode;
  readonly message: string;
  /** How long to wait before the same may succeed, in milliseconds. */
  readonly waitMs?: number | undefined;
}

/** The status of each code (core/protocol/PROTOCOL.md section 4, Error codes). A code without one does not compile. */
const STATUSES: Readonly<Record<ServerErrorCode, number>> = {
  INVALID_REQUEST: 400,
  INVALID_REQUEST_BODY: 400,
  INVALID_BLOB: 400,
  INVALID_EXPIRY: 400,
  INVALID_HINT: 400,
  INVALID_CALLBACK_URL_TYPE: 400,
  INVALID_CALLBACK_URL_FORMAT: 400,
  INVALID_CALLBACK_URL_PROTOCOL: 400,
  INVALID_CALLBACK_URL_LENGTH: 400,
  INVALID_CALLBACK_URL_HOST: 400,
  MISSING_CALLBACK_SECRET: 400,
  UNEXPECTED_CALLBACK_SECRET: 400,
  INVALID_CALLBACK_SECRET_TYPE: 400,
  INVALID_CALLBACK_SECRET_LENGTH: 400,
  INVALID_IDEMPOTENCY_KEY: 400,
  INVALID_CLAIM: 400,
  INVALID_PROOF: 400,
  INVALID_RECEIPT: 400,
  INVALID_VIEWS: 400,
  INVALID_GATES: 400,
  GATE_NOT_OFFERED: 400,
  INVALID_CHUNK: 400,
  CLAIM_REQUIRED: 400,
  CHUNKS_NOT_ACCEPTED: 400,
  UNSUPPORTED_VERSION: 400,
  INVALID_API_KEY: 401,
  API_KEY_REQUIRED: 403,
  UPGRADE_REQUIRED: 403,
  PROOF_REQUIRED: 403,
  WRONG_KEY: 403,
  WRONG_PASSPHRASE: 403,
  ADDRESS_NOT_ALLOWED: 403,
  COUNTRY_NOT_ALLOWED: 403,
  TOO_EARLY: 403,
  CAPTCHA_REQUIRED: 403,
  CODE_REQUIRED: 403,
  WRONG_CODE: 403,
  NOT_FOUND: 404,
  SECRET_NOT_FOUND: 404,
  REQUEST_NOT_FOUND: 404,
  UPLOAD_NOT_FOUND: 404,
  CHUNK_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  IDEMPOTENCY_KEY_REUSED: 409,
  CHUNK_CONFLICT: 409,
  UPLOAD_INCOMPLETE: 409,
  SECRET_ALREADY_CONSUMED: 410,
  SECRET_EXPIRED: 410,
  SECRET_REVOKED: 410,
  REQUEST_ANSWERED: 410,
  REQUEST_EXPIRED: 410,
  REQUEST_CANCELLED: 410,
  LENGTH_REQUIRED: 411,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ANON_RATE_LIMIT_EXCEEDED: 429,
  MONTHLY_LIMIT_EXCEEDED: 429,
  RATE_LIMIT_EXCEEDED: 429,
  TOO_MANY_ATTEMPTS: 429,
  INTERNAL_ERROR: 500,
  STORE_UNAVAILABLE: 503,
  SERVER_BUSY: 503,
  STORE_FULL: 507,
};

/** When a client may come back to a server that is busy, in milliseconds. */
export const BUSY_MS = 1_000;

/** What a client is told of an error that was thrown. Only messages of our own reach it. */
export function errorDetails(error: unknown): ErrorDetails {
  if (error instanceof RequestError || error instanceof ServiceError) return error;
  if (error instanceof StoreBusyError || error instanceof OverBudgetError) {
    return { code: 'SERVER_BUSY', message: error.message, waitMs: BUSY_MS };
  }
  if (error instanceof StoreFullError) return { code: 'STORE_FULL', message: error.message };
  if (error instanceof StoreError) return { code: 'STORE_UNAVAILABLE', message: error.message };
  return { code: 'INTERNAL_ERROR', message: 'something went wrong in the server' };
}

/**
 * Whether an error means that something in the server failed, which its operator must learn of. A busy server works
 * as it should, and its log would only fill up.
 */
export function isFailure({ code }: ErrorDetails): boolean {
  return STATUSES[code] >= 500 && code !== 'SERVER_BUSY';
}

/**
 * The response that tells of an error. The `Retry-After` header has whole seconds, rounded up (RFC 9110 section
 * 10.2.3); a 401 says what kind of credentials are accepted (section 11.6.1).
 * @param headers what the response must carry besides.
 */
export function errorResponse(
  { code, message, waitMs }: ErrorDetails,
  headers: HeaderFields = {},
): HttpResponse {
  const status = STATUSES[code];
  const reply: ErrorReply = { error: { code: code satisfies ApiErrorCode, message } };
  return jsonResponse(status, reply, {
    ...headers,
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(waitMs === undefined ? {} : { 'Retry-After': String(Math.ceil(waitMs / 1000)) }),
  });
}
