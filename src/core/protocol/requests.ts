/** Requests as they travel (PROTOCOL.md section 4): what clients write and servers check, field by field. */

import { decodeBase64url, isBase64url } from '../base64url.js';
import type { Bytes } from '../bytes.js';
import { ApiError, type ApiErrorCode } from '../errors.js';
import type { Version } from '../key.js';
import { MAX_HINT_LENGTH, MAX_VIEWS } from './limits.js';

/** Request and reply headers of the protocol. */
export const HEADERS = {
  idempotencyKey: 'Idempotency-Key',
  proof: 'Zephr-Proof',
  claim: 'Zephr-Claim',
  retryAfter: 'Retry-After',
} as const;

/** The body of `POST /api/secrets`. */
export interface CreateBody {
  readonly encrypted_blob: string;
  /** Minutes. */
  readonly expiry: number;
  readonly split_url_mode: boolean;
  readonly hint?: string;
  readonly callback_url?: string;
  readonly callback_secret?: string;
  /** Absent means 1. */
  readonly version?: Version;
  readonly proof_hash?: string;
  readonly views?: number;
}

/** A create request that has been checked. Whether the caller's limits allow it is another question. */
export interface CreateRequest {
  readonly blob: string;
  /** Whole minutes, 1 or more. */
  readonly expiry: number;
  readonly splitUrlMode: boolean;
  readonly hint: string | null;
  readonly callback: { readonly url: string; readonly secret: string } | null;
  readonly version: Version;
  /** 43 characters of base64url; for version 2 always there, for version 1 never. */
  readonly proofHash: string | null;
  readonly views: number;
}

const PROOF_LENGTH = 43;
const MAX_CALLBACK_URL_LENGTH = 2048;
const MAX_CALLBACK_SECRET_LENGTH = 256;

/**
 * Checks the parsed body of a create request.
 * @param callbackProtocols what a callback's URL may start with; a server may allow `http:` within its own network.
 * @throws ApiError 400 with the code of the first field that is wrong.
 */
export function parseCreateRequest(
  body: unknown,
  callbackProtocols: readonly string[] = ['https:'],
): CreateRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refused('INVALID_REQUEST_BODY', 'the body is not a JSON object');
  }
  const fields = body as Record<string, unknown>;
  const field = (name: keyof CreateBody): unknown =>
    Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;

  const blob = field('encrypted_blob');
  if (typeof blob !== 'string' || blob === '' || !isBase64url(blob)) {
    throw refused('INVALID_BLOB', 'encrypted_blob is not base64url');
  }
  const expiry = field('expiry');
  if (typeof expiry !== 'number' || !Number.isSafeInteger(expiry) || expiry < 1) {
    throw refused('INVALID_EXPIRY', 'expiry is not a whole number of minutes');
  }
  const splitUrlMode = field('split_url_mode');
  if (typeof splitUrlMode !== 'boolean') {
    throw refused('INVALID_REQUEST_BODY', 'split_url_mode is not true or false');
  }
  const hint = parseHint(field('hint'));
  const callback = parseCallback(field('callback_url'), field('callback_secret'), callbackProtocols);
  const version = field('version') ?? 1;
  if (version !== 1 && version !== 2) throw refused('UNSUPPORTED_VERSION', 'version is not 1 or 2');
  const proofHash = parseProofHash(field('proof_hash'), version);
  const views = parseViews(field('views'), version);
  return { blob, expiry, splitUrlMode, hint, callback, version, proofHash, views };
}

/**
 * Checks an `Idempotency-Key` header; absent is `null`.
 * @throws ApiError 400 `INVALID_IDEMPOTENCY_KEY`.
 */
export function parseIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(header)) {
    throw refused('INVALID_IDEMPOTENCY_KEY', 'Idempotency-Key is not 1 to 64 letters, digits or hyphens');
  }
  return header;
}

/**
 * Checks a `Zephr-Claim` header; absent is `null`.
 * @throws ApiError 400 `INVALID_CLAIM`.
 */
export function parseClaim(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!isClaim(header)) {
    throw refused('INVALID_CLAIM', 'Zephr-Claim is not 22 to 64 characters of base64url');
  }
  return header;
}

/**
 * Checks a `Zephr-Proof` header and gives its 32 bytes; absent is `null`.
 * @throws ApiError 400 `INVALID_PROOF`.
 */
