/** `/api/requests*` (core/protocol/PROTOCOL.md section 8): from requests to calls of {@link SecretRequests}, and back. */

import { hash } from 'node:crypto';
import { encodeBase64url } from '../../core/base64url.js';
import { ENVELOPE_BYTES } from '../../core/protocol/limits.js';
import { HEADERS } from '../../core/protocol/requests.js';
import {
  type AnswersReply,
  MAX_SEALED_MESSAGE_LENGTH,
  REQUEST_STATES,
  type RequestCreatedReply,
  type RequestReply,
  type RequestsReply,
  SUITE,
} from '../../core/protocol/secret-requests.js';
import { readJsonBody } from '../http/bodies.js';
import { emptyResponse, headerOf, jsonResponse, preflight, queryOf } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Handler, Router } from '../http/router.js';
import type { CallbackPolicy } from '../secrets/callbacks.js';
import type { Callers } from '../secrets/callers.js';
import type { Made, SecretRequests } from '../secrets/requests.js';
import { ServiceError, tooLarge } from '../secrets/service-error.js';
import { parseAnswer, parseAsk } from './ask-request.js';
import { keyOf } from './lists.js';
import { formatCursor, parsePage, parseWait } from './queries.js';
import { isoTime, senderOf } from './receipts.js';
import {
  parseAuthorization,
  parseBearer,
  parseIdempotencyKey,
  parseProof,
  parseReceipt,
} from './request-headers.js';

/** What the routes are made of. */
export interface SecretRequestRoutes {
  readonly requests: SecretRequests;
  readonly callers: Callers;
  readonly callbacks: CallbackPolicy;
}

/** Adds the routes to `router`. */
export function addSecretRequestRoutes(
  router: Router,
  { requests, callers, callbacks }: SecretRequestRoutes,
): void {
  const create: Handler = async (request) => {
    const apiKey = parseAuthorization(headerOf(request, 'Authorization'));
    const caller = await callers.identify(apiKey, request.address);
    const key = parseIdempotencyKey(headerOf(request, HEADERS.idempotencyKey));
    const { bytes, json } = await readJsonBody(
      request,
      MAX_SEALED_MESSAGE_LENGTH + ENVELOPE_BYTES,
      () => new ServiceError('PAYLOAD_TOO_LARGE', 'the request is too large'),
    );
    const idempotency = key === null ? null : { key, bodyHash: hash('sha256', bytes, 'base64url') };
    const wanted = parseAsk(json, callbacks.protocols);
    const reply = madeReply(await requests.create(wanted, caller, idempotency));
    // Clients that do not know gates ask for none.
    return jsonResponse(201, wanted.gates === null ? reply : { ...reply, kept: ['gates'] });
  };

  const find: Handler = async (request, id = '') => {
    const found = await requests.find(id, parseProof(headerOf(request, HEADERS.proof)));
    const { sealedMessage } = found;
    const reply: RequestReply = {
      public_key: found.publicKey,
      suite: SUITE,
      ...(sealedMessage === null ? {} : { sealed_message: encodeBase64url(sealedMessage) }),
      state: found.state,
      expires_at: isoTime(found.expiresAt),
      secret_expiry: found.secretExpiry,
      answers: found.answers,
      answers_left: found.answersLeft,
      answer_views: found.answerViews,
      limits: { blob: found.longestBlob, upload: found.longestUpload },
    };
    return jsonResponse(200, reply);
  };

  const answer: Handler = async (request, id = '') => {
    await callers.check(parseBearer(headerOf(request, 'Authorization')), request.address);
    const proof = parseProof(headerOf(request, HEADERS.proof));
    const key = parseIdempotencyKey(headerOf(request, HEADERS.idempotencyKey));
    // Before the body: who has no link makes the server read none, and learns nothing from what it says of one.
    const found = await requests.find(id, proof);
    if (key === null) {
      throw new RequestError('INVALID_IDEMPOTENCY_KEY', 'an answer needs an Idempotency-Key');
    }
    const { longestBlob } = found;
    const { bytes, json } = await readJsonBody(request, longestBlob + ENVELOPE_BYTES, () =>
      tooLarge(longestBlob),
    );
    const idempotency = { key, bodyHash: hash('sha256', bytes, 'base64url') };
    const given = parseAnswer(json);
    const made = madeReply(await requests.answer(found, given, proof, idempotency));
    return jsonResponse(201, given.receiptHash === null ? made : { ...made, kept: ['receipt_hash'] });
  };

  const collect: Handler = async (request, id = '') => {
    const wait = parseWait(queryOf(request, 'wait'));
    const found = await requests.collect(id, parseReceipt(headerOf(request, HEADERS.receipt)), wait);
    const reply: AnswersReply = {
      state: found.state,
      expires_at: isoTime(found.expiresAt),
      answers_left: found.answersLeft,
      answers: found.received.map(({ id, wrappedKey, createdAt, expiresAt, state }) => ({
        id,
        ...(wrappedKey === null ? {} : { wrapped_key: encodeBase64url(wrappedKey) }),
        created_at: isoTime(createdAt),
        expires_at: isoTime(expiresAt),
        state,
      })),
    };
    return jsonResponse(200, reply);
  };

  const cancel: Handler = async (request, id = '') => {
    const sender = await senderOf(request, callers);
    if (sender === null) {
      throw new ServiceError('PROOF_REQUIRED', 'Zephr-Receipt, or the API key that asked, is required');
    }
    await requests.cancel(id, sender);
    return emptyResponse(204);
  };

  const list: Handler = async (request) => {
    const name = await keyOf(request, callers);
    const page = parsePage(request, REQUEST_STATES);
    const { requests: found, more } = await requests.list(name, page);
    const last = found.at(-1);
    const reply: RequestsReply = {
      requests: found.map((one) => ({
        id: one.id,
        state: one.state,
        created_at: isoTime(one.createdAt),
        expires_at: isoTime(one.expiresAt),
        secret_expiry: one.secretExpiry,
        answers: one.answers,
        answers_left: one.answersLeft,
        answer_views: one.answerViews,
      })),
      ...(more && last !== undefined ? { next: formatCursor(last) } : {}),
    };
    return jsonResponse(200, reply);
  };

  router.add('/api/requests', { GET: list, POST: create, OPTIONS: preflight });
  router.add('/api/requests/:id', { GET: find, DELETE: cancel, OPTIONS: preflight });
  router.add('/api/requests/:id/answers', { GET: collect, POST: answer, OPTIONS: preflight });
}

function madeReply({ id, expiresAt }: Made): RequestCreatedReply {
  return { id, expires_at: isoTime(expiresAt) };
}
