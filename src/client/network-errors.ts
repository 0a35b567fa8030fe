/** What went wrong on the network, in words: every fault becomes a NetworkError that names the host. */

import { NetworkError } from '../core/errors.js';

interface Kind {
  readonly code: string;
  readonly words: (host: string) => string;
}

const UNREACHED: Kind = { code: 'NETWORK_ERROR', words: (host) => `no answer from ${host}` };
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

/** Faults that another try may not meet. */
const PASSING: ReadonlySet<string> = new Set(
  [UNREACHED, REFUSED, LOST, LOOKUP_FAILED].map(({ code }) => code),
);

/** Codes of Node's errors (libuv, c-ares, OpenSSL, undici). Browsers give none: there it is no answer. */
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
};

/** What the parser of HTTP says of an answer that is none (llhttp), but for one that only ends too soon. */
const NOT_HTTP_CODE = /^HPE_/;

const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** The fault behind whatever fetch rejected with, or its body broke off with. */
export function networkError(cause: unknown, host: string): NetworkError {
  const reason = findCode(cause);
  const kind = KINDS[reason] ?? kindOf(reason);
  const detail = reason !== '' && (kind === TLS || kind === UNREACHED) ? ` (${reason})` : '';
  return new NetworkError(kind.words(host) + detail, host, kind.code, { cause });
}

function kindOf(reason: string): Kind {
  if (TLS_CODE.test(reason)) return TLS;
  return NOT_HTTP_CODE.test(reason) ? NOT_ZEPHR : UNREACHED;
}

/** An answer that is no zephr server's. */
export function notZephrServer(host: string, cause?: unknown): NetworkError {
  return new NetworkError(NOT_ZEPHR.words(host), host, NOT_ZEPHR.code, { cause });
}

/** An answer that began and did not end. */
export function cutOff(host: string, cause: unknown): NetworkError {
  return new NetworkError(LOST.words(host), host, LOST.code, { cause });
}

/** Whether another try may end otherwise. */
export function isTransient(fault: NetworkError): boolean {
  return PASSING.has(fault.code);
}

/** The first code in a chain of causes; `fetch` wraps the one that matters. */
function findCode(cause: unknown): string {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    // A name with several addresses fails with one error for each (RFC 8305).
    if (error instanceof AggregateError && error.errors.length > 0) return findCode(error.errors[0]);
  }
  return '';
}