export function parseProof(header: string | undefined): Bytes | null {
  if (header === undefined) return null;
  if (header.length !== PROOF_LENGTH || !isBase64url(header)) {
    throw refused('INVALID_PROOF', 'Zephr-Proof is not 32 bytes in base64url');
  }
  return decodeBase64url(header);
}

/** Whether `text` can be a claim: 22 to 64 characters of base64url. */
export function isClaim(text: string): boolean {
  return /^[A-Za-z0-9_-]{22,64}$/.test(text);
}

/** Whether `text` has the form of an API key (section 6). */
export function isApiKey(text: string): boolean {
  return /^zeph_[A-Za-z0-9]{40}$/.test(text);
}

/** Whether every store gives `text` back as it came: well-formed Unicode without U+0000. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

/** Whether `text` can be a hint: 1 to 128 characters of U+0020 to U+007E. */
export function isHint(text: string): boolean {
  return text.length <= MAX_HINT_LENGTH && /^[\x20-\x7e]+$/.test(text);
}

function parseHint(hint: unknown): string | null {
  if (hint === undefined) return null;
  if (typeof hint !== 'string' || !isHint(hint)) {
    throw refused('INVALID_HINT', `hint is not 1 to ${MAX_HINT_LENGTH} printable ASCII characters`);
  }
  return hint;
}

function parseCallback(
  url: unknown,
  secret: unknown,
  protocols: readonly string[],
): CreateRequest['callback'] {
  if (url === undefined) {
    if (secret !== undefined) {
      throw refused('UNEXPECTED_CALLBACK_SECRET', 'callback_secret comes without callback_url');
    }
    return null;
  }
  if (typeof url !== 'string') throw refused('INVALID_CALLBACK_URL_FORMAT', 'callback_url is not a string');
  if (url.length > MAX_CALLBACK_URL_LENGTH) {
    throw refused(
      'INVALID_CALLBACK_URL_LENGTH',
      `callback_url is longer than ${MAX_CALLBACK_URL_LENGTH} characters`,
    );
  }
  if (!isStorable(url) || !URL.canParse(url)) {
    throw refused('INVALID_CALLBACK_URL_FORMAT', 'callback_url is not a URL');
  }
  const { protocol, username, password } = new URL(url);
  if (!protocols.includes(protocol)) {
    throw refused('INVALID_CALLBACK_URL_PROTOCOL', 'callback_url is not https');
  }
  if (username !== '' || password !== '') {
    throw refused('INVALID_CALLBACK_URL_FORMAT', 'callback_url holds a user name or password');
  }
  if (secret === undefined)
    throw refused('MISSING_CALLBACK_SECRET', 'callback_url comes without callback_secret');
  if (typeof secret !== 'string' || secret === '' || secret.length > MAX_CALLBACK_SECRET_LENGTH) {
    throw refused(
      'INVALID_CALLBACK_SECRET_LENGTH',
      `callback_secret is not 1 to ${MAX_CALLBACK_SECRET_LENGTH} characters`,
    );
  }
  // A store that cuts it at U+0000 would sign with what is left: with nothing, if it comes first.
  if (!isStorable(secret)) {
    throw refused(
      'INVALID_CALLBACK_SECRET_LENGTH',
      'callback_secret holds a zero character or half of a character',
    );
  }
  return { url, secret };
}

function parseProofHash(proofHash: unknown, version: Version): string | null {
  if (version === 1) {
    if (proofHash !== undefined) throw refused('INVALID_PROOF', 'proof_hash is for version 2');
    return null;
  }
  if (typeof proofHash !== 'string' || proofHash.length !== PROOF_LENGTH || !isBase64url(proofHash)) {
    throw refused('INVALID_PROOF', 'proof_hash is not 32 bytes in base64url');
  }
  return proofHash;
}

function parseViews(views: unknown, version: Version): number {
  if (views === undefined) return 1;
  if (version === 1) throw refused('INVALID_VIEWS', 'views is for version 2');
  if (typeof views !== 'number' || !Number.isInteger(views) || views < 1 || views > MAX_VIEWS) {
    throw refused('INVALID_VIEWS', `views is not a whole number from 1 to ${MAX_VIEWS}`);
  }
  return views;
}

function refused(code: ApiErrorCode, message: string): ApiError {
  return new ApiError(message, 400, code);
}
