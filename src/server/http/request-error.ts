/** What is wrong with a request itself: found before the service hears of it. */

import { ZephrError } from '../../core/errors.js';

/** What can be wrong (core/protocol/PROTOCOL.md section 4, Error codes). */
export type RequestErrorCode =
  | 'INVALID_REQUEST'
  | 'INVALID_REQUEST_BODY'
  | 'INVALID_BLOB'
  | 'INVALID_EXPIRY'
  | 'INVALID_HINT'
  | 'INVALID_CALLBACK_URL_TYPE'
  | 'INVALID_CALLBACK_URL_FORMAT'
  | 'INVALID_CALLBACK_URL_PROTOCOL'
  | 'INVALID_CALLBACK_URL_LENGTH'
  | 'MISSING_CALLBACK_SECRET'
  | 'UNEXPECTED_CALLBACK_SECRET'
  | 'INVALID_CALLBACK_SECRET_TYPE'
  | 'INVALID_CALLBACK_SECRET_LENGTH'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'INVALID_CLAIM'
  | 'INVALID_PROOF'
  | 'INVALID_RECEIPT'
  | 'INVALID_VIEWS'
  | 'INVALID_GATES'
  | 'INVALID_CHUNK'
  | 'LENGTH_REQUIRED'
  | 'UNSUPPORTED_VERSION'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE';

/** The request is malformed, or asks for something that is not there. */
export class RequestError extends ZephrError {
  override readonly name = 'RequestError';
  declare readonly code: RequestErrorCode;

  constructor(code: RequestErrorCode, message: string, options?: ErrorOptions) {
    super(message, code, options);
  }
}
