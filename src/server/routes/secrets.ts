/** `/api/secrets*` (core/protocol/PROTOCOL.md section 4): from requests to calls of {@link Secrets}, and back. */

import { hash } from 'node:crypto';
import { ENVELOPE_BYTES, MAX_BLOB_LENGTH } from '../../core/protocol/limits.js';
import type { CreatedReply } from '../../core/protocol/replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import { readJsonBody } from '../http/bodies.js';
import {
  emptyResponse,
  type HttpResponse,
  headerOf,
  jsonResponse,
  preflight,
  queryOf,
} from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Handler, Router } from '../http/router.js';
import type { CallbackPolicy } from '../secrets/callbacks.js';
import type { Callers } from '../secrets/callers.js';
import type { Lists } from '../secrets/lists.js';
import type { CreateResult, Secrets, Status } from '../secrets/secrets.js';
import { tooLarge } from '../secrets/service-error.js';
import { parseCreateRequest } from './create-request.js';
import { listSecrets } from './lists.js';
import { parseSeen, parseWait } from './queries.js';
import { LARGE_BYTES, readResponse } from './read-reply.js';
import { isoTime, senderOf, statusReply } from './receipts.js';
import {
  credentialsOf,
  parseAuthorization,
  parseBearer,
  parseClaim,
  parseIdempotencyKey,
  takesChunks,
  visitOf,
} from './request-headers.js';

/** What the largest secret takes up while it is read: from the store, as a blob, in JSON, and on its way to a client. */
const READING_BYTES = 4 * MAX_BLOB_LENGTH;

/** What the routes are made of. */
export interface SecretRoutes {
  readonly secrets: Secrets;
  readonly lists: Lists;
  readonly callers: Callers;
  readonly callbacks: CallbackPolicy;
  /** As for `parseCreateRequest`. */
  readonly defaultExpiry?: number | undefined;
}

/** Adds the routes to `router`. */
export function addSecretRoutes(
  router: Router,
  { secrets, lists, callers, callbacks, defaultExpiry }: SecretRoutes,
): void {
  const create: Handler = async (request) => {
    const apiKey = parseAuthorization(headerOf(request, 'Authorization'));
    const caller = await callers.identify(apiKey, request.address);
    const key = parseIdempotencyKey(headerOf(request, HEADERS.idempotencyKey));
    const { blob } = caller.limits;
    const { bytes, json } = await readJsonBody(request, blob + ENVELOPE_BYTES, () => tooLarge(blob));
    const bodyHash = hash('sha256', bytes, 'base64url');
    const idempotency = key === null ? null : { key, bodyHash };
    const wanted = parseCreateRequest(json, callbacks.protocols, defaultExpiry);
    return jsonResponse(201, createdReply(await secrets.create(wanted, caller, idempotency, bodyHash)));
  };

  // The id in the path may be malformed: for what is not an id the service knows no secret.
  const read: Handler = async (request, id = '') => {
    await callers.check(parseBearer(headerOf(request, 'Authorization')), request.address);
    const claim = parseClaim(headerOf(request, HEADERS.claim));
    const credentials = credentialsOf(request);
    // Before a view is taken: afterwards there is no way back.
    await request.memory.reserve(READING_BYTES);
    const result = await secrets.read(id, claim, credentials, takesChunks(request), visitOf(request));
    if (result.blob.length > LARGE_BYTES) await request.memory.ownTurn();
    return readResponse(result, claim === null ? {} : { [HEADERS.claim]: claim });
  };

  // With both headers the claim decides: an acknowledgement takes nothing away from other readers.
  const remove: Handler = async (request, id = '') => {
    const claim = parseClaim(headerOf(request, HEADERS.claim));
    const credentials = credentialsOf(request);
    const sender = await senderOf(request, callers);
    if (claim !== null) await secrets.acknowledge(id, claim);
    else if (sender !== null) await secrets.revoke(id, sender);
    else if (credentials.proof !== null) await secrets.revoke(id, credentials);
    else {
      throw new RequestError(
        'INVALID_PROOF',
        'send Zephr-Claim to acknowledge, or Zephr-Proof, Zephr-Receipt or an API key to revoke',
      );
    }
    return emptyResponse(204);
  };

  // One for all who waited for the same change.
  const responses = new WeakMap<Status, HttpResponse>();

  const status: Handler = async (request, id = '') => {
    const wait = parseWait(queryOf(request, 'wait'));
    const seen = parseSeen(queryOf(request, 'seen'));
    const credentials = (await senderOf(request, callers)) ?? credentialsOf(request);
    const found = await secrets.status(id, credentials, wait && { ...wait, seen });
    const response = responses.get(found) ?? jsonResponse(200, statusReply(found));
    if (wait !== undefined) responses.set(found, response);
    return response;
  };

  router.add('/api/secrets', { GET: listSecrets(lists, callers), POST: create, OPTIONS: preflight });
  router.add('/api/secrets/:id', { GET: read, DELETE: remove, OPTIONS: preflight });
  router.add('/api/secrets/:id/status', { GET: status, OPTIONS: preflight });
}

function createdReply({ id, version, views, expiresAt, kept }: CreateResult): CreatedReply {
  const reply = { id, expires_at: isoTime(expiresAt) };
  if (version === 2) return { ...reply, version, views, kept };
  // The clients of other programs send no receipt, and get what they always got.
  return kept.length === 0 ? reply : { ...reply, kept };
}
