/** Failures of the network: each becomes a NetworkError that names the host. */

import type { NetworkErrorCode } from '../../core/error-codes.js';
import { errorCode, NetworkError, ValidationError } from '../../core/errors.js';

interface Kind {
  readonly code: NetworkErrorCode;
  readonly words: (host: string) => string;
}

const NO_ANSWER: Kind = { code: 'NETWORK_ERROR', words: (host) => `no answer from ${host}` };
const REFUSED: Kind = { code: 'CONNECTION_REFUSED', words: (host) => `${host} refused the connection` };
const LOST: Kind = {
  code: 'CONNECTION_LOST',
  words: (host) => `${host} closed the connection before its answer was complete`,
};
const UNKNOWN_HOST: Kind = { code: 'HOST_NOT_FOUND', words: (host) => `the host ${host} does not exist` };
const LOOKUP_FAILED: Kind = {
  code: 'HOST_LOOKUP_FAILED',
  words: (host) => `the name ${host} could not be looked up`,
};
const NOT_ZEPHR: Kind = {
  code: 'INVALID_REPLY',
  words: (host) => `${host} did not answer as a zephr server`,
};
const TLS: Kind = { code: 'TLS_ERROR', words: (host) => `no trusted TLS connection to ${host}` };

/** The codes after which another try may succeed. */
const TRANSIENT: ReadonlySet<string> = new Set(
  [NO_ANSWER, REFUSED, LOST, LOOKUP_FAILED].map(({ code }) => code),
);

/** By the codes of Node's errors (libuv, c-ares, OpenSSL, undici). Browsers give no code: all is NO_ANSWER there. */
const KINDS: Readonly<Record<string, Kind>> = {
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: LOOKUP_FAILED,
  ECONNREFUSED: REFUSED,
  ECONNRESET: LOST,
  EPIPE: LOST,
  HPE_INVALID_EOF_STATE: LOST,
  UND_ERR_SOCKET: LOST,
  EPROTO: TLS,
  UND_ERR_HEADERS_OVERFLOW: NOT_ZEPHR,
  // undici asserts that a status has three digits and is 100 or more.
  ERR_ASSERTION: NOT_ZEPHR,
};

/** undici's code for a body shorter or longer than its length says, and for two lengths in one head. */
const OTHER_LENGTH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';

/** Codes of Node's HTTP parser (llhttp): the answer is not HTTP. The one for an answer cut short is in the table. */
const NOT_HTTP_CODE = /^HPE_/;

const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * The error for what fetch or the reader of a body rejected with; a NetworkError, such as a proxy's, stays one.
 * @param part what was being read: the head of an answer that may not have come, or the body after it
 */
export function networkError(cause: unknown, host: string, part: 'head' | 'body' = 'head'): NetworkError {
  if (cause instanceof NetworkError) return cause;
  const reason = findCode(cause);
  const kind = KINDS[reason] ?? kindOf(reason, part);
  const detail = reason !== '' && (kind === TLS || kind === NO_ANSWER) ? ` (${reason})` : '';
  return new NetworkError(kind.words(host) + detail, host, kind.code, { cause });
}

function kindOf(reason: string, part: 'head' | 'body'): Kind {
  if (reason === OTHER_LENGTH) return part === 'body' ? LOST : NOT_ZEPHR;
  if (TLS_CODE.test(reason)) return TLS;
  return NOT_HTTP_CODE.test(reason) ? NOT_ZEPHR : NO_ANSWER;
}

/** The error for an answer that is not of a zephr server. @param answer what answered, in words */
export function notZephrServer(host: string, cause?: unknown, answer = ''): NetworkError {
  const words = answer === '' ? '' : `: its answer is ${answer}`;
  return new NetworkError(NOT_ZEPHR.words(host) + words, host, NOT_ZEPHR.code, { cause });
}

/** The error for an answer that began and did not end. */
export function cutOff(host: string, cause: unknown): NetworkError {
  return new NetworkError(LOST.words(host), host, LOST.code, { cause });
}

/**
 * Runs a check of a reply and gives its result.
 * @param url the URL of the request
 * @throws NetworkError naming the host, with the check's code, when the check throws a ValidationError.
 */
export function checkReply<T>(url: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof ValidationError)) throw cause;
    const { host } = new URL(url);
    throw new NetworkError(`${host}: ${cause.message}`, host, cause.code, { cause });
  }
}

/** Whether another try may succeed. */
export function isTransient(error: NetworkError): boolean {
  return TRANSIENT.has(error.code);
}

/** The first code in a chain of causes; `fetch` wraps the error that has it. */
function findCode(cause: unknown): string {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    const code = errorCode(error);
    if (code !== undefined) return code;
    if (error.name === 'HTTPParserError') return parserCode(error.message);
    // A connection to a host of several addresses fails with one error for each (RFC 8305).
    if (error instanceof AggregateError && error.errors.length > 0) return findCode(error.errors[0]);
  }
  return '';
}

/** The code of a parser's error by its message: the undici of Node 24 and later leaves the code out. */
function parserCode(message: string): string {
  return message.includes('Invalid EOF state') ? 'HPE_INVALID_EOF_STATE' : 'HPE_INTERNAL';
}
