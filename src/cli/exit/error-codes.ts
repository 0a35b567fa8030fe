/**
 * The codes of the errors that this program can end with, by who throws them. The tables beside this file are keyed
 * by them, so that a mistyped code does not compile. Servers of others may send codes that are not here.
 */

import type {
  ApiErrorCode,
  EncryptionErrorCode,
  NetworkErrorCode,
  ValidationErrorCode,
} from '../../core/error-codes.js';

/** Errors of the command itself. */
export type CliErrorCode =
  | 'ANSWERED_WITH_ERROR'
  | 'API_KEY_REQUIRED'
  | 'APPROVAL_TIMED_OUT'
  | 'BINARY_TO_CLIPBOARD'
  | 'BINARY_TO_TERMINAL'
  | 'CHECK_FAILED'
  | 'INTERRUPTED'
  | 'LOG_CHANGED'
  | 'NAME_EXISTS'
  | 'NOT_COPIED'
  | 'NOT_DELIVERED'
  | 'NOT_LISTED'
  | 'NOT_ALLOWED'
  | 'NOT_EXECUTABLE'
  | 'NOT_PERMITTED'
  | 'NOT_STARTED'
  | 'NOT_TRUSTED'
  | 'NO_COMMAND'
  | 'NO_PROXY_RUNNING'
  | 'NO_SUCH_NAME'
  | 'NO_TERMINAL'
  | 'NO_ANSWER_YET'
  | 'NO_CLIPBOARD'
  | 'NO_REQUEST_HERE'
  | 'OUTPUT_EXISTS'
  | 'REQUEST_ANSWERED'
  | 'REQUEST_CANCELLED'
  | 'REQUEST_EXPIRED'
  | 'SECRET_TOO_LARGE'
  | 'SERVER_MISBEHAVES'
  | 'UNSUPPORTED_BY_SERVER'
  | 'USAGE';

/** Errors of core, client and net before a server's answer, or instead of one. */
export type ClientErrorCode =
  | ValidationErrorCode
  | EncryptionErrorCode
  | NetworkErrorCode
  | 'INVALID_PROXY'
  | 'NO_WEBASSEMBLY'
  | 'NO_WEBCRYPTO'
  | 'PROXY_REFUSED'
  | 'PROXY_UNREACHABLE';

/** Errors of a server that cannot start. */
export type StartErrorCode =
  | 'GEOIP_NOT_READABLE'
  | 'GEOIP_NOT_USABLE'
  | 'HOST_NOT_AVAILABLE'
  | 'NOT_A_STORE'
  | 'NO_SQLITE'
  | 'PORT_NOT_ALLOWED'
  | 'PORT_TAKEN'
  | 'STORE_BUSY'
  | 'STORE_DAMAGED'
  | 'STORE_FULL'
  | 'STORE_FOLDER_MISSING'
  | 'STORE_IS_DIRECTORY'
  | 'STORE_MISSING'
  | 'STORE_NOT_SUPPORTED'
  | 'STORE_NOT_TRUSTED'
  | 'STORE_NOT_WRITABLE'
  | 'STORE_REFUSED'
  | 'STORE_TOO_NEW'
  | 'STORE_UNAVAILABLE'
  | 'STORE_UNREACHABLE'
  | 'STORE_UNUSABLE'
  | 'TLS_NOT_READABLE'
  | 'TLS_NOT_USABLE';

/** Errors of the vault. */
export type VaultErrorCode =
  | 'EMPTY_SECRET'
  | 'INVALID_BINDING'
  | 'INVALID_KEY_FILE'
  | 'INVALID_NAME'
  | 'INVALID_PROJECT_FILE'
  | 'NO_KEYCHAIN'
  | 'NO_SUCH_SLOT'
  | 'NO_VAULT'
  | 'UNSAFE_FOLDER'
  | 'VAULT_BUSY'
  | 'VAULT_DAMAGED'
  | 'VAULT_LOCKED'
  | 'VAULT_TOO_NEW'
  | 'WRONG_OPENER';

/** Errors of the broker: requests with secrets, and their log. */
export type BrokerErrorCode =
  | 'AMBIGUOUS_REQUEST'
  | 'HOST_NOT_ALLOWED'
  | 'HOST_NOT_BOUND'
  | 'INVALID_SLOT'
  | 'LOG_BUSY'
  | 'LOG_FAILED'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_BOUND'
  | 'NOT_HTTPS'
  | 'PATH_NOT_BOUND'
  | 'RESPONSE_WITHHELD'
  | 'SECRET_PAST_EXPIRY'
  | 'SLOT_NOT_ALLOWED'
  | 'TOO_MANY_REDIRECTS'
  | 'UPSTREAM_FAILED';

/** Every code that a table here may name. */
export type ErrorCode =
  | ApiErrorCode
  | BrokerErrorCode
  | CliErrorCode
  | ClientErrorCode
  | StartErrorCode
  | VaultErrorCode;

/** The value of `code` in `table`, or undefined. A code may be any string, `toString` too, which every object has. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, code: string): Value | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
