/** `/api/uploads*`, and the chunks of secrets (core/protocol/PROTOCOL.md section 4.1). */

import { hash } from 'node:crypto';
import {
  CHUNK_BYTES,
  SEALED_CHUNK_BYTES,
  type UploadBody,
  type UploadReply,
} from '../../core/protocol/chunks.js';
import { HEADERS } from '../../core/protocol/requests.js';
import { checkType, lengthOf, readJsonBody, readWhole } from '../http/bodies.js';
import { emptyResponse, type HttpRequest, headerOf, jsonResponse, preflight } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import { type Handler, notFound, type Router } from '../http/router.js';
import type { Callers } from '../secrets/callers.js';
import type { Chunks } from '../secrets/chunks.js';
import type { SecretRequests } from '../secrets/requests.js';
import { fieldsOf } from './create-request.js';
import { isoTime } from './receipts.js';
import {
  credentialsOf,
  parseAuthorization,
  parseBearer,
  parseClaim,
  parseIdempotencyKey,
  parseProof,
} from './request-headers.js';

/** Room for the body of a request that begins an upload, in bytes. */
const MAX_BODY_BYTES = 1_024;

/** What a chunk takes up while it is fetched: from the store, and on its way to a client. */
const FETCHING_BYTES = 2 * SEALED_CHUNK_BYTES;

/** What the routes are made of. */
export interface UploadRoutes {
  readonly chunks: Chunks;
  readonly requests: SecretRequests;
  readonly callers: Callers;
}

/** Adds the routes to `router`. */
export function addUploadRoutes(router: Router, { chunks, requests, callers }: UploadRoutes): void {
  const begin: Handler = async (request) => {
    const key = parseIdempotencyKey(headerOf(request, HEADERS.idempotencyKey));
    const { bytes: body, json } = await readJsonBody(request, MAX_BODY_BYTES, bodyTooLarge);
    const idempotency = key === null ? null : { key, bodyHash: hash('sha256', body, 'base64url') };
    const { bytes, answered } = parseUploadBody(json);
    const begun = await (answered === null
      ? chunks.begin(await creator(request), bytes, idempotency)
      : chunks.beginAnswer(await asked(request, answered), bytes, idempotency));
    const reply: UploadReply = {
      upload: begun.id,
      chunk_bytes: CHUNK_BYTES,
      max_bytes: begun.maxBytes,
      expires_at: isoTime(begun.expiresAt),
    };
    return jsonResponse(201, reply);
  };

  const creator = (request: HttpRequest) => {
    const apiKey = parseAuthorization(headerOf(request, 'Authorization'));
    return callers.identify(apiKey, request.address);
  };

  /** The request that an upload is to answer: whoever has its link may do so, in every access mode. */
  const asked = async (request: HttpRequest, id: string) => {
    await callers.check(parseBearer(headerOf(request, 'Authorization')), request.address);
    return requests.findOpen(id, parseProof(headerOf(request, HEADERS.proof)));
  };

  const put: Handler = async (request, upload = '', number = '') => {
    const index = parseIndex(number);
    checkType(request, 'application/octet-stream');
    const length = lengthOf(request);
    await chunks.put(upload, index, length, () => readWhole(request, length));
    return emptyResponse(204);
  };

  const state: Handler = async (_, upload = '') => {
    const { chunks: ranges, bytes, expiresAt } = await chunks.state(upload);
    return jsonResponse(200, { chunks: ranges, bytes, expires_at: isoTime(expiresAt) });
  };

  const forget: Handler = async (_, upload = '') => {
    await chunks.forget(upload);
    return emptyResponse(204);
  };

  const fetch: Handler = async (request, id = '', number = '') => {
    const index = parseIndex(number);
    const claim = parseClaim(headerOf(request, HEADERS.claim));
    if (claim === null) throw new RequestError('INVALID_CLAIM', 'chunks are fetched with Zephr-Claim');
    const credentials = credentialsOf(request);
    await request.memory.reserve(FETCHING_BYTES);
    const body = await chunks.fetch(id, claim, index, credentials);
    const headers = { 'Content-Type': 'application/octet-stream', [HEADERS.claim]: claim };
    return { status: 200, headers, body };
  };

  router.add('/api/uploads', { POST: begin, OPTIONS: preflight });
  router.add('/api/uploads/:upload', { GET: state, DELETE: forget, OPTIONS: preflight });
  router.add('/api/uploads/:upload/:index', { PUT: put, OPTIONS: preflight });
  router.add('/api/secrets/:id/chunks/:index', { GET: fetch, OPTIONS: preflight });
}

/** The number of a chunk in a path; what is none is at no path. */
function parseIndex(text: string): number {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(text)) throw notFound();
  return Number(text);
}

/** What the body of an upload says: how many bytes will come, and which request they answer; or `null`. */
function parseUploadBody(body: unknown): {
  readonly bytes: number | null;
  readonly answered: string | null;
} {
  const field = fieldsOf<UploadBody>(body);
  const [bytes = null, answered = null] = [field('bytes'), field('request')];
  if (bytes !== null && (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 1)) {
    throw new RequestError('INVALID_REQUEST_BODY', 'bytes is not a whole number from 1');
  }
  if (answered !== null && typeof answered !== 'string') {
    throw new RequestError('INVALID_REQUEST_BODY', 'request is not the id of a request');
  }
  return { bytes, answered };
}

function bodyTooLarge(): RequestError {
  return new RequestError('PAYLOAD_TOO_LARGE', `the body is longer than ${MAX_BODY_BYTES} bytes`);
}
