/** A request as who has its link sees it: who asks for what, checked against the link before anybody believes it. */

import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import {
  type AnswerKeys,
  checkFingerprint,
  deriveAnswerKeys,
  openMessage,
  type RequestMessage,
} from '../../core/crypto/request.js';
import { ApiError } from '../../core/errors.js';
import { parseRequestLink, type RequestAddress, type RequestLink } from '../../core/links/request-links.js';
import { parseRequestReply } from '../../core/protocol/request-replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import type { RequestReply, RequestState } from '../../core/protocol/secret-requests.js';
import { checkReply } from '../transport/network-errors.js';
import { send, type TransportOptions } from '../transport/send.js';

/** What is asked, by whom, and until when. `message` and `from` are in the asker's own words, and nobody checked them. */
export interface SecretRequest extends RequestMessage {
  readonly state: RequestState;
  /** Until when it can be answered: ISO 8601, UTC. */
  readonly expiresAt: string;
  /** How long an answer can be read, in minutes from when it comes. */
  readonly secretExpiry: number;
  /** How many answers it takes in all. */
  readonly answers: number;
  readonly answersLeft: number;
  /** How often each answer can be read. */
  readonly views: number;
  /** Longest `encrypted_blob` of an answer, in characters. */
  readonly maxBlob: number;
  /** Most bytes of an answer's files together, padding included; 0 where it takes none. */
  readonly maxUpload: number;
}

/** A request, and what it takes to answer it. */
export interface OpenedRequest {
  readonly link: RequestLink;
  readonly request: SecretRequest;
  /** The one that the link names. */
  readonly publicKey: Bytes;
  readonly keys: AnswerKeys;
  /** Shows the server that its sender has the link. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Shows a request. Uses up nothing.
 * @param link `{server}/request/{id}#r1.…`, as text or as `parseRequestLink` read it.
 * @throws ValidationError for a damaged link or one of another kind, before anything is sent.
 * @throws EncryptionError when the server shows another public key or message than the link names.
 * @throws ApiError 404 unknown, 403 `WRONG_KEY`; NetworkError when no usable answer came; the reason of `signal`.
 */
export async function viewRequest(
  link: string | RequestLink,
  options: TransportOptions = {},
): Promise<SecretRequest> {
  return (await openRequest(link, options)).request;
}

/** Opens a request for who is to answer it. @throws as {@link viewRequest}. */
export async function openRequest(
  from: string | RequestLink,
  options: TransportOptions,
): Promise<OpenedRequest> {
  const link = typeof from === 'string' ? parseRequestLink(from) : from;
  const keys = await deriveAnswerKeys(link.linkSecret);
  const headers = { [HEADERS.proof]: encodeBase64url(keys.proof) };
  const url = requestUrl(link);
  const { json } = await send({ method: 'GET', url, headers }, options);
  const reply = checkReply(url, () => parseRequestReply(json));
  const publicKey = decodeBase64url(reply.public_key);
  const request = {
    ...(await messageIn(reply, link, keys)),
    state: reply.state,
    expiresAt: reply.expires_at,
    secretExpiry: reply.secret_expiry,
    answers: reply.answers,
    answersLeft: reply.answers_left,
    views: reply.answer_views,
    maxBlob: reply.limits.blob,
    maxUpload: reply.limits.upload,
  };
  return { link, request, publicKey, keys, headers };
}

/**
 * The message, once it and the public key are known to be those that the link names. A request that is over may have
 * none: then nobody can answer it, and its key is not used.
 */
async function messageIn(
  { public_key, sealed_message }: RequestReply,
  { fingerprint }: RequestLink,
  keys: AnswerKeys,
): Promise<RequestMessage> {
  if (sealed_message === undefined) return {};
  const sealed = decodeBase64url(sealed_message);
  await checkFingerprint(fingerprint, decodeBase64url(public_key), sealed);
  return openMessage(sealed, keys);
}

const CLOSED = {
  answered: ['REQUEST_ANSWERED', 'the request was answered already'],
  expired: ['REQUEST_EXPIRED', 'the request has expired'],
  cancelled: ['REQUEST_CANCELLED', 'the request was cancelled by who asked'],
} as const satisfies Record<Exclude<RequestState, 'open'>, readonly [string, string]>;

/** @throws ApiError 410, as a server would refuse an answer, unless the request takes answers. */
export function requireOpen({ state }: Pick<SecretRequest, 'state'>): void {
  if (state === 'open') return;
  const [code, message] = CLOSED[state];
  throw new ApiError(message, 410, code);
}

/** A request's URL in the server's API (core/protocol/PROTOCOL.md section 8). */
export function requestUrl({ server, id }: RequestAddress): string {
  return `${server}/api/requests/${id}`;
}
