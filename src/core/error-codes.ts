/** The codes of the errors that core and client throw, by class, so that tables and tests can be keyed by them. */

/** Codes of a ValidationError: what is wrong with the caller's input. */
export type ValidationErrorCode =
  | 'AMBIGUOUS_LINK'
  | 'EMPTY_SECRET'
  | 'INVALID_API_KEY'
  | 'INVALID_BASE64URL'
  | 'INVALID_CALLBACK'
  | 'INVALID_CLAIM'
  | 'INVALID_EXPIRY'
  | 'INVALID_HINT'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'INVALID_KEY'
  | 'INVALID_LINK'
  | 'INVALID_LINK_VERSION'
  | 'INVALID_META'
  | 'INVALID_PASSPHRASE'
  | 'INVALID_REPLY'
  | 'INVALID_SECRET'
  | 'INVALID_SERVER'
  | 'INVALID_SPLIT'
  | 'INVALID_TIMEOUT'
  | 'INVALID_VIEWS'
  | 'LENGTH_MISMATCH'
  | 'LINK_OF_ANOTHER_KIND'
  | 'MISSING_KEY'
  | 'NEEDS_VERSION_2'
  | 'PASSPHRASE_REQUIRED'
  | 'SECRET_TOO_LARGE'
  | 'UNEXPECTED_PASSPHRASE'
  | 'UNKNOWN_KEY_VERSION'
  | 'UNSUPPORTED_BY_SERVER'
  | 'VALIDATION_ERROR';

/** Codes of an EncryptionError: why a secret does not open, or is not what was asked for. */
export type EncryptionErrorCode =
  | 'DECRYPTION_FAILED'
  | 'ENCRYPTION_ERROR'
  | 'INVALID_KEY'
  | 'NOT_TEXT'
  | 'UNKNOWN_KEY_VERSION';

/** Codes of a NetworkError: why no usable answer came. */
export type NetworkErrorCode =
  | 'CONNECTION_LOST'
  | 'CONNECTION_REFUSED'
  | 'HOST_LOOKUP_FAILED'
  | 'HOST_NOT_FOUND'
  | 'INVALID_REPLY'
  | 'LINK_PROOF_NOT_KEPT'
  | 'NETWORK_ERROR'
  | 'REDIRECTED'
  | 'REPLY_TOO_LARGE'
  | 'TIMEOUT'
  | 'TLS_ERROR'
  | 'UNSUPPORTED_BY_SERVER';

/** Codes of an ApiError that every server has, of version 1 too: programs for zephr 1 count on no others. */
export type Version1ErrorCode =
  | 'INVALID_REQUEST_BODY'
  | 'INVALID_CALLBACK_URL_TYPE'
  | 'INVALID_CALLBACK_URL_FORMAT'
  | 'INVALID_CALLBACK_URL_PROTOCOL'
  | 'INVALID_CALLBACK_URL_LENGTH'
  | 'MISSING_CALLBACK_SECRET'
  | 'UNEXPECTED_CALLBACK_SECRET'
  | 'INVALID_CALLBACK_SECRET_TYPE'
  | 'INVALID_CALLBACK_SECRET_LENGTH'
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'INVALID_API_KEY'
  | 'UPGRADE_REQUIRED'
  | 'SECRET_NOT_FOUND'
  | 'SECRET_ALREADY_CONSUMED'
  | 'SECRET_EXPIRED'
  | 'PAYLOAD_TOO_LARGE'
  | 'ANON_RATE_LIMIT_EXCEEDED'
  | 'MONTHLY_LIMIT_EXCEEDED';

/** Codes of an ApiError: those of servers of all versions (core/protocol/PROTOCOL.md section 4). */
export type ApiErrorCode =
  | Version1ErrorCode
  | 'INVALID_BLOB'
  | 'INVALID_EXPIRY'
  | 'INVALID_HINT'
  | 'INVALID_CALLBACK_URL_HOST'
  | 'INVALID_CLAIM'
  | 'INVALID_PROOF'
  | 'INVALID_VIEWS'
  | 'INVALID_CHUNK'
  | 'CLAIM_REQUIRED'
  | 'CHUNKS_NOT_ACCEPTED'
  | 'UNSUPPORTED_VERSION'
  | 'INVALID_REQUEST'
  | 'API_KEY_REQUIRED'
  | 'PROOF_REQUIRED'
  | 'WRONG_KEY'
  | 'WRONG_PASSPHRASE'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'UPLOAD_NOT_FOUND'
  | 'CHUNK_NOT_FOUND'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'CHUNK_CONFLICT'
  | 'UPLOAD_INCOMPLETE'
  | 'LENGTH_REQUIRED'
  | 'SECRET_REVOKED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMIT_EXCEEDED'
  | 'TOO_MANY_ATTEMPTS'
  | 'INTERNAL_ERROR'
  | 'STORE_FULL'
  | 'STORE_UNAVAILABLE'
  | 'SERVER_BUSY';
