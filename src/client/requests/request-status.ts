/**
 * What became of a request, for who asked. They show its receipt, which the seed of the collect link gives, and which opens
 * no answer (core/protocol/PROTOCOL.md section 8).
 */

import { encodeBase64url } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import { deriveCollectKeys } from '../../core/crypto/request.js';
import { ValidationError } from '../../core/errors.js';
import { isSecretId, parseServer } from '../../core/link.js';
import { type CollectLink, parseCollectLink, type RequestAddress } from '../../core/links/request-links.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import type { SecretState } from '../../core/protocol/replies.js';
import { parseAnswersReply } from '../../core/protocol/request-replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import type { AnswersReply, RequestState } from '../../core/protocol/secret-requests.js';
import { type Authorization, apiKeyHeaders } from '../authorization.js';
import { checkReply } from '../transport/network-errors.js';
import { DEFAULT_TIMEOUT_MS, send, type TransportOptions, waitSeconds } from '../transport/send.js';
import { requestUrl } from './request.js';

/** A request, and what shows that it is one's own. */
export interface RequestReceipt extends RequestAddress {
  /** 32 bytes. They open no answer. */
  readonly receipt: Bytes;
}

/** Which request of one's own: by its collect link, or by its receipt. */
export type RequestReference = string | CollectLink | RequestReceipt;

/** A request by its id, for the API key that asked. */
export interface OwnRequest {
  readonly id: string;
  readonly apiKey: string;
  /** Default `https://zephr.io`. */
  readonly server?: string;
}

/** What became of a request. Times are ISO 8601, UTC. */
export interface RequestStatus {
  readonly state: RequestState;
  readonly expiresAt: string;
  readonly answersLeft: number;
  /** The answers that came, the oldest first. */
  readonly received: readonly ReceivedAnswer[];
}

/** An answer that came, as far as its server knows it. */
export interface ReceivedAnswer {
  readonly id: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** `waiting` until it was read as often as it can be. */
  readonly state: SecretState;
}

/** Options of asking what became of a request. */
export interface RequestStatusOptions extends TransportOptions {
  /**
   * Milliseconds, at most 25,000, for which the server may wait until an answer waits to be read, or the request is not
   * open any more: then `timeout` begins. Default 0. `INVALID_WAIT`
   */
  readonly wait?: number;
}

/**
 * Tells what became of a request. Reads no answer, and uses up nothing.
 * @param from `{server}/request/{id}#c1.…`, or the request and its receipt.
 * @throws ValidationError for a damaged link or one of another kind, before anything is sent.
 * @throws ApiError 404 unknown, 403 `WRONG_KEY`; NetworkError when no usable answer came; the reason of `signal`.
 */
export async function requestStatus(
  from: RequestReference,
  options: RequestStatusOptions = {},
): Promise<RequestStatus> {
  const reply = await askForAnswers(await receiptOf(from), options);
  return {
    state: reply.state,
    expiresAt: reply.expires_at,
    answersLeft: reply.answers_left,
    received: reply.answers.map(({ id, created_at, expires_at, state }) => ({
      id,
      createdAt: created_at,
      expiresAt: expires_at,
      state,
    })),
  };
}

/**
 * Cancels a request. Answers that are there can still be collected.
 * @param from as for {@link requestStatus}, or `{ id, apiKey }`.
 * @throws ValidationError, ApiError and NetworkError as {@link requestStatus}; ApiError 410 for one that is answered or
 *   has expired, 401 for an API key that is none, 404 for one that did not ask.
 */
export async function cancelRequest(
  from: RequestReference | OwnRequest,
  options: TransportOptions = {},
): Promise<void> {
  const { url, headers } = await authorizationOf(from);
  await send({ method: 'DELETE', url, headers }, options);
}

async function authorizationOf(from: RequestReference | OwnRequest): Promise<Authorization> {
  if (typeof from === 'string' || !('apiKey' in from)) {
    const request = await receiptOf(from);
    return { url: requestUrl(request), headers: receiptHeader(request) };
  }
  const { id, apiKey, server = DEFAULT_SERVER } = from;
  if (!isSecretId(id)) throw new ValidationError('the id of the request is damaged', 'INVALID_LINK');
  return { url: requestUrl({ server: parseServer(server), id }), headers: apiKeyHeaders(apiKey) };
}

/** The receipt of a request. @throws ValidationError for a link that is damaged, or of another kind. */
export async function receiptOf(from: RequestReference): Promise<RequestReceipt> {
  const known = typeof from === 'string' ? parseCollectLink(from) : from;
  if ('receipt' in known) return known;
  const { server, id, seed } = known;
  return { server, id, receipt: (await deriveCollectKeys(seed)).receipt };
}

/** Asks for the answers to a request. @throws as {@link requestStatus}. */
export async function askForAnswers(
  request: RequestReceipt,
  { wait = 0, timeout = DEFAULT_TIMEOUT_MS, ...options }: RequestStatusOptions,
): Promise<AnswersReply> {
  const seconds = waitSeconds(wait);
  const url = `${requestUrl(request)}/answers${seconds === 0 ? '' : `?wait=${seconds}`}`;
  const headers = receiptHeader(request);
  const patience = timeout + seconds * 1_000;
  const { json } = await send({ method: 'GET', url, headers }, { ...options, timeout: patience });
  return checkReply(url, () => parseAnswersReply(json));
}

function receiptHeader({ receipt }: RequestReceipt): Record<string, string> {
  return { [HEADERS.receipt]: encodeBase64url(receipt) };
}
