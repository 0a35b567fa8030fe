/** The body of `POST /api/secrets` (core/protocol/PROTOCOL.md section 4, Create), checked field by field. */

import { base64urlCapacity, isBase64url } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import type { Version } from '../../core/key.js';
import { isSecretId } from '../../core/link.js';
import { type GatesBody, parseGates } from '../../core/protocol/gates.js';
import { MAX_HINT_LENGTH, MAX_VIEWS } from '../../core/protocol/limits.js';
import {
  type CallbackSecretProblem,
  type CallbackUrlProblem,
  type CreateBody,
  callbackSecretProblem,
  callbackUrlProblem,
  isHint,
  isProof,
  isViews,
  MAX_CALLBACK_SECRET_LENGTH,
  MAX_CALLBACK_URL_LENGTH,
} from '../../core/protocol/requests.js';
import { RequestError, type RequestErrorCode } from '../http/request-error.js';
import type { WantedSecret } from '../secrets/secrets.js';
import type { CreateRequest } from '../store/contracts/secrets.js';

/**
 * Checks the parsed body of a create request.
 * @param callbackProtocols what a callback's URL may start with; a server may allow `http:` within its own network.
 * @param defaultExpiry minutes, where the body names no expiry; without it such a body is refused.
 * @throws RequestError with the code of the first field that is wrong.
 */
export function parseCreateRequest(
  body: unknown,
  callbackProtocols: readonly string[] = ['https:'],
  defaultExpiry?: number,
): WantedSecret {
  const field = fieldsOf<CreateBody>(body);

  const blob = parseBlob(field('encrypted_blob'));
  const expiry = parseExpiryFields(field('expiry'), field('expiry_hours'), defaultExpiry);
  const splitUrlMode = field('split_url_mode');
  if (typeof splitUrlMode !== 'boolean') {
    throw new RequestError('INVALID_REQUEST_BODY', 'split_url_mode is not true or false');
  }
  const hint = parseHint(field('hint'));
  const callback = parseCallback(field('callback_url'), field('callback_secret'), callbackProtocols);
  const version = field('version') ?? 1;
  if (version !== 1 && version !== 2) {
    throw new RequestError('UNSUPPORTED_VERSION', 'version is not 1 or 2');
  }
  const proofHash = parseProofHash(field('proof_hash'), version);
  const linkProofHash = parseLinkProofHash(field('link_proof_hash'), version);
  const receiptHash = parseReceiptHash(field('receipt_hash'));
  const views = parseViews(field('views'), version);
  const upload = parseUpload(field('upload'), field('chunks'), version);
  return {
    blob,
    expiry,
    splitUrlMode,
    hint,
    callback,
    version,
    proofHash,
    linkProofHash,
    receiptHash,
    views,
    upload,
    gates: parseGatesField(field('gates'), version),
  };
}

/**
 * What a body has in each field; `undefined` where it has none, or null.
 * @throws RequestError `INVALID_REQUEST_BODY` unless it is a JSON object.
 */
export function fieldsOf<Body>(body: unknown): (name: keyof Body & string) => unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RequestError('INVALID_REQUEST_BODY', 'the body is not a JSON object');
  }
  const fields = body as Record<string, unknown>;
  return (name) => (Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined);
}

function parseBlob(text: unknown): Bytes {
  if (typeof text !== 'string' || text === '' || !isBase64url(text)) {
    throw new RequestError('INVALID_BLOB', 'encrypted_blob is not base64url');
  }
  const bytes = new Uint8Array(base64urlCapacity(text.length));
  Buffer.from(bytes.buffer).write(text, 'base64url');
  return bytes;
}

/** Minutes: those of `expiry`, or of `expiry_hours`, which the oldest clients send in its place. */
function parseExpiryFields(minutes: unknown, hours: unknown, otherwise: number | undefined): number {
  if (hours === undefined) return parseTime(minutes ?? otherwise, 'expiry is not a whole number of minutes');
  if (minutes !== undefined) throw new RequestError('INVALID_EXPIRY', 'expiry comes beside expiry_hours');
  return 60 * parseTime(hours, 'expiry_hours is not a whole number of hours');
}

/** A whole number of 1 or more. @throws RequestError `INVALID_EXPIRY`. */
export function parseTime(count: unknown, problem: string): number {
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return count;
  throw new RequestError('INVALID_EXPIRY', problem);
}

function parseHint(hint: unknown): string | null {
  if (hint === undefined) return null;
  if (typeof hint !== 'string' || !isHint(hint)) {
    throw new RequestError('INVALID_HINT', `hint is not 1 to ${MAX_HINT_LENGTH} printable characters`);
  }
  return hint;
}

type Problem = readonly [code: RequestErrorCode, message: string];

