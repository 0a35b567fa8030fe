/** How the program ends for an error: the one table from errors to exit codes. */

import type { ApiErrorCode } from '../../core/error-codes.js';
import { ApiError, EncryptionError, NetworkError, ValidationError, ZephrError } from '../../core/errors.js';
import { adviceFor } from './advice.js';
import { AdvisedError, CliError } from './cli-error.js';
import { EXIT, type ExitCode } from './codes.js';
import {
  type BrokerErrorCode,
  type ClientErrorCode,
  lookUp,
  type StartErrorCode,
  type VaultErrorCode,
} from './error-codes.js';
import { refusalBehind } from './not-permitted.js';

/** What is reported of an error, and the exit code. */
export interface Ending {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
  /** Until when a secret that was read can be read again: ISO 8601. */
  readonly readableUntil?: string;
}

/** The ending for anything that was thrown. */
export function endingOf(error: unknown): Ending {
  const refusal = error instanceof CliError ? undefined : refusalBehind(error);
  if (refusal !== undefined) return endingOf(refusal);
  if (!(error instanceof ZephrError)) return unforeseen(error);
  const knowsAdvice = error instanceof CliError || error instanceof AdvisedError;
  const advice = knowsAdvice ? error.advice : adviceFor(error);
  const readableUntil = knowsAdvice ? error.readableUntil : undefined;
  return {
    exit: exitFor(error),
    code: error.code,
    message: error.message,
    ...(advice === undefined ? {} : { advice }),
    ...(readableUntil === undefined ? {} : { readableUntil }),
  };
}

function exitFor(error: ZephrError): ExitCode {
  if (error instanceof AdvisedError) return exitFor(error.cause);
  if (error instanceof CliError) return error.exit;
  if (error instanceof ApiError && !error.isVerdict) {
    return error.statusCode === 429 ? EXIT.limited : EXIT.unreachable;
  }
  if (error instanceof ApiError) return lookUp(EXIT_OF_ANSWER, error.code) ?? exitForStatus(error.statusCode);
  if (error instanceof NetworkError) return EXIT.unreachable;
  if (error instanceof EncryptionError) return EXIT.decryptionFailed;
  return lookUp(EXIT_OF_CODE, error.code) ?? (error instanceof ValidationError ? EXIT.usage : EXIT.bug);
}

/** Answers of a server whose status does not say enough. */
const EXIT_OF_ANSWER = {
  CODE_REQUIRED: EXIT.usage,
  GATE_NOT_OFFERED: EXIT.notAllowed,
  PROOF_REQUIRED: EXIT.decryptionFailed,
  TOO_EARLY: EXIT.limited,
  WRONG_CODE: EXIT.decryptionFailed,
  WRONG_KEY: EXIT.decryptionFailed,
  WRONG_PASSPHRASE: EXIT.decryptionFailed,
} as const satisfies Partial<Record<ApiErrorCode, ExitCode>>;

/**
 * Errors without an answer whose class does not say enough. A server that cannot start ends with 2 where something
 * has to be changed first, and with 8 where another try can succeed.
 */
const EXIT_OF_CODE = {
  AMBIGUOUS_REQUEST: EXIT.usage,
  GATE_NOT_OFFERED: EXIT.notAllowed,
  HOST_NOT_ALLOWED: EXIT.notAllowed,
  HOST_NOT_BOUND: EXIT.notAllowed,
  LOG_BUSY: EXIT.unreachable,
  LOG_FAILED: EXIT.notAllowed,
  METHOD_NOT_ALLOWED: EXIT.notAllowed,
  NOT_BOUND: EXIT.notAllowed,
  NOT_HTTPS: EXIT.notAllowed,
  PATH_NOT_BOUND: EXIT.notAllowed,
  RESPONSE_WITHHELD: EXIT.notDelivered,
  SECRET_PAST_EXPIRY: EXIT.notAllowed,
  SLOT_NOT_ALLOWED: EXIT.notAllowed,
  TOO_MANY_REDIRECTS: EXIT.unreachable,
  UPSTREAM_FAILED: EXIT.unreachable,
  SECRET_TOO_LARGE: EXIT.notAllowed,
  GEOIP_NOT_READABLE: EXIT.usage,
  GEOIP_NOT_USABLE: EXIT.usage,
  HOST_NOT_AVAILABLE: EXIT.usage,
  NOT_A_STORE: EXIT.usage,
  NO_KEYCHAIN: EXIT.keyRefused,
  NO_SQLITE: EXIT.usage,
  NO_SUCH_SLOT: EXIT.keyRefused,
  NO_VAULT: EXIT.notFound,
  NO_WEBASSEMBLY: EXIT.usage,
  NO_WEBCRYPTO: EXIT.usage,
  PORT_NOT_ALLOWED: EXIT.usage,
  PORT_TAKEN: EXIT.unreachable,
  STORE_BUSY: EXIT.unreachable,
  STORE_DAMAGED: EXIT.usage,
  STORE_FULL: EXIT.unreachable,
  STORE_FOLDER_MISSING: EXIT.usage,
  STORE_IS_DIRECTORY: EXIT.usage,
  STORE_MISSING: EXIT.usage,
  STORE_NOT_SUPPORTED: EXIT.usage,
  STORE_NOT_TRUSTED: EXIT.usage,
  STORE_NOT_WRITABLE: EXIT.usage,
  STORE_REFUSED: EXIT.usage,
  STORE_TOO_NEW: EXIT.usage,
  STORE_UNAVAILABLE: EXIT.unreachable,
  STORE_UNREACHABLE: EXIT.unreachable,
  STORE_UNUSABLE: EXIT.unreachable,
  TLS_NOT_READABLE: EXIT.usage,
  TLS_NOT_USABLE: EXIT.usage,
  UNSAFE_FOLDER: EXIT.notAllowed,
  VAULT_BUSY: EXIT.unreachable,
  VAULT_LOCKED: EXIT.keyRefused,
} as const satisfies Record<StartErrorCode, ExitCode> &
  Partial<Record<BrokerErrorCode | ClientErrorCode | VaultErrorCode, ExitCode>>;

/** By the status, for codes of other servers too. */
function exitForStatus(status: number): ExitCode {
  switch (status) {
    case 401:
      return EXIT.keyRefused;
    case 403:
    case 413:
      return EXIT.notAllowed;
    case 404:
      return EXIT.notFound;
    case 410:
      return EXIT.gone;
    case 429:
      return EXIT.limited;
    default:
      return status >= 500 ? EXIT.unreachable : EXIT.usage;
  }
}

/** A bug, or an error of the system that this program does not expect: its own message, without a stack trace. */
function unforeseen(error: unknown): Ending {
  const message = error instanceof Error ? error.message : 'something unforeseen happened';
  return { exit: EXIT.bug, code: 'UNFORESEEN', message };
}
