/** Bodies and queries of `/api/requests*` (core/protocol/PROTOCOL.md section 8), checked field by field. */

import { decodeBase64url } from '../../core/base64url.js';
import { isProof, isViews } from '../../core/protocol/requests.js';
import {
  type AnswerBody,
  isAnswers,
  isSealedMessage,
  isWrappedKey,
  MAX_ANSWERS,
  type RequestBody,
  SUITE,
} from '../../core/protocol/secret-requests.js';
import { RequestError, type RequestErrorCode } from '../http/request-error.js';
import type { AnswerRequest, AskRequest } from '../secrets/requests.js';
import { fieldsOf, parseCallback, parseCreateRequest, parseGatesField, parseTime } from './create-request.js';

/** Fields of a create that its request decides for an answer. */
const NOT_IN_ANSWERS = [
  'expiry',
  'expiry_hours',
  'views',
  'callback_url',
  'callback_secret',
  'gates',
  'link_proof_hash',
];

/**
 * Checks the parsed body of `POST /api/requests`.
 * @throws RequestError with the code of the first field that is wrong.
 */
export function parseAsk(body: unknown, callbackProtocols: readonly string[]): AskRequest {
  const field = fieldsOf<RequestBody>(body);
  const publicKey = field('public_key');
  if (typeof publicKey !== 'string' || !isProof(publicKey)) {
    throw wrong('public_key is not 32 bytes in base64url');
  }
  if (field('suite') !== SUITE) throw wrong(`suite is not ${SUITE}`, 'UNSUPPORTED_VERSION');
  const message = field('sealed_message');
  if (!isSealedMessage(message)) throw wrong('sealed_message is not base64url, or too long');
  const answers = field('answers') ?? 1;
  if (!isAnswers(answers)) throw wrong(`answers is not a whole number from 1 to ${MAX_ANSWERS}`);
  const answerViews = field('answer_views') ?? 1;
  if (!isViews(answerViews))
    throw wrong('answer_views is not a whole number from 1 to 1000', 'INVALID_VIEWS');
  return {
    publicKey,
    sealedMessage: decodeBase64url(message),
    proofHash: hashIn(field('proof_hash'), 'proof_hash', 'INVALID_PROOF'),
    receiptHash: hashIn(field('receipt_hash'), 'receipt_hash', 'INVALID_RECEIPT'),
    expiry: parseTime(field('expiry'), 'expiry is not a whole number of minutes'),
    secretExpiry: parseTime(field('secret_expiry'), 'secret_expiry is not a whole number of minutes'),
    answers,
    answerViews,
    gates: parseGatesField(field('gates'), 2),
    callback: parseCallback(field('callback_url'), field('callback_secret'), callbackProtocols),
  };
}

/**
 * Checks the parsed body of an answer.
 * @throws RequestError likewise.
 */
export function parseAnswer(body: unknown): AnswerRequest {
  const field = fieldsOf<AnswerBody & Record<string, unknown>>(body);
  const other = NOT_IN_ANSWERS.find((name) => field(name) !== undefined);
  if (other !== undefined) throw wrong(`an answer has no ${other}`);
  // Its request says how long it waits: any time will do here.
  const { version, proofHash, ...sent } = parseCreateRequest(body, [], 1);
  const { blob, splitUrlMode, hint, receiptHash, upload } = sent;
  if (version !== 2 || proofHash === null) throw wrong('an answer is of version 2', 'UNSUPPORTED_VERSION');
  const wrappedKey = field('wrapped_key');
  if (!isWrappedKey(wrappedKey)) throw wrong('wrapped_key is not 80 bytes in base64url');
  const key = decodeBase64url(wrappedKey);
  return { blob, splitUrlMode, hint, receiptHash, upload, proofHash, wrappedKey: key };
}

function hashIn(value: unknown, name: string, code: RequestErrorCode): string {
  if (typeof value === 'string' && isProof(value)) return value;
  throw wrong(`${name} is not 32 bytes in base64url`, code);
}

function wrong(message: string, code: RequestErrorCode = 'INVALID_REQUEST_BODY'): RequestError {
  return new RequestError(code, message);
}