const CALLBACK_URL_PROBLEMS: Readonly<Record<CallbackUrlProblem, Problem>> = {
  'too long': [
    'INVALID_CALLBACK_URL_LENGTH',
    `callback_url is longer than ${MAX_CALLBACK_URL_LENGTH} characters`,
  ],
  'not a URL': ['INVALID_CALLBACK_URL_FORMAT', 'callback_url is not a URL'],
  'wrong protocol': ['INVALID_CALLBACK_URL_PROTOCOL', 'callback_url is not https'],
  'has a user': ['INVALID_CALLBACK_URL_FORMAT', 'callback_url holds a user name or password'],
};

const CALLBACK_SECRET_PROBLEMS: Readonly<Record<CallbackSecretProblem, Problem>> = {
  'wrong length': [
    'INVALID_CALLBACK_SECRET_LENGTH',
    `callback_secret is not 1 to ${MAX_CALLBACK_SECRET_LENGTH} characters`,
  ],
  'not storable': [
    'INVALID_CALLBACK_SECRET_LENGTH',
    'callback_secret holds a zero character or half of a character',
  ],
};

/** A callback, checked. @throws RequestError with the code of what is wrong. */
export function parseCallback(
  url: unknown,
  secret: unknown,
  protocols: readonly string[],
): CreateRequest['callback'] {
  if (url === undefined) {
    if (secret === undefined) return null;
    throw new RequestError('UNEXPECTED_CALLBACK_SECRET', 'callback_secret comes without callback_url');
  }
  if (typeof url !== 'string') {
    throw new RequestError('INVALID_CALLBACK_URL_TYPE', 'callback_url is not a string');
  }
  const urlProblem = callbackUrlProblem(url, protocols);
  if (urlProblem !== null) throw new RequestError(...CALLBACK_URL_PROBLEMS[urlProblem]);
  if (secret === undefined) {
    throw new RequestError('MISSING_CALLBACK_SECRET', 'callback_url comes without callback_secret');
  }
  if (typeof secret !== 'string') {
    throw new RequestError('INVALID_CALLBACK_SECRET_TYPE', 'callback_secret is not a string');
  }
  const secretProblem = callbackSecretProblem(secret);
  if (secretProblem !== null) throw new RequestError(...CALLBACK_SECRET_PROBLEMS[secretProblem]);
  return { url, secret };
}

function parseProofHash(proofHash: unknown, version: Version): string | null {
  if (version === 1) {
    if (proofHash !== undefined) throw new RequestError('INVALID_PROOF', 'proof_hash is for version 2');
    return null;
  }
  if (typeof proofHash !== 'string' || !isProof(proofHash)) {
    throw new RequestError('INVALID_PROOF', 'proof_hash is not 32 bytes in base64url');
  }
  return proofHash;
}

function parseLinkProofHash(linkProofHash: unknown, version: Version): string | null {
  if (linkProofHash === undefined) return null;
  if (version === 1) throw new RequestError('INVALID_PROOF', 'link_proof_hash is for version 2');
  if (typeof linkProofHash !== 'string' || !isProof(linkProofHash)) {
    throw new RequestError('INVALID_PROOF', 'link_proof_hash is not 32 bytes in base64url');
  }
  return linkProofHash;
}

function parseReceiptHash(receiptHash: unknown): string | null {
  if (receiptHash === undefined) return null;
  if (typeof receiptHash !== 'string' || !isProof(receiptHash)) {
    throw new RequestError('INVALID_RECEIPT', 'receipt_hash is not 32 bytes in base64url');
  }
  return receiptHash;
}

function parseViews(views: unknown, version: Version): number {
  if (views === undefined) return 1;
  if (version === 1) throw new RequestError('INVALID_VIEWS', 'views is for version 2');
  if (!isViews(views)) {
    throw new RequestError('INVALID_VIEWS', `views is not a whole number from 1 to ${MAX_VIEWS}`);
  }
  return views;
}

/** Gates, or `null` for none. @throws RequestError `INVALID_GATES`. */
export function parseGatesField(gates: unknown, version: Version): GatesBody | null {
  if (gates === undefined) return null;
  if (version === 1) throw new RequestError('INVALID_GATES', 'gates are for version 2');
  try {
    return parseGates(gates);
  } catch (cause) {
    if (!(cause instanceof ValidationError)) throw cause;
    throw new RequestError('INVALID_GATES', cause.message, { cause });
  }
}

function parseUpload(id: unknown, chunks: unknown, version: Version): CreateRequest['upload'] {
  if (id === undefined && chunks === undefined) return null;
  if (version === 1) throw new RequestError('INVALID_REQUEST_BODY', 'upload and chunks are for version 2');
  if (typeof id !== 'string' || !isSecretId(id)) {
    throw new RequestError('INVALID_REQUEST_BODY', 'upload is not 22 characters of base64url');
  }
  if (typeof chunks !== 'number' || !Number.isSafeInteger(chunks) || chunks < 1) {
    throw new RequestError('INVALID_REQUEST_BODY', 'chunks is not a whole number from 1');
  }
  return { id, chunks };
}
