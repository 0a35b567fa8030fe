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
  | 'BINARY_TO_CLIPBOARD'
  | 'BINARY_TO_TERMINAL'
  | 'CHECK_FAILED'
  | 'INTERRUPTED'
  | 'NOT_COPIED'
  | 'NOT_DELIVERED'
  | 'NOT_PERMITTED'
  | 'NO_CLIPBOARD'
  | 'OUTPUT_EXISTS'
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

/** Every code that a table here may name. */
export type ErrorCode = ApiErrorCode | CliErrorCode | ClientErrorCode | StartErrorCode;

/** The value of `code` in `table`, or undefined. A code may be any string, `toString` too, which every object has. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, code: string): Value | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
