/** Checking the replies about requests for a secret (PROTOCOL.md section 8) before a client uses them. */

import { isBase64url } from '../base64url.js';
import { instantOf } from '../instants.js';
import { isSecretId } from '../link.js';
import { MAX_BLOB_LENGTH } from './limits.js';
import { invalidReply, isCount, isObject, KEPT, object, SECRET_STATES, type SecretState } from './replies.js';
import {
  type AnswerReply,
  type AnswersReply,
  isSealedMessage,
  isWrappedKey,
  type ListedRequestReply,
  MAX_ANSWERS,
  REQUEST_STATES,
  type RequestCreatedReply,
  type RequestReply,
  type RequestState,
  SUITE,
} from './secret-requests.js';

/** Characters of a public key: 32 bytes. */
const PUBLIC_KEY_LENGTH = 43;

/** Checks the 201 for a request or an answer. @throws ValidationError `INVALID_REPLY`. */
export function parseRequestCreatedReply(json: unknown): RequestCreatedReply {
  const { id, expires_at, kept } = object(json);
  if (typeof id !== 'string' || !isSecretId(id)) throw invalidReply('id');
  const named: readonly unknown[] = Array.isArray(kept) ? kept : [];
  const known = KEPT.filter((field) => named.includes(field));
  return {
    id,
    expires_at: instant(expires_at, 'expires_at'),
    ...(known.length === 0 ? {} : { kept: known }),
  };
}

/** Checks what a server says of a request to who has its link. @throws ValidationError `INVALID_REPLY`. */
export function parseRequestReply(json: unknown): RequestReply {
  const { public_key, sealed_message, state, expires_at, secret_expiry, answers, answers_left, limits } =
    object(json);
  const { answer_views } = object(json);
  if (!isPublicKey(public_key)) throw invalidReply('public_key');
  const known = stateOf(state);
  const isGone = known !== 'open' && (sealed_message === undefined || sealed_message === null);
  if (!isGone && !isSealedMessage(sealed_message)) throw invalidReply('sealed_message');
  if (!isSize(secret_expiry)) throw invalidReply('secret_expiry');
  if (!isCount(answers, 1)) throw invalidReply('answers');
  const { blob, upload } = isObject(limits) ? limits : {};
  return {
    public_key,
    suite: SUITE,
    ...(isSealedMessage(sealed_message) ? { sealed_message } : {}),
    state: known,
    expires_at: instant(expires_at, 'expires_at'),
    secret_expiry,
    answers,
    answers_left: countLeft(answers_left),
    answer_views: isCount(answer_views, 1) ? answer_views : 1,
    // A server that names no limit for files takes none.
    limits: { blob: isSize(blob) ? blob : MAX_BLOB_LENGTH, upload: isSize(upload) ? upload : 0 },
  };
}

/** Checks the list of answers that a server gives to who asked. @throws ValidationError `INVALID_REPLY`. */
export function parseAnswersReply(json: unknown): AnswersReply {
  const { state, expires_at, answers_left, answers } = object(json);
  if (!Array.isArray(answers) || answers.length > MAX_ANSWERS) throw invalidReply('answers');
  const parsed = answers.map(parseAnswer);
  if (new Set(parsed.map(({ id }) => id)).size !== parsed.length) throw invalidReply('answers');
  return {
    state: stateOf(state),
    expires_at: instant(expires_at, 'expires_at'),
    answers_left: countLeft(answers_left),
    answers: parsed,
  };
}

function parseAnswer(json: unknown): AnswerReply {
  const { id, wrapped_key, created_at, expires_at, state } = object(json);
  if (typeof id !== 'string' || !isSecretId(id)) throw invalidReply('id');
  return {
    id,
    // A malformed key opens nothing, as a missing one does. The other answers of the list can still be read.
    ...(isWrappedKey(wrapped_key) ? { wrapped_key } : {}),
    created_at: instant(created_at, 'created_at'),
    expires_at: instant(expires_at, 'expires_at'),
    state: secretStateOf(state),
  };
}

/** Checks a request in a list. @throws ValidationError `INVALID_REPLY`. */
export function parseListedRequest(json: unknown): ListedRequestReply {
  const { id, state, created_at, expires_at, secret_expiry, answers, answers_left, answer_views } =
    object(json);
  if (typeof id !== 'string' || !isSecretId(id)) throw invalidReply('id');
  if (!isSize(secret_expiry)) throw invalidReply('secret_expiry');
  if (!isCount(answers, 1)) throw invalidReply('answers');
  if (!isCount(answer_views, 1)) throw invalidReply('answer_views');
  return {
    id,
    state: stateOf(state),
    created_at: instant(created_at, 'created_at'),
    expires_at: instant(expires_at, 'expires_at'),
    secret_expiry,
    answers,
    answers_left: countLeft(answers_left),
    answer_views,
  };
}

function stateOf(value: unknown): RequestState {
  const known = REQUEST_STATES.find((state) => state === value);
  if (known === undefined) throw invalidReply('state');
  return known;
}

function secretStateOf(value: unknown): SecretState {
  const known = SECRET_STATES.find((state) => state === value);
  if (known === undefined) throw invalidReply('state');
  return known;
}

function countLeft(value: unknown): number {
  if (!isCount(value, 0)) throw invalidReply('answers_left');
  return value;
}

function instant(value: unknown, member: string): string {
  const found = instantOf(value);
  if (found === null) throw invalidReply(member);
  return found;
}

/** Whether it is a whole number from 1, of any size. */
function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isPublicKey(value: unknown): value is string {
  return typeof value === 'string' && value.length === PUBLIC_KEY_LENGTH && isBase64url(value);
}
