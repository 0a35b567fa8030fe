/** The headers of requests (core/protocol/PROTOCOL.md section 4): what each holds, checked. */

import { decodeBase64url } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import { isCode } from '../../core/protocol/gates.js';
import { HEADERS, isClaim, isIdempotencyKey, isProof } from '../../core/protocol/requests.js';
import { type HttpRequest, headerOf } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Visit } from '../secrets/gate-keeper.js';
import type { Credentials } from '../secrets/secrets.js';

/**
 * Checks an `Idempotency-Key` header; absent is `null`.
 * @throws RequestError `INVALID_IDEMPOTENCY_KEY`.
 */
export function parseIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!isIdempotencyKey(header)) {
    throw new RequestError(
      'INVALID_IDEMPOTENCY_KEY',
      'Idempotency-Key is not 1 to 64 letters, digits or hyphens',
    );
  }
  return header;
}

/**
 * Checks a `Zephr-Claim` header; absent is `null`.
 * @throws RequestError `INVALID_CLAIM`.
 */
export function parseClaim(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!isClaim(header)) {
    throw new RequestError('INVALID_CLAIM', 'Zephr-Claim is not 22 to 64 characters of base64url');
  }
  return header;
}

/**
 * Checks a `Zephr-Proof` or `Zephr-Link-Proof` header and gives its 32 bytes; absent is `null`.
 * @throws RequestError `INVALID_PROOF`.
 */
export function parseProof(header: string | undefined, name: string = HEADERS.proof): Bytes | null {
  if (header === undefined) return null;
  if (!isProof(header)) throw new RequestError('INVALID_PROOF', `${name} is not 32 bytes in base64url`);
  return decodeBase64url(header);
}

/**
 * Checks a `Zephr-Receipt` header and gives its 32 bytes; absent is `null`.
 * @throws RequestError `INVALID_RECEIPT`.
 */
export function parseReceipt(header: string | undefined): Bytes | null {
  if (header === undefined) return null;
  if (!isProof(header))
    throw new RequestError('INVALID_RECEIPT', 'Zephr-Receipt is not 32 bytes in base64url');
  return decodeBase64url(header);
}

/**
 * What an `Authorization` header shows as an API key: the token of the Bearer scheme (RFC 6750 section 2.1), well
 * formed or not. Absent is `null`; a header with no such token shows the empty key, which no server has.
 */
export function parseAuthorization(header: string | undefined): string | null {
  if (header === undefined) return null;
  const [, key = ''] = /^bearer +([^ ]+) *$/i.exec(header) ?? [];
  return key;
}

/**
 * What an `Authorization` header of a request that takes no API key shows as one. Another scheme is none of ours: it
 * is for a proxy on the way, which passed it on.
 */
export function parseBearer(header: string | undefined): string | null {
  return header !== undefined && /^bearer\b/i.test(header) ? parseAuthorization(header) : null;
}

/**
 * What a request shows of the key of its secret.
 * @throws RequestError as {@link parseProof}.
 */
export function credentialsOf(request: HttpRequest): Credentials {
  return {
    proof: parseProof(headerOf(request, HEADERS.proof)),
    linkProof: parseProof(headerOf(request, HEADERS.linkProof), HEADERS.linkProof),
  };
}

/** Longest solved puzzle, in characters. */
const MAX_CAPTCHA = 2_048;

/**
 * What a request comes with to the gates of a secret.
 * @throws RequestError `INVALID_REQUEST` for a code that can be none, or a puzzle that is too long.
 */
export function visitOf(request: HttpRequest): Visit {
  const captcha = headerOf(request, HEADERS.captcha) ?? null;
  const code = headerOf(request, HEADERS.code) ?? null;
  if (code !== null && !isCode(code)) {
    throw new RequestError('INVALID_REQUEST', 'Zephr-Code is not six digits');
  }
  if (captcha !== null && captcha.length > MAX_CAPTCHA) {
    throw new RequestError('INVALID_REQUEST', 'Zephr-Captcha is too long');
  }
  return { address: request.address, captcha, code };
}

/** Whether a request says that its client fetches chunks. */
export function takesChunks(request: HttpRequest): boolean {
  return headerOf(request, HEADERS.chunks) === '1';
}
